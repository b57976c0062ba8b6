"""How a run on this machine is set up, followed, and ended."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from penstock import Local, MissingInput, Run, RunCancelled, RunError, RunFailed, State, Workspace, pipeline, step
from penstock.compilers.graph import Graph, Parameter, ParameterRef
from penstock.compilers.lowering import Compiled, compile_pipeline
from penstock.compilers.serialisation import from_json, to_json
from penstock.runtime.events import RunEnded, RunStarted, StepCompleted
from penstock.runtime.runners import exits


@step
def increase(n: int) -> int:
    return n + 1


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@step
def wait_for(gate: str) -> int:
    while not Path(gate).exists():
        time.sleep(0.01)
    return 1


@step
def fail(reason: str) -> int:
    raise ValueError(reason)


@pipeline
def chain(n: int = 1) -> int:
    return increase(increase(n))


@pytest.fixture
def inline(tmp_path: Path) -> Local:
    return Local(executor="inline", workspace=tmp_path, display="none")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"jobs": 0}, "a whole number from 1"),
        ({"jobs": -1}, "a whole number from 1"),
        ({"jobs": "2"}, "a whole number from 1"),
        ({"jobs": True}, "a whole number from 1"),
        ({"executor": "dask"}, "'local' or 'joblib' or 'inline' or 'ray' or Ray(...)"),
        ({"executor": ["local"]}, "'local' or 'joblib' or 'inline' or 'ray' or Ray(...)"),
        ({"display": "loud"}, "'auto' or 'tree' or 'lines' or 'none'"),
        ({"continue_on_failure": "yes"}, "True or False"),
        ({"raise_on_failure": None}, "True or False"),
        ({"regenerate_outputs": "train"}, "a list of step names"),
        ({"tags": {"a": 1}}, "a dict of text to text"),
        ({"listeners": print}, "a list of callables"),
        ({"experiment": 3}, "text, or None"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_was_expected(setting, expected):
    with pytest.raises(RunError, match=f"Local.{next(iter(setting))}=.* is wrong; expected .*{expected}"):
        Local(**setting)


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="workers"):
        Local(workers=3)


def test_parameters_are_given_by_position_and_by_name(inline):
    assert (inline.run(chain, 3).result(), inline.run(chain, n=4).result(), inline.run(chain).result()) == (5, 6, 3)


def test_a_missing_parameter_is_named_before_anything_is_written(inline, tmp_path):
    @pipeline
    def needy(n: int) -> int:
        return increase(n)

    with pytest.raises(MissingInput, match="'n'"):
        inline.run(needy)
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_was_read_back_from_json_runs(inline, tmp_path, monkeypatch):
    (tmp_path / "steps_of_a_project.py").write_text(
        "from penstock import pipeline, step\n"
        "@step\ndef double(n: int) -> int: return 2 * n\n"
        "@pipeline\ndef doubled(n: int) -> int: return double(double(n))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import steps_of_a_project

    graph = from_json(to_json(compile_pipeline(steps_of_a_project.doubled).graph))
    assert inline.run_compiled(Compiled(graph, {"n": 3}, tmp_path)).result() == 12
    assert (
        Local(jobs=1, workspace=tmp_path, display="none").run_compiled(Compiled(graph, {"n": 4}, tmp_path)).result()
        == 16
    )
    del sys.modules["steps_of_a_project"]


def test_a_graph_that_was_read_back_without_its_attached_functions_is_refused(inline, tmp_path):
    @step
    def nobody_can_import_this() -> int:
        return 1

    compiled = compile_pipeline(nobody_can_import_this)
    with pytest.raises(MissingInput, match="not part of its document"):
        inline.run_compiled(Compiled(from_json(to_json(compiled.graph)), {}, tmp_path))


def test_a_run_without_steps_ends_at_once(inline, tmp_path):
    graph = Graph("echo", (), (Parameter("n"),), ParameterRef("n"))
    assert inline.run_compiled(Compiled(graph, {"n": 3}, tmp_path)).result() == 3


def test_a_submitted_run_returns_at_once_and_can_be_waited_for(inline, tmp_path):
    run = inline.submit(wait_for, str(tmp_path / "gate"))
    with pytest.raises(TimeoutError, match="has not ended after 0.05 s"):
        run.wait(0.05)
    assert run.state is State.RUNNING
    (tmp_path / "gate").touch()
    assert run.wait().state is State.COMPLETED and run.result() == 1


def test_a_submitted_run_that_fails_raises_when_its_result_is_asked_for(inline):
    run = inline.submit(fail, "on purpose")
    assert run.wait().state is State.FAILED
    with pytest.raises(RunFailed, match="on purpose") as failed:
        run.result()
    assert isinstance(failed.value.__cause__, ValueError) and failed.value.run is run


def test_an_error_outside_the_steps_is_raised_to_who_waits(inline, tmp_path):
    class Stop(BaseException):
        pass

    def listener(event):
        raise Stop("not an ordinary error")

    import attrs

    run = attrs.evolve(inline, listeners=[listener]).submit(chain)
    with pytest.raises(RunError, match="was broken off: Stop"):
        run.wait(30)


def test_a_listener_that_fails_is_dropped_with_a_warning_and_the_run_goes_on(tmp_path):
    heard: list[object] = []

    def broken(event):
        raise ZeroDivisionError("oops")

    local = Local(executor="inline", workspace=tmp_path, display="none", listeners=[broken, heard.append])
    with pytest.warns(RuntimeWarning, match="failed at RunStarted and hears no more: ZeroDivisionError"):
        run = local.run(chain, 1)
    assert run.result() == 3 and [type(event) for event in (heard[0], heard[-1])] == [RunStarted, RunEnded]


def test_cancelling_a_run_that_has_ended_does_nothing(inline):
    run = inline.run(chain, 1)
    run.cancel()
    assert run.state is State.COMPLETED


def test_a_run_that_is_cancelled_before_its_first_step_runs_none(inline, tmp_path):
    run = inline.submit(wait_for, str(tmp_path / "gate"))
    run.cancel("changed my mind")
    (tmp_path / "gate").touch()
    with pytest.raises(RunCancelled):
        run.result()
    assert run.record.problem == "changed my mind" and run.steps["wait_for"].state is State.CANCELLED


def test_a_cancelled_run_is_cancelled_in_the_history_too(inline, tmp_path):
    run = inline.submit(wait_for, str(tmp_path / "gate"))
    run.cancel("changed my mind")
    (tmp_path / "gate").touch()
    run.wait()
    kept = Run.get(run.id, Workspace.open(tmp_path))
    assert (kept.state, kept.record.problem) == (State.CANCELLED, "changed my mind")


def test_several_runs_may_go_on_at_once_in_one_process(inline, tmp_path):
    runs = [inline.submit(chain, n) for n in range(4)]
    assert [run.result() for run in runs] == [2, 3, 4, 5]
    assert len({run.id for run in runs}) == 4 and not exits._GOING


def test_interrupting_a_run_in_this_thread_cancels_it(tmp_path):
    def interrupt(event):
        if isinstance(event, StepCompleted):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Local(executor="inline", workspace=tmp_path, display="none", listeners=[interrupt]).run(chain, 1)
    (record,) = Workspace.open(tmp_path).history.runs()
    assert record.state is State.CANCELLED and record.problem == "interrupted by Ctrl-C"


def test_no_thread_is_left_after_a_run(tmp_path):
    before = set(threading.enumerate())
    assert Local(jobs=1, workspace=tmp_path, display="none").run(chain, 1).result() == 3
    left = [thread.name for thread in set(threading.enumerate()) - before]
    assert [name for name in left if "penstock" in name] == []


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_thousand_steps_side_by_side_and_in_a_row_run(executor, tmp_path):
    @pipeline
    def wide_and_long() -> tuple[int, int]:
        last = increase(-1)
        for _ in range(300):
            last = increase(last)
        return total([increase(n) for n in range(1000, 1700)]), last

    run = Local(executor=executor, jobs=2, workspace=tmp_path, display="none").run(wide_and_long)
    assert run.result() == (sum(range(1001, 1701)), 300) and len(run.steps) == 1002


def test_the_log_of_a_step_in_a_group_is_found(inline):
    @step
    def speak(word: str) -> str:
        print("said", word)
        return word

    @pipeline
    def inner(word: str) -> str:
        return speak(word)

    @pipeline
    def outer() -> str:
        return inner("hello")

    run = inline.run(outer)
    assert run.steps["inner/speak"].logs == "said hello\n" and "==> inner/speak <==" in run.logs
