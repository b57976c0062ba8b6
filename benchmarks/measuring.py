"""Measure a case: its contenders in turn, round after round, each in a process of its own.

What is left of the rounds is removed when everything has been measured: a file system without a journal (ext4 in many
virtual machines) gives out no inode that was freed in the last minutes, and looks for another one at each file that is made.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peers
from attrs import define, field
from cases import PEAK, Case, Contender, Work
from processes import Ended, run

BEFORE = 10
"""How many times the limit the work may take that is done once, before what is measured."""


class Failed(Exception):
    """A command did not do its work."""


@define
class Row:
    """What is known of one contender: its samples, or why there are none."""

    contender: Contender
    samples: list[dict[str, float | None]] = field(factory=list)
    version: str | None = None
    problem: str | None = None
    is_absent: bool = False

    def record(self) -> dict[str, Any]:
        """Return what is written down."""
        return {
            "version": self.version, "problem": self.problem, "absent": self.is_absent, "samples": self.samples
        }  # fmt: skip


def measure(case: Case, rounds: int, limit: float, tell: Callable[[str], object], place: Path) -> dict[str, Row]:
    """Return each contender's row. What it leaves in ``place`` may be removed later on.

    Who fails, or takes longer than ``limit`` seconds, is left out from then on. The order turns from round to round, so that
    nobody is always behind the same one.
    """
    rows = {contender.name: Row(contender) for contender in case.contenders}
    folder = Path(tempfile.mkdtemp(prefix="penstock-benchmark-", dir=place))
    watch = PEAK in case.measures
    for row in rows.values():
        _prepare(row, folder, limit)
    for number in range(rounds * case.repeats):
        order = list(rows.values())
        turn = number % len(order)
        for row in order[turn:] + order[:turn]:
            if row.problem is None:
                tell(f"{case.name}: round {number + 1} of {rounds * case.repeats}, {row.contender.name}")
                _add_sample(row, folder, limit, case.tries, watch_memory=watch)
    return rows


def _prepare(row: Row, folder: Path, limit: float) -> None:
    """Do what is done once: see that the tool is there, and do the work that comes before."""
    contender = row.contender
    if contender.work.peer and peers.python_of(contender.work.peer) is None:
        row.problem, row.is_absent = "not installed: python benchmarks/peers.py --install", True
        return
    if contender.before is None:
        return
    own = folder / _file_name(contender)
    own.mkdir()
    patience = BEFORE * limit
    try:
        _result(contender.before, _run(contender, contender.before, own, patience), patience)
    except Failed as error:
        row.problem = f"the run before: {error}"


def _add_sample(row: Row, folder: Path, limit: float, tries: int, *, watch_memory: bool) -> None:
    try:
        samples = [_sample(row, folder, limit, watch_memory=watch_memory) for _ in range(tries)]
    except Failed as error:
        row.problem = str(error)
    else:
        row.samples.append(min(samples, key=lambda sample: sample["seconds"] or 0.0))


def _sample(row: Row, folder: Path, limit: float, *, watch_memory: bool) -> dict[str, float | None]:
    """Let a contender do its work once. Raises Failed."""
    contender = row.contender
    prefix = _file_name(contender)
    own = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=folder)) if contender.before is None else folder / prefix
    if hasattr(os, "sync"):
        os.sync()  # nobody waits for a disk that has still to write what another one has left
    try:
        ended = _run(contender, contender.work, own, limit, watch_memory=watch_memory)
        found = _result(contender.work, ended, limit)
    finally:
        if watch_memory:  # it is a few large files, which nobody needs any more
            shutil.rmtree(own, ignore_errors=True)
    row.version = found.get("version") or row.version
    return {"seconds": found["seconds"], "resident": found.get("resident"), "peak": ended.peak}


def _run(contender: Contender, work: Work, folder: Path, limit: float, *, watch_memory: bool = False) -> Ended:
    command = work.command(peers.python_of(work.peer)) if work.peer else work.command()  # type: ignore[arg-type]
    return run(command, folder, limit, watch_memory=watch_memory, on_terminal=contender.on_terminal)


def _result(work: Work, ended: Ended, limit: float) -> dict[str, Any]:
    """Return what a command found out. Raises Failed when it did not do what it should."""
    if ended.is_late:
        raise Failed(f"took longer than {limit:g} s")
    if ended.code:
        lines = ended.said.strip().splitlines() or [f"ended with {ended.code}"]
        raise Failed(lines[-1].strip())
    if work.prints is None:
        return dict(json.loads(ended.printed.strip().splitlines()[-1]))
    if ended.printed.strip() != work.prints:
        raise Failed(f"printed {ended.printed.strip()!r} instead of {work.prints!r}")
    return {"seconds": ended.seconds}


def _file_name(contender: Contender) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in contender.name)
