"""Find the runs whose driver is gone, and end them in the history.

A driver that is killed cannot say so. Each run names its host, its process and when that process started; whoever reads
the history on the same host looks whether that process is still there. Where it cannot be seen (it ran in another
container, or before a reboot) the run is given up when nothing was heard of it for a while: recorders report regularly.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from ..states import State
from . import processes
from .connections import Connection
from .writing import keep_latest

PROBLEM = "driver died"
"""What is said of a run, and of its running steps, when their process is gone."""

HEARTBEAT = 15.0
"""Seconds between two signs of life of a recorder that has nothing else to write."""

SILENCE = 8 * HEARTBEAT
"""Seconds without a sign of life after which a driver that cannot be seen is given up."""

_ENDINGS = {State.RUNNING.value: State.FAILED.value, State.PENDING.value: State.CANCELLED.value}

_RUNNING = "SELECT id, pid, process, seen FROM runs WHERE state = ? AND host = ?"
_STEPS = (
    "UPDATE steps SET state = CASE state WHEN 'running' THEN 'failed' ELSE 'cancelled' END, reason = ?, "
    "ended = (SELECT seen FROM runs WHERE id = ?) WHERE run = ? AND state IN ('running', 'pending')"
)
_ATTEMPTS = "UPDATE attempts SET ended = (SELECT seen FROM runs WHERE id = ?) WHERE run = ? AND ended IS NULL"


def reconcile(connection: Connection) -> Sequence[str]:
    """End the runs of this host whose process is gone, and return their ids."""
    running = connection.rows(_RUNNING, (State.RUNNING.value, processes.host()))
    dead = [run for run, pid, process, seen in running if not _alive(pid, process, seen)]
    for run in dead:
        _end(connection, run)
    return dead


def _alive(pid: int, process: str, seen: float) -> bool:
    visible = processes.alive(pid, process)
    return time.time() - seen < SILENCE if visible is None else visible


def _end(connection: Connection, run: str) -> None:
    with connection.transaction():
        # Another reader may have been quicker, or the recorder has ended the run since we looked.
        if not connection.execute(
            "UPDATE runs SET state = ?, problem = ?, ended = seen WHERE id = ? AND state = ?",
            (State.FAILED.value, PROBLEM, run, State.RUNNING.value),
        ):
            return
        connection.execute(_STEPS, (PROBLEM, run, run))
        connection.execute(_ATTEMPTS, (run, run))
        ((pipeline, text),) = connection.rows("SELECT pipeline, counts FROM runs WHERE id = ?", (run,))
        connection.execute("UPDATE runs SET counts = ? WHERE id = ?", (json.dumps(_ended(json.loads(text))), run))
        keep_latest(connection, pipeline, run)


def _ended(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many steps are in each state when those that run have failed, and those that wait are cancelled."""
    ended: Counter[str] = Counter()
    for state, number in counts.items():
        ended[_ENDINGS.get(state, state)] += number
    return dict(ended)
