"""Keep what a run has on a cluster of Ray while it is connected: what its nodes must know, and the ways to give them tasks."""

from __future__ import annotations

import math
import os
import pickle
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, final

from ...compilers.fingerprints import Manifest
from ...compilers.graph import Resources
from ..channels import WorkerListener
from ..plans import Plan
from ..store.staging import fresh_name, remove_tree
from ..tasks import Task
from .code import FOLDER, lay_out
from .connecting import connect
from .nodes import lost_nodes, options_of, processors_there, shortage
from .postings import Posting
from .stations import perform_posted

_COUNTED: Final = 2.0
"""Seconds for which a count of the cluster's processors is taken to be right."""


@final
class Session:
    """What a run has on a cluster while it is connected."""

    def __init__(self, posting: Posting, listener: WorkerListener | None) -> None:
        self._posting = posting
        self._listener = listener
        self._packed = pickle.dumps(posting)
        self._lost_before = lost_nodes().keys()
        self._capacity = 0
        self._counted = -math.inf
        self._ways: dict[tuple[str, Resources], Any] = {}

    @classmethod
    def begin(
        cls, address: str | None, plan: Plan, manifests: Mapping[str, Manifest], hear: Callable[[Connection], None]
    ) -> Session:
        is_all_here = connect(address)
        listener = _listen(hear)
        posting = Posting(
            token=os.urandom(8).hex(),
            path=tuple(_path()),
            arguments=tuple(sys.argv),
            folder=str(Path.cwd()),
            address="" if listener is None else listener.address,
            run_folder=str(plan.folder),
            marks=dict(_marks(plan)),
            code={} if is_all_here else lay_out(plan, manifests),
            distributions={name: version for one in manifests.values() for name, version in one.distributions},
        )
        return cls(posting, listener)

    def end(self) -> None:
        """Remove what was left for the nodes, and hear no more."""
        for mark in self._posting.marks.values():
            Path(mark).unlink(missing_ok=True)
        remove_tree(Path(self._posting.run_folder, FOLDER))
        if self._listener is not None:
            self._listener.close()

    @property
    def capacity(self) -> int:
        """How many tasks Ray is given at a time: while one runs, the next one is on its way. Nodes may come and go."""
        now = time.monotonic()
        if now - self._counted > _COUNTED:
            self._counted, self._capacity = now, 2 * processors_there()
        return self._capacity

    def shortage(self, asked: Resources) -> str:
        """Say why no node can perform a step, if none can."""
        return "" if asked == Resources() else shortage(asked)

    def lost(self) -> str:
        """Name the nodes that have left the cluster since the run began, as far as Ray knows by now."""
        lost = lost_nodes()
        return ", ".join(lost[node] for node in lost.keys() - self._lost_before)

    def send(self, work: bytes, task: Task) -> Any:
        """Give a packed task to Ray, and return Ray's reference to its answer."""
        asked = task.options.resources
        way = self._ways.get((task.name, asked))
        if way is None:
            way = self._ways[task.name, asked] = _remote(task.name, asked)
        return way.remote(self._packed, work)


def _remote(name: str, asked: Resources) -> Any:
    """Return what performs a step by Ray. A worker that has used GPUs is not used again, as Ray has it: it holds their memory."""
    import ray

    made = ray.remote(max_calls=1)(_perform_with_gpus) if asked.gpus else ray.remote(perform_posted)
    return made.options(name=name, max_retries=0, **options_of(asked))


def _perform_with_gpus(posting: bytes, work: bytes) -> bytes:
    import ray

    given = ray.get_runtime_context().get_accelerator_ids()
    return perform_posted(posting, work, tuple(map(str, given["GPU"])))


def _listen(hear: Callable[[Connection], None]) -> WorkerListener | None:
    """Listen where the nodes find this one; where that cannot be, what steps report comes with their outcome."""
    import ray

    try:
        listener = WorkerListener(ray.util.get_node_ip_address())
        listener.address  # noqa: B018 - from now on it listens
    except OSError:
        return None
    listener.expect_others(hear)
    return listener


def _path() -> Iterator[str]:
    """Yield where modules are found besides in the interpreter's own folders, which each node has in its own place."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    own = [Path(sysconfig.get_path(name)) for name in names]
    for entry in sys.path:
        place = Path(entry or Path.cwd())
        if not any(map(place.is_relative_to, own)):
            yield str(place)


def _marks(plan: Plan) -> Iterator[tuple[str, str]]:
    """Make files by which a node sees that it has the same folders before it."""
    places = {"folder": plan.folder}
    if "://" not in plan.store:
        places["artifact store"] = Path(plan.store, "tmp")
    for what, place in places.items():
        place.mkdir(parents=True, exist_ok=True)
        mark = fresh_name(place)
        mark.touch()
        yield what, str(mark)
