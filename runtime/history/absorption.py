"""Take the events of a run into its account: which rows change, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import events
from ..events import Event
from ..states import State
from .ledgers import Ledger
from .tables import AttemptRow, FileRow, MetricRow, failure_text, plain


def _step_started(event: events.StepStarted, ledger: Ledger) -> None:
    row = ledger.change(event.step, event.time, State.RUNNING)
    row.attempts, row.pid, row.log, row.reason = event.attempt, event.pid, event.log, plain(event.reason)
    row.started = event.time if row.started is None else row.started
    ledger.begin_attempt(AttemptRow(ledger.run.id, event.step, event.attempt, event.time, None, event.pid, event.log))


def _step_unfolded(event: events.StepUnfolded, ledger: Ledger) -> None:
    row = ledger.change(event.step, event.time, State.RUNNING)
    row.started = event.time if row.started is None else row.started
    row.reason = plain(event.note) or row.reason
    ledger.unfold(event)


def _step_completed(event: events.StepCompleted, ledger: Ledger) -> None:
    row = ledger.change(event.step, event.time, State.COMPLETED)
    row.ended, row.duration = event.time, event.duration
    ledger.keep_completed(event)
    ledger.end_attempt(event.step, event.time)


def _step_reused(event: events.StepReused, ledger: Ledger) -> None:
    row = ledger.change(event.step, event.time, State.REUSED)
    row.started = event.time if row.started is None else row.started
    row.ended, row.reused_from, row.saved = event.time, event.run, event.saved
    ledger.keep_reused(event)


def _step_retried(event: events.StepRetried, ledger: Ledger) -> None:
    failure = failure_text(event.failure)
    ledger.change(event.step, event.time, failure=failure)
    ledger.end_attempt(event.step, event.time, failure, is_last=False)


def _step_failed(event: events.StepFailed, ledger: Ledger) -> None:
    failure = failure_text(event.failure)
    ledger.change(event.step, event.time, State.FAILED, ended=event.time, duration=event.duration, failure=failure)
    ledger.keep_manifest(ledger.nodes[event.step].fingerprint)  # who replays it wants to know what has changed
    ledger.end_attempt(event.step, event.time, failure)


def _step_skipped(event: events.StepSkipped, ledger: Ledger) -> None:
    ledger.change(event.step, event.time, event.state, ended=event.time, reason=plain(event.reason))


def _metric_logged(event: events.MetricLogged, ledger: Ledger) -> None:
    axis = None if event.index is None else float(event.index)
    row = MetricRow(ledger.run.id, event.step, ledger.count(), plain(event.name), event.value, axis, event.time)
    ledger.metrics.append(row)
    ledger.metric_counts[event.step] += 1


def _file_logged(event: events.FileLogged, ledger: Ledger) -> None:
    row = FileRow(ledger.run.id, event.step, ledger.count(), plain(event.name), plain(event.path), event.time)
    ledger.files.append(row)


def _run_ended(event: events.RunEnded, ledger: Ledger) -> None:
    ledger.end(event.time, event.state, event.problem)


_ABSORBING: Mapping[type[Event], Callable[[Any, Ledger], None]] = {
    events.StepStarted: _step_started,
    events.StepUnfolded: _step_unfolded,
    events.StepCompleted: _step_completed,
    events.StepReused: _step_reused,
    events.StepRetried: _step_retried,
    events.StepFailed: _step_failed,
    events.StepSkipped: _step_skipped,
    events.MetricLogged: _metric_logged,
    events.FileLogged: _file_logged,
    events.RunEnded: _run_ended,
}


def absorb(event: Event, ledger: Ledger) -> None:
    """Change the rows as an event tells. Events that leave nothing behind (progress) are passed over."""
    absorbing = _ABSORBING.get(type(event))
    if absorbing is not None:
        absorbing(event, ledger)
