"""Say how a run ended: the failures with the user's frames, one line that sums up, and where to look next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from .. import amounts
from ..failures import Failure
from ..history.records import StepRecord
from ..states import State
from .marks import Marks
from .rows import Piece, first_line
from .standings import Standing

Line: TypeAlias = tuple[Piece, ...]
"""A line of text, in pieces."""

_SHOWN = 5
_VERBS = {State.COMPLETED: "completed", State.FAILED: "failed", State.CANCELLED: "was cancelled"}
_COUNTED = (State.COMPLETED, State.REUSED, State.FAILED, State.SKIPPED, State.CANCELLED)


def ending(standing: Standing, marks: Marks) -> Iterator[Line]:
    """Yield the lines to leave on the screen when a run has ended."""
    failed = [record for record in standing.steps.values() if record.failure is not None]
    for record in failed[:_SHOWN]:
        yield ()
        yield from failure_lines(record, record.failure, marks)  # type: ignore[arg-type]  # filtered above
    if len(failed) > _SHOWN:
        yield ()
        yield ((f"{marks.ellipsis} and {amounts.counted(len(failed) - _SHOWN, 'more failure')}", "failed"),)
    if standing.run is not None:
        yield ()
        yield summary(standing, marks)
        if standing.run.problem:
            yield ((f"  {standing.run.problem}", "warning"),)
        yield ((f"  penstock show {standing.run.id}", "dim"),)


def failure_lines(record: StepRecord, failure: Failure, marks: Marks) -> Iterator[Line]:
    """Yield what went wrong in a step: the error, the user's frames, the inputs, the command that runs it again."""
    after = f" after {failure.attempts} attempts" if failure.attempts > 1 else ""
    head = f" {record.title} failed{after}: "
    yield (marks.states[State.FAILED], "failed"), (head, "bold"), (first_line(failure.kind, failure.message), "failed")
    text = failure.frames.strip("\n") or failure.message.strip()
    if failure.frames or "\n" in text:
        for line in text.splitlines():
            yield ((f"    {line}", ""),)
    for index, (name, value) in enumerate(failure.inputs):
        yield (f"    {'with' if index == 0 else '    '} ", "dim"), (f"{name} = {value}", "")
    if failure.replay:
        yield ("    run it again: ", "dim"), (failure.replay, "")


def summary(standing: Standing, marks: Marks) -> Line:
    """Return the line that sums up: how the run ended, after how long, and how many steps ended how."""
    run = standing.run
    assert run is not None, "a run that has ended has started"
    took = f" in {amounts.duration(run.duration)}" if run.duration is not None else ""
    head = (
        (marks.states[run.state], run.state.value),
        (f" {run.pipeline} ", "bold"),
        (_VERBS.get(run.state, run.state.value), run.state.value),
    )
    saved = f" (saved {amounts.duration(standing.saved)})" if standing.saved >= 0.1 else ""
    return *head, (took + ": ", ""), *_counted(standing.counts()), (saved, "dim")


def _counted(counts: Mapping[State, int]) -> Iterator[Piece]:
    separator = ""
    for state in _COUNTED:
        if counts.get(state):
            yield separator, ""
            yield f"{counts[state]} {state}", state.value
            separator = ", "
    if not separator:
        yield "no step ran", "dim"


def plain(line: Line) -> str:
    """Return a line without its styles."""
    return "".join(text for text, _style in line)
