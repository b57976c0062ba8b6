"""What is known of a run while it goes on."""

from __future__ import annotations

import pytest
from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime.artifacts import Artifact
from penstock.runtime.events import (
    FileLogged,
    MetricLogged,
    Progressed,
    RunEnded,
    RunStarted,
    StepCompleted,
    StepFailed,
    StepRetried,
    StepReused,
    StepSkipped,
    StepStarted,
)
from penstock.runtime.failures import Failure
from penstock.runtime.history.records import RunRecord
from penstock.runtime.states import State
from penstock.runtime.tracking import LiveRecords, Tracker

OUTPUT = {"output": Artifact("0" * 64, "json", 1, "int", "1", b"1")}
FAILURE = Failure("a", "ValueError", "no")


@pytest.fixture
def tracker() -> Tracker:
    made = Tracker()
    graph = Graph("g", tuple(Node(name, name, FunctionRef("m", name), {}) for name in "ab"))
    made(RunStarted("r", graph, "e", 1.0, {"lr": "0.1"}, {"by": "me"}))
    return made


def test_a_run_starts_with_all_its_steps_pending(tracker):
    assert (tracker.run.state, tracker.run.experiment, tracker.run.tags) == (State.RUNNING, "e", {"by": "me"})
    assert [(step.id, step.state) for step in tracker.steps.values()] == [("a", State.PENDING), ("b", State.PENDING)]


def test_a_step_runs_and_completes(tracker):
    tracker(StepStarted("a", 2.0, log="logs/a.log"))
    tracker(StepCompleted("a", 3.0, OUTPUT, 0.5))
    step = tracker.steps["a"]
    assert (step.state, step.started, step.ended, step.duration) == (State.COMPLETED, 2.0, 3.0, 0.5)
    assert (step.outputs, step.log, step.attempts) == (OUTPUT, "logs/a.log", 1)


def test_a_further_attempt_keeps_the_first_start(tracker):
    tracker(StepStarted("a", 2.0, attempt=1))
    tracker(StepRetried("a", 3.0, 1, FAILURE))
    assert tracker.steps["a"].reason == "attempt 1 failed: ValueError: no"
    tracker(StepStarted("a", 4.0, attempt=2))
    assert (tracker.steps["a"].started, tracker.steps["a"].attempts) == (2.0, 2)


def test_a_step_fails_another_is_skipped_and_the_run_ends(tracker):
    tracker(StepFailed("a", 2.0, FAILURE, 0.1))
    tracker(StepSkipped("b", 2.0, "step 'a' failed"))
    tracker(RunEnded("r", 3.0, State.FAILED, "why"))
    assert tracker.steps["a"].failure == FAILURE and tracker.steps["b"].reason == "step 'a' failed"
    assert (tracker.run.state, tracker.run.ended, tracker.run.problem) == (State.FAILED, 3.0, "why")
    assert tracker.run.counts == {State.FAILED: 1, State.SKIPPED: 1}


def test_a_reused_step_says_from_where(tracker):
    tracker(StepReused("a", 2.0, OUTPUT, "earlier"))
    assert (tracker.steps["a"].state, tracker.steps["a"].reused_from) == (State.REUSED, "earlier")


def test_progress_is_forgotten_when_the_step_ends(tracker):
    tracker(Progressed("a", 2.0, 1, 3))
    assert tracker.progress["a"].done == 1
    tracker(StepCompleted("a", 3.0, OUTPUT))
    assert tracker.progress == {}


def test_records_are_read_while_the_run_goes_on(tracker):
    first = RunRecord("r", "g", "e", State.PENDING, 0.0)
    assert LiveRecords(Tracker(), first).record() is first
    records = LiveRecords(tracker, first)
    tracker(MetricLogged("a", 2.0, "loss", 0.5, 1.0))
    tracker(FileLogged("a", 2.0, "notes", "files/a/notes.txt"))
    assert records.record() is tracker.run and len(records.steps()) == 2
    assert (records.metrics()[0].value, records.files()[0].path) == (0.5, "files/a/notes.txt")


def test_what_is_no_event_is_refused(tracker):
    with pytest.raises(TypeError, match="str is no event of a run"):
        tracker("hello")


def test_a_record_that_was_looked_at_before_follows_what_is_told_later(tracker):
    assert tracker.steps["b"].state is State.PENDING
    tracker(StepStarted("b", 2.0))
    assert (tracker.steps["b"].state, tracker.steps["b"].position) == (State.RUNNING, 1)
    tracker(StepReused("b", 3.0, OUTPUT, "earlier"))
    assert (tracker.steps["b"].started, tracker.steps["b"].reused_from) == (2.0, "earlier")
