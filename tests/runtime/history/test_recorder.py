"""What happens is written, by its own thread, and what cannot be written is kept and told."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from penstock.runtime import events as e
from penstock.runtime.errors import HistoryError
from penstock.runtime.history import History, HistoryBusy, HistoryWarning, Recorder, connect, liveness, recorder
from penstock.runtime.states import State


@pytest.fixture
def listening(location):
    found = Recorder(partial(connect, location))
    yield found
    found.close()


def tell(listener, events):
    for event in events:
        listener(event)


def test_a_run_is_remembered(record, history, a_run):
    record(a_run("r-1", parameters={"lr": "0.1"}, tags={"team": "a"}))
    run = history.run("r-1")
    assert (run.pipeline, run.experiment, run.state, run.started, run.ended) == (
        "train",
        "taxi",
        State.COMPLETED,
        1000.0,
        1003.0,
    )
    assert (run.parameters, run.tags, run.counts) == ({"lr": "0.1"}, {"team": "a"}, {State.COMPLETED: 2})


def test_a_run_is_seen_while_it_runs(listening, history, a_run):
    tell(listening, a_run("r-1", state=None, middle=[e.StepStarted("load", 1001.0, pid=7, log="logs/load.log")]))
    listening.flush()
    load, fit = history.steps("r-1")
    assert (load.state, load.pid, load.log, fit.state) == (State.RUNNING, 7, "logs/load.log", State.PENDING)
    assert history.run("r-1").state is State.RUNNING


def test_events_are_written_without_being_asked_for(listening, history, a_run):
    tell(listening, a_run("r-1"))
    deadline = time.monotonic() + 20
    while not history.runs(state=State.COMPLETED) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert history.run("r-1").state is State.COMPLETED


def test_outputs_come_back_with_their_bytes(record, history, a_run, an_artifact):
    outputs = {"model": an_artifact("a"), "score": an_artifact("b")}
    record(a_run(middle=[e.StepStarted("fit", 1.0), e.StepCompleted("fit", 2.0, outputs, 0.5)]))
    assert list(history.steps("r-1")[1].outputs.items()) == list(outputs.items())


def test_a_failure_comes_back_but_for_the_exception(record, history, a_run, a_failure):
    record(a_run(middle=[e.StepStarted("fit", 1.0), e.StepFailed("fit", 2.0, a_failure(), 0.5)], state=State.FAILED))
    step = history.steps("r-1")[1]
    assert (step.state, step.failure, step.failure.exception) == (State.FAILED, a_failure(), None)


def test_a_reused_step_names_the_run_that_it_comes_from(record, history, a_run, an_artifact):
    record(a_run("r-0"), a_run(middle=[e.StepReused("load", 1.0, {"output": an_artifact()}, "r-0", saved=5.0)]))
    step = history.steps("r-1")[0]
    assert (step.state, step.reused_from, step.outputs["output"]) == (State.REUSED, "r-0", an_artifact())


def test_a_skipped_step_says_why(record, history, a_run):
    record(a_run(middle=[e.StepSkipped("fit", 2.0, "step 'load' failed", State.CANCELLED)]))
    assert (history.steps("r-1")[1].state, history.steps("r-1")[1].reason) == (State.CANCELLED, "step 'load' failed")


def test_each_attempt_is_remembered(record, history, a_run, a_failure):
    record(a_run(middle=[
        e.StepStarted("fit", 1.0, 1, 7, "a.log"), e.StepRetried("fit", 2.0, 1, a_failure()),
        e.StepStarted("fit", 3.0, 2, 8, "b.log"), e.StepCompleted("fit", 4.0, {}, 1.0),
    ]))  # fmt: skip
    first, second = history.attempts("r-1", "fit")
    assert (first.number, first.started, first.ended, first.pid, first.failure) == (1, 1.0, 2.0, 7, a_failure())
    assert (second.number, second.ended, second.log, second.failure) == (2, 4.0, "b.log", None)


@pytest.mark.parametrize("value", [0.25, -1e300, math.inf, -math.inf, 7])
def test_a_metric_comes_back_as_it_was(record, history, a_run, value):
    record(a_run(middle=[e.MetricLogged("fit", 5.0, "loss", value, 3)]))
    (metric,) = history.metrics("r-1")
    assert (metric.step, metric.name, metric.value, metric.index, metric.time) == ("fit", "loss", value, 3.0, 5.0)


def test_a_metric_that_is_no_number_is_no_number_after(record, history, a_run):
    record(a_run(middle=[e.MetricLogged("fit", 5.0, "loss", math.nan)]))
    assert math.isnan(history.metrics("r-1")[0].value)


def test_logged_files_come_back_in_order(record, history, a_run):
    record(a_run(middle=[e.FileLogged("fit", 5.0, name, f"figures/{name}.png") for name in "ba"]))
    assert [(file.name, file.path) for file in history.files("r-1")] == [("b", "figures/b.png"), ("a", "figures/a.png")]


def test_text_that_no_database_takes_is_made_to_fit(record, history, a_run):
    record(a_run(experiment="nul \0", middle=[e.StepSkipped("fit", 2.0, "half \ud83d")], parameters={"x": "\0\udc80"}))
    assert (history.run("r-1").experiment, history.steps("r-1")[1].reason) == ("nul \ufffd", "half ?")


def test_facts_and_packages_are_collected_once_a_run(location, history, a_run):
    listener = Recorder(
        partial(connect, location), facts=lambda: {"git.commit": "abc"}, packages=lambda: {"numpy": "2"}
    )
    tell(listener, [*a_run("r-1"), *a_run("r-2")])
    listener.close()
    assert [history.run(run).facts for run in ("r-1", "r-2")] == [{"git.commit": "abc"}] * 2
    assert history.packages("r-2") == {"numpy": "2"}


def test_the_graph_comes_back(record, history, a_run, a_graph):
    record(a_run(graph=a_graph("a", "b", "c")))
    assert history.graph("r-1") == a_graph("a", "b", "c")


def test_a_graph_is_kept_once(record, opened, a_run):
    record(a_run("r-1"), a_run("r-2"))
    assert opened.rows("SELECT count(*) FROM graphs") == [(1,)]


def test_a_run_that_is_left_is_recorded_as_failed(record, history, a_run):
    record(a_run(state=None, middle=[e.StepStarted("load", 1001.0)]))
    run = history.run("r-1")
    assert (run.state, run.problem, run.ended) == (State.FAILED, "the run was left before it ended", 1001.0)
    assert [step.state for step in history.steps("r-1")] == [State.FAILED, State.CANCELLED]


def test_a_recorder_that_can_start_no_thread_says_so_and_can_be_closed(sqlite_path, monkeypatch):
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    listener = Recorder(partial(connect, sqlite_path))
    with pytest.raises(RuntimeError, match="can't start new thread"):
        listener(e.StepStarted("load", 1001.0))
    listener.close()


def test_a_recorder_that_heard_nothing_writes_nothing(sqlite_path):
    Recorder(partial(connect, sqlite_path)).close()
    assert not sqlite_path.exists()


def test_a_recorder_works_again_after_it_was_closed(listening, history, a_run):
    tell(listening, a_run("r-1"))
    listening.close()
    tell(listening, a_run("r-2"))
    listening.close()
    assert len(history.runs()) == 2


def test_events_before_any_run_are_passed_over(listening):
    listening(e.StepStarted("fit", 1.0))
    listening.flush()
    assert listening.problem is None


def test_a_running_run_gives_signs_of_life(location, opened, a_run, monkeypatch):
    monkeypatch.setattr(recorder, "HEARTBEAT", 0.01)
    listener = Recorder(partial(connect, location))
    tell(listener, a_run(state=None))
    deadline = time.monotonic() + 20
    while opened.rows("SELECT seen FROM runs WHERE seen > 1e9") == [] and time.monotonic() < deadline:
        time.sleep(0.01)
    listener.close()
    assert opened.rows("SELECT seen > 1000000 FROM runs")[0][0]


class Failing:
    """A way to the database that is closed for a while."""

    def __init__(self, location, failures, error=HistoryBusy("the history x is locked")):
        self.location, self.failures, self.error = location, failures, error

    def __call__(self):
        self.failures -= 1
        if self.failures >= 0:
            raise self.error
        return connect(self.location)


def test_a_history_that_is_busy_gets_everything_later(location, history, a_run, monkeypatch):
    monkeypatch.setattr(recorder, "_RETRY", 0.01)
    listener = Recorder(Failing(location, 3))
    tell(listener, a_run("r-1"))
    listener.close()
    assert (history.run("r-1").state, history.run("r-1").counts) == (State.COMPLETED, {State.COMPLETED: 2})


def test_a_problem_is_told_once_and_forgotten_when_it_passes(location, a_run, monkeypatch):
    monkeypatch.setattr(recorder, "_RETRY", 0.01)
    told = []
    listener = Recorder(Failing(location, 4), on_problem=told.append)
    tell(listener, a_run("r-1"))
    listener.close()
    assert (told, listener.problem) == (["the history x is locked"], None)


def test_what_could_not_be_written_is_said_at_the_end(location, a_run):
    listener = Recorder(Failing(location, 999, HistoryError("the history x is corrupt")))
    tell(listener, a_run("r-1"))
    listener.flush()
    assert listener.problem == "the history x is corrupt"
    with pytest.warns(HistoryWarning, match="not written: the history x is corrupt"):
        listener.close()


def test_closing_does_not_wait_for_a_busy_history_for_ever(location, a_run, monkeypatch):
    monkeypatch.setattr(recorder, "_RETRY", 0.01)
    listener = Recorder(Failing(location, 10**9), patience=0.05)
    tell(listener, a_run("r-1"))
    with pytest.warns(HistoryWarning, match="locked"):
        listener.close()


def test_two_may_close_a_recorder_at_once(location, history, a_run):
    gate, connection = threading.Event(), connect(location)
    connection.current = lambda: gate.wait(10)
    listener = Recorder(lambda: connection)
    tell(listener, a_run("r-1"))
    closing = [threading.Thread(target=listener.close, daemon=True) for _ in range(2)]
    for thread in closing:
        thread.start()
        thread.join(0.2)  # the first is being answered when the second asks
    gate.set()
    for thread in closing:
        thread.join(10)
    assert not any(thread.is_alive() for thread in closing) and history.run("r-1").state is State.COMPLETED


def test_closing_counts_from_when_the_history_became_busy(location, a_run, monkeypatch):
    monkeypatch.setattr(recorder, "_RETRY", 0.01)
    listener = Recorder(Failing(location, 10**9), patience=60)
    tell(listener, a_run("r-1"))
    listener.flush()
    listener._failing_since -= 60
    with pytest.warns(HistoryWarning, match="locked"):
        listener.close()


def test_that_a_history_is_busy_is_announced_while_the_run_goes_on():
    with pytest.warns(HistoryWarning, match="for now: it is locked. The run goes on"):
        recorder.announce("it is locked")


def test_one_bad_event_does_not_take_the_others_with_it(location, history, a_run):
    listener = Recorder(partial(connect, location))
    tell(
        listener,
        a_run("r-1", middle=[e.MetricLogged("fit", 5.0, "loss", "many"), e.MetricLogged("fit", 5.0, "loss", 1.0)]),
    )
    with pytest.warns(HistoryWarning, match="TypeError"):
        listener.close()
    assert [metric.value for metric in history.metrics("r-1")] == [1.0]


@pytest.mark.parametrize("broken", ["facts", "packages", "on_problem"])
def test_nothing_that_is_called_can_stop_the_recorder(location, history, a_run, broken):
    def fail(*_):
        raise RuntimeError("broken")

    listener = Recorder(partial(connect, location), **{"facts": fail, broken: fail})
    tell(listener, a_run("r-1"))
    with pytest.warns(HistoryWarning, match="broken"):
        listener.close()
    assert history.run("r-1").state is State.COMPLETED


def test_a_batch_is_written_whole_or_not_at_all(sqlite_path, a_run):
    blocker = connect(sqlite_path)
    listener = Recorder(partial(connect, sqlite_path))
    with blocker.transaction():
        tell(listener, a_run("r-1"))
        time.sleep(0.1)
        assert blocker.rows("SELECT count(*) FROM runs") == [(0,)]
    listener.close()
    assert [step.state for step in History(partial(connect, sqlite_path)).steps("r-1")] == [State.COMPLETED] * 2


def test_an_event_costs_next_to_nothing_while_the_history_hangs(a_run):
    release = threading.Event()

    def hang():
        release.wait(30)
        raise HistoryError("gone")

    listener, began = Recorder(hang), time.monotonic()
    tell(listener, a_run("r-1", middle=[e.Progressed("fit", 1.0, number) for number in range(10_000)]))
    assert time.monotonic() - began < 10
    release.set()
    with pytest.warns(HistoryWarning, match="gone"):
        listener.close()


WRITER = """
import sys, time
from functools import partial
from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime import events as e
from penstock.runtime.history import Recorder, connect
from penstock.runtime.states import State
location, run, steps, ending = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
graph = Graph("p", tuple(Node(f"s-{n}", "s", FunctionRef("m", "s"), {}) for n in range(steps)))
recorder = Recorder(partial(connect, location))
recorder(e.RunStarted(run, graph, "x", 1000.0))
for n in range(steps):
    recorder(e.StepStarted(f"s-{n}", 1001.0 + n))
    if ending == "slow" and n == 1:
        recorder.flush(); print("ready", flush=True); time.sleep(60)
    recorder(e.StepCompleted(f"s-{n}", 1002.0 + n, {}, 1.0))
    recorder(e.MetricLogged(f"s-{n}", 1002.0 + n, "loss", float(n)))
if ending == "end":
    recorder(e.RunEnded(run, 5000.0, State.COMPLETED))
    recorder.close()
"""


def start_writer(location, run, steps, ending):
    arguments = [sys.executable, "-W", "error", "-c", WRITER, str(location), run, str(steps), ending]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_processes_may_write_at_once(location, history):
    writers = [start_writer(location, f"r-{number}", 300, "end") for number in range(3)]
    assert [(writer.communicate(timeout=60), writer.returncode)[1] for writer in writers] == [0, 0, 0]
    assert [run.counts for run in history.runs()] == [{State.COMPLETED: 300}] * 3
    assert [len(history.metrics(f"r-{number}")) for number in range(3)] == [300] * 3


def test_a_process_that_ends_without_closing_has_written_everything(location, history):
    with start_writer(location, "r-1", 50, "leave") as writer:
        assert writer.wait(60) == 0
    assert history.run("r-1").problem == "the run was left before it ended"
    assert len(history.metrics("r-1")) == 50


def test_a_killed_driver_leaves_no_running_record(location, history):
    with start_writer(location, "r-1", 4, "slow") as writer:
        writer.stdout.readline()
        assert history.run("r-1").state is State.RUNNING
        writer.send_signal(signal.SIGKILL)
        writer.wait(60)
    run, steps = history.run("r-1"), history.steps("r-1")
    assert (run.state, run.problem, run.ended) == (State.FAILED, liveness.PROBLEM, 1002.0)
    assert [step.state for step in steps] == [State.COMPLETED, State.FAILED, State.CANCELLED, State.CANCELLED]
    assert run.counts == {State.COMPLETED: 1, State.FAILED: 1, State.CANCELLED: 2}
