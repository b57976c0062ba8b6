"""How a run is driven: outcomes in any order, retries, cancellation, and what the listeners hear."""

from __future__ import annotations

import pickle
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.compilers.graph import FunctionRef, Graph, Node, NodeOptions, OutputRef, Resources, Retry
from penstock.runtime.admission import Machine
from penstock.runtime.artifacts import Artifact
from penstock.runtime.driving import Drive
from penstock.runtime.plans import Plan
from penstock.runtime.events import MetricLogged, StepCompleted, StepFailed, StepRetried, StepSkipped, StepStarted
from penstock.runtime.failures import Failure
from penstock.runtime.resolution import Values
from penstock.runtime.states import State
from penstock.runtime.tasks import Completed, Failed, Outcome, Task


def artifact(step: str) -> Artifact:
    return Artifact(step, "json", 1, "str", step, b'"x"')


def good(task: Task) -> Outcome:
    return Completed({"output": artifact(task.step)}, 0.0)


def bad(task: Task) -> Outcome:
    return Failed(Failure(task.step, "ValueError", "no"))


class Scripted:
    """An executor that finishes its tasks when it has no more place, in an order that a test chooses."""

    def __init__(self, perform: Callable[[Task], Outcome] = good, capacity: int = 1, order: object = None) -> None:
        self.perform, self.capacity, self.order = perform, capacity, order or random.Random(0)
        self.waiting: list[tuple[Task, Future[Outcome]]] = []
        self.tasks: list[Task] = []
        self.closed = False
        self.most = 0

    def submit(self, task: Task) -> Future[Outcome]:
        assert len(self.waiting) < self.capacity
        done: Future[Outcome] = Future()
        self.tasks.append(task)
        self.waiting.append((task, done))
        self.most = max(self.most, len(self.waiting))
        return done

    def finish_one(self) -> None:
        task, done = self.waiting.pop(self.order.randrange(len(self.waiting)))
        done.set_result(self.perform(task))

    def close(self) -> None:
        self.closed = True


class Driven(Drive):
    """A drive whose executor finishes a task each time that the loop would wait."""

    executor: Scripted

    def _next_message(self):
        while self._messages.empty() and self.executor.waiting:
            self.executor.finish_one()
        return super()._next_message()


def graph(needs: dict[str, str], **options: object) -> Graph:
    function = FunctionRef("m", "f")
    nodes = [
        Node(name, name, function, {need: OutputRef(need) for need in ids.split()}, options=NodeOptions(**options))
        for name, ids in needs.items()
    ]
    return Graph("g", tuple(nodes))


def drive(made: Graph, executor: Scripted, **changes: object) -> tuple[State, list[object], Drive]:
    events: list[object] = []
    plan = Plan(run="r", graph=made, root=Path("/p"), folder=Path("/p/r"), store="/p/s")
    driven = Driven(attrs.evolve(plan, **changes), Values({}, {}, {}), events.append)
    driven.executor = executor
    return driven.run(executor), events, driven


def told(events: list[object]) -> list[tuple[str, str]]:
    return [(type(event).__name__.removeprefix("Step"), event.step) for event in events]


def test_a_chain_is_told_step_by_step():
    state, events, _ = drive(graph({"a": "", "b": "a"}), Scripted())
    assert state is State.COMPLETED
    assert told(events) == [("Started", "a"), ("Completed", "a"), ("Started", "b"), ("Completed", "b")]


def test_a_task_gets_the_artifacts_of_the_steps_before_it():
    executor = Scripted(capacity=2)
    drive(graph({"a": "", "b": "", "c": "a b"}), executor)
    assert {name: value.artifact for name, value in executor.tasks[-1].inputs.items()} == {
        "a": artifact("a"),
        "b": artifact("b"),
    }


def test_no_more_tasks_are_given_than_there_is_place_for():
    executor = Scripted(capacity=3)
    drive(graph({f"n{index}": "" for index in range(10)}), executor)
    assert len(executor.tasks) == 10  # submit() itself asserts the capacity


def test_a_step_is_tried_again_as_often_as_it_says():
    executor = Scripted(bad)
    state, events, _ = drive(graph({"a": ""}, retries=2, retry=Retry(0.0)), executor)
    assert state is State.FAILED and [task.attempt for task in executor.tasks] == [1, 2, 3]
    assert [type(event) for event in events] == [StepStarted, StepRetried] * 2 + [StepStarted, StepFailed]
    assert events[-1].failure.attempts == 3


def test_a_further_attempt_may_succeed():
    state, events, _ = drive(
        graph({"a": ""}, retries=1, retry=Retry(0.0)), Scripted(lambda t: bad(t) if t.attempt == 1 else good(t))
    )
    assert state is State.COMPLETED and isinstance(events[-1], StepCompleted)


def test_the_delay_doubles_up_to_a_limit():
    _, events, _ = drive(graph({"a": ""}, retries=3, retry=Retry(0.001, longest=0.003)), Scripted(bad))
    assert [event.delay for event in events if isinstance(event, StepRetried)] == [0.001, 0.002, 0.003]


def test_other_steps_run_while_one_waits_for_its_next_attempt():
    made = Graph("g", (*graph({"a": ""}, retries=1, retry=Retry(0.02)).nodes, *graph({"b": "", "c": "b"}).nodes))
    perform = lambda task: bad(task) if (task.step, task.attempt) == ("a", 1) else good(task)  # noqa: E731
    _, events, _ = drive(made, Scripted(perform))
    assert [step for kind, step in told(events) if kind == "Completed"] == ["b", "c", "a"]


def test_a_step_that_waits_for_its_next_attempt_has_had_its_last_when_another_fails():
    made = Graph("g", (*graph({"a": ""}, retries=5, retry=Retry(60.0)).nodes, *graph({"b": ""}).nodes))
    state, events, _ = drive(made, Scripted(bad))
    assert state is State.FAILED
    assert told(events)[-3:] == [("Started", "b"), ("Failed", "b"), ("Failed", "a")]
    assert events[-1].failure.attempts == 1


def test_skipped_and_cancelled_steps_are_told_with_the_reason():
    perform = lambda task: bad(task) if task.step == "a" else good(task)  # noqa: E731
    _, events, _ = drive(graph({"a": "", "b": "a", "c": ""}), Scripted(perform))
    skipped = [event for event in events if isinstance(event, StepSkipped)]
    assert [(event.step, event.state, event.reason) for event in skipped] == [
        ("b", State.SKIPPED, "step 'a' failed"),
        ("c", State.CANCELLED, "step 'a' failed"),
    ]


def test_with_continue_on_failure_the_rest_runs():
    perform = lambda task: bad(task) if task.step == "a" else good(task)  # noqa: E731
    state, events, _ = drive(graph({"a": "", "b": "a", "c": "", "d": "c"}), Scripted(perform), continue_on_failure=True)
    assert state is State.FAILED
    assert ("Completed", "d") in told(events) and ("Skipped", "b") in told(events)


def test_reports_come_between_the_start_and_the_end_of_their_step():
    def reporting(task: Task) -> Outcome:
        driven.report(MetricLogged(task.step, 0.0, "loss", 1.0))
        return good(task)

    events: list[object] = []
    driven = Driven(
        Plan(run="r", graph=graph({"a": ""}), root=Path("/"), folder=Path("/"), store="/"),
        Values({}, {}, {}),
        events.append,
    )
    driven.executor = Scripted(reporting)
    driven.run(driven.executor)
    assert [type(event) for event in events] == [StepStarted, MetricLogged, StepCompleted]


def cancelled(reason: str) -> tuple[State, list[object], Drive, Scripted]:
    def cancelling(task: Task) -> Outcome:
        driven.cancel(reason)
        return good(task)

    events: list[object] = []
    executor = Scripted(cancelling, capacity=2)
    made = graph({"a": "", "b": "", "c": "a"})
    driven = Driven(
        Plan(run="r", graph=made, root=Path("/"), folder=Path("/"), store="/"), Values({}, {}, {}), events.append
    )
    driven.executor = executor
    return driven.run(executor), events, driven, executor


def test_cancelling_stops_running_and_pending_steps_and_closes_the_executor():
    state, events, _, executor = cancelled("enough")
    assert state is State.CANCELLED and executor.closed
    assert {(event.step, event.state, event.reason) for event in events if isinstance(event, StepSkipped)} == {
        (step, State.CANCELLED, "enough") for step in "abc"
    }


def test_the_reason_of_a_cancellation_is_kept():
    assert cancelled("enough")[2].problem == "enough"


def test_a_wish_to_cancel_that_comes_before_the_start_is_heard():
    events: list[object] = []
    plan = Plan(run="r", graph=graph({"a": "", "b": "a"}), root=Path("/"), folder=Path("/"), store="/")
    driven = Driven(plan, Values({}, {}, {}), events.append)
    driven.executor = Scripted()
    driven.cancel()
    assert driven.run(driven.executor) is State.CANCELLED


def test_an_executor_without_an_answer_fails_the_step():
    class Broken(Scripted):
        def finish_one(self) -> None:
            self.waiting.pop()[1].set_exception(OSError("no more processes"))

    state, events, _ = drive(graph({"a": ""}), Broken())
    assert state is State.FAILED and "no more processes" in events[-1].failure.message


def test_a_future_that_was_cancelled_fails_the_step():
    class Broken(Scripted):
        def finish_one(self) -> None:
            self.waiting.pop()[1].cancel()

    state, events, _ = drive(graph({"a": ""}), Broken())
    assert state is State.FAILED and events[-1].failure.kind == "CancelledError"


def test_outcomes_may_come_from_other_threads():
    class Threaded(Scripted):
        def submit(self, task: Task) -> Future[Outcome]:
            done: Future[Outcome] = Future()
            threading.Thread(target=lambda: done.set_result(good(task))).start()
            return done

    needs = {f"n{index}": f"n{index - 3}" if index > 2 else "" for index in range(30)}
    state, events, _ = drive(graph(needs), Threaded(capacity=4))
    assert state is State.COMPLETED and len(events) == 60


@given(st.data(), st.integers(1, 5), st.booleans(), st.randoms(use_true_random=False))
def test_every_step_is_told_to_start_and_end_once_whatever_the_order(data, capacity, goes_on, order):
    names = [f"n{index}" for index in range(data.draw(st.integers(1, 12)))]
    needs = {
        name: " ".join(data.draw(st.lists(st.sampled_from(names[:index] or [name]), unique=True, max_size=3)))
        if index
        else ""
        for index, name in enumerate(names)
    }
    failing = data.draw(st.sets(st.sampled_from(names), max_size=3))
    executor = Scripted(lambda task: bad(task) if task.step in failing else good(task), capacity, order)
    _, events, _ = drive(graph(needs), executor, continue_on_failure=goes_on)
    ends = [event.step for event in events if isinstance(event, StepCompleted | StepFailed | StepSkipped)]
    assert sorted(ends) == sorted(names)
    assert [step for kind, step in told(events) if kind == "Started"] == [task.step for task in executor.tasks]


def test_only_a_failure_of_a_class_that_is_named_is_tried_again():
    executor = Scripted(bad)
    drive(graph({"a": ""}, retries=2, retry=Retry(0.0, on=("builtins:ConnectionError",))), executor)
    assert [task.attempt for task in executor.tasks] == [1]


def test_a_failure_of_a_subclass_of_a_class_that_is_named_is_tried_again():
    executor = Scripted(lambda task: Failed(Failure(task.step, "ValueError", "no", pickled=pickle.dumps(ValueError()))))
    drive(graph({"a": ""}, retries=2, retry=Retry(0.0, on=("builtins:Exception",))), executor)
    assert [task.attempt for task in executor.tasks] == [1, 2, 3]


def test_steps_run_together_only_as_far_as_the_machine_has_what_they_ask_for():
    executor = Scripted(capacity=4)
    asked = Resources(gpus=1)
    drive(
        graph({f"n{index}": "" for index in range(6)}, resources=asked), executor, machine=Machine(4, None, ("0", "1"))
    )
    assert executor.most == 2 and {task.gpus for task in executor.tasks} == {("0",), ("1",)}


class Warmed(Scripted):
    """Notes how many workers it is to have ready."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def warm(self, count: int, libraries: Sequence[str]) -> None:
        self.asked.append(count)


@pytest.mark.parametrize(("needs", "width"), [({"a": "", "b": "a"}, 1), ({"a": "", "b": "a", "c": "a", "d": "a"}, 3)])
def test_workers_get_ready_while_a_step_takes_its_time(monkeypatch, needs, width):
    monkeypatch.setattr("penstock.runtime.driving._IDLE", 0.0)
    executor = Warmed()

    class Slow(Drive):
        def _next_message(self):
            if executor.asked:
                executor.finish_one()
            return super()._next_message()

    made = Slow(Plan("r", graph(needs), Path(), Path(), ""), Values({}, {}, {}), lambda event: None)
    assert made.run(executor) is State.COMPLETED and executor.asked == [width]
