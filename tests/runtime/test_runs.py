"""A run as Python code sees it, live and out of the history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from penstock import Local, Run, RunError, RunFailed, State, Workspace, log_metric, pipeline, step
from penstock.runtime.errors import RunNotFound


@step
def double(n: int) -> int:
    print("doubling", n)
    log_metric("n", n)
    log_metric("n", n + 1)
    return 2 * n


@step
def both(n: int) -> tuple[int, str]:
    return n, str(n)


@step
def quiet(n: int) -> None:
    pass


@step
def fail() -> int:
    raise LookupError("not there")


@pipeline
def shaped(n: int = 1) -> dict[str, object]:
    number, text = both(n)
    quiet(n)
    return {"doubled": double(n), "pair": [number, (text, "plain")]}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


@pytest.fixture(params=["live", "kept"])
def finished(request: pytest.FixtureRequest, workspace: Workspace) -> Callable[..., Run]:
    """Run a pipeline; as it was returned, or read back from the history."""

    def run(composition: Callable[..., object], *args: object) -> Run:
        local = Local(executor="inline", workspace=workspace, display="none", raise_on_failure=False)
        made = local.run(composition, *args)
        return made if request.param == "live" else Run.get(made.id, workspace)

    return run


def test_the_result_has_the_shape_that_the_pipeline_returned(finished):
    assert finished(shaped, 3).result() == {"doubled": 6, "pair": [3, ("3", "plain")]}


def test_outputs_are_named(finished):
    assert finished(shaped, 3).outputs == {"doubled": 6, "pair": [3, ("3", "plain")]}
    assert finished(double, 4).outputs == {"output": 8}


def test_steps_are_found_by_id_with_all_that_is_known(finished):
    run = finished(shaped, 3)
    assert list(run.steps) == ["both", "quiet", "double"]
    record = run.steps["double"]
    assert (record.id, record.name, record.state, record.attempts) == ("double", "double", State.COMPLETED, 1)
    assert record.duration >= 0 and record.failure is None and record.result() == 6
    assert repr(record) == f"<step run 'double' of {run.id}: completed>"


def test_several_outputs_are_a_tuple_and_none_is_none(finished):
    run = finished(shaped, 3)
    assert run.steps["both"].result() == (3, "3") and run.steps["quiet"].result() is None
    assert len(run.steps["both"].outputs) == 2 and "none" in repr(run.steps["quiet"].outputs)


def test_metrics_and_logs_are_there(finished):
    run = finished(shaped, 3)
    assert run.steps["double"].metrics == {"n": 4.0} and run.metrics == {"double": {"n": 4.0}}
    assert run.steps["double"].logs == "doubling 3\n" and run.logs == "==> double <==\ndoubling 3\n\n"


def test_an_attribute_that_no_step_run_has_is_an_attribute_error(finished):
    with pytest.raises(AttributeError, match="colour"):
        finished(double, 1).steps["double"].colour


def test_a_failed_run_raises_with_what_failed(finished):
    run = finished(fail)
    assert run.state is run.status is State.FAILED and list(run.failures) == ["fail"]
    with pytest.raises(RunFailed, match="not there") as failed:
        run.result()
    assert failed.value.run is run


def test_a_live_run_has_the_users_exception_itself(workspace):
    with pytest.raises(RunFailed) as failed:
        Local(executor="inline", workspace=workspace, display="none").run(fail)
    assert isinstance(failed.value.__cause__, LookupError)


def test_a_finished_run_is_not_waited_for(finished):
    run = finished(double, 1)
    assert run.wait(0.1) is run.check() is run
    run.cancel()
    assert repr(run) == f"<run {run.id} of double: completed>"


def test_a_result_whose_parameters_were_not_kept_is_told(workspace):
    @pipeline
    def echo(n: int) -> tuple[int, int]:
        return double(n), n

    made = Local(executor="inline", workspace=workspace, display="none").run(echo, 2)
    assert made.result() == Run.get(made.id, workspace).result() == (4, 2)
    (workspace.run_folder(made.id) / "inputs.json").unlink()
    with pytest.raises(RunError, match=f"the result of run {made.id} cannot be put together here"):
        Run.get(made.id, workspace).result()


def test_the_last_run_is_found_and_one_that_is_not_there_is_told(workspace):
    with pytest.raises(RunNotFound):
        Run.get("last", workspace)
    made = Local(executor="inline", workspace=workspace, display="none").run(double, 2)
    assert Run.get("last", workspace).id == Run.get(made.id[:-2], workspace).id == made.id


def test_a_run_of_another_process_can_be_waited_for_but_not_cancelled(workspace, tmp_path):
    @step
    def gate() -> int:
        while not (tmp_path / "open").exists():
            pass
        return 1

    made = Local(executor="inline", workspace=workspace, display="none").submit(gate)
    while not workspace.history.runs():
        pass
    seen = Run.get(made.id, workspace)
    with pytest.raises(TimeoutError):
        seen.wait(0.01)
    with pytest.raises(RunError, match="goes on in another process"):
        seen.cancel()
    (tmp_path / "open").touch()
    assert seen.wait(30).state is State.COMPLETED and made.result() == 1
