"""Show a run as plain lines, where there is no terminal: in CI, in a log file, through a pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Any, final

from .. import amounts
from ..events import (
    Event,
    RunStarted,
    StepCompleted,
    StepFailed,
    StepRetried,
    StepReused,
    StepSkipped,
    StepStarted,
    StepUnfolded,
)
from ..history.records import StepRecord
from ..states import State
from .endings import ending, plain
from .marks import encoding_of, marks_for, showable
from .rows import first_line, metric_notes, remarkable_reason
from .standings import Standing
from .tallies import Tallies

FIRST_NEWS = 5.0
"""Seconds after which a line says that a step is still running; the next follow after twice as long each."""

_LOOK = 1.0


@final
class Lines:
    """A view of a run that writes a line for each step that ends, and now and then one for each that goes on."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._marks = marks_for(stream)
        self._standing = Standing()
        self._tallies = Tallies(self._standing)
        self._news: dict[str, float] = {}

    def take(self, event: Event) -> None:
        """Take an event in and write what there is to say about it."""
        self._standing.take(event)
        for text in (
            self._tallies.line_of(event),
            None if self._tallies.covers(event) else line_of(event, self._standing),
        ):
            if text is not None:
                self._write(f"{amounts.clock(event.time)}  {text}")
        if isinstance(event, StepStarted):
            self._news[event.step] = event.time + FIRST_NEWS

    def draw(self, now: float) -> float:
        """Write a line for each step that has been running for long, and return when to look again."""
        for step, due in list(self._news.items()):
            record = self._standing.steps[step]
            if record.state is not State.RUNNING:
                del self._news[step]
            elif now >= due and record.started is not None:
                self._news[step] = now + (now - record.started)
                self._write(f"{amounts.clock(now)}  {still_running(record, self._standing, now)}")
        self._stream.flush()
        return _LOOK

    def finish(self, _now: float) -> None:
        """Write the failures and the line that sums up."""
        run = self._standing.run
        if run is not None and run.state.ended:
            for line in ending(self._standing, self._marks):
                self._write(plain(line))
        self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write(showable(text, encoding_of(self._stream)).rstrip() + "\n")


def still_running(record: StepRecord, standing: Standing, now: float) -> str:
    """Return the line about a step that goes on: for how long, how far it is, and its newest metrics."""
    done, total, label = standing.progress(record.id)
    parts = [f"{_name(record)}  running for {amounts.duration(now - (record.started or now))}"]
    if done:
        parts.append(" ".join(filter(None, (label, f"{done}/{total}" if total else str(done)))))
    parts += [note[0][0] for note in metric_notes(standing.metrics.get(record.id, {}))]
    return ", ".join(parts)


def line_of(event: Event, standing: Standing) -> str | None:
    """Return what there is to say about an event that was taken in, or None."""
    if isinstance(event, RunStarted):
        steps = amounts.counted(len(event.graph), "step")
        return f"run {event.run} of {event.graph.name} started: {steps}, experiment {event.experiment}"
    say = _SAID.get(type(event))
    if say is None or (isinstance(event, StepUnfolded) and not event.note):
        return None
    record = standing.steps[event.step]  # type: ignore[union-attr]  # what _SAID knows are events of steps
    return f"{_name(record)}  {say(event, record, standing)}"


def _completed(event: StepCompleted, record: StepRecord, standing: Standing) -> str:
    metrics = "".join(f", {note[0][0]}" for note in metric_notes(standing.metrics.get(event.step, {})))
    after = f" at attempt {record.attempts}" if record.attempts > 1 else ""
    reason = remarkable_reason(record)
    return f"completed in {amounts.duration(event.duration)}{after}{metrics}" + (f"  ({reason})" if reason else "")


def _reused(event: StepReused, _record: StepRecord, _standing: Standing) -> str:
    return f"reused from {event.run}"


def _retried(event: StepRetried, _record: StepRecord, _standing: Standing) -> str:
    error = first_line(event.failure.kind, event.failure.message)
    return f"attempt {event.attempt} failed, the next follows in {amounts.duration(event.delay)}: {error}"


def _failed(event: StepFailed, _record: StepRecord, _standing: Standing) -> str:
    return f"failed after {amounts.duration(event.duration)}: {first_line(event.failure.kind, event.failure.message)}"


def _unfolded(event: StepUnfolded, _record: StepRecord, _standing: Standing) -> str:
    return event.note


def _skipped(event: StepSkipped, _record: StepRecord, _standing: Standing) -> str:
    return f"{event.state}: {event.reason}" if event.reason else str(event.state)


_SAID: Mapping[type, Callable[[Any, StepRecord, Standing], str]] = {
    StepCompleted: _completed,
    StepReused: _reused,
    StepRetried: _retried,
    StepFailed: _failed,
    StepSkipped: _skipped,
    StepUnfolded: _unfolded,
}


def _name(record: StepRecord) -> str:
    label = record.label or record.id
    return f"{record.group}/{label}" if record.group else label
