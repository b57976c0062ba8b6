"""One step of an earlier run is called again, with what it was given then."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest
from penstock import Local, Run, State, Workspace, current_step, log_metric, pipeline, replay, step
from penstock.runtime.errors import RunError, StepNotFound


@step
def load(path: Path, day: datetime.date) -> dict[str, object]:
    return {"text": path.read_text(), "day": day}


@step
def measure(data: dict[str, object], scale: float) -> float:
    print("attempt", current_step().attempt, file=sys.stderr)
    log_metric("scale", scale)
    if scale < 0:
        raise ValueError(f"scale={scale}")
    return len(str(data["text"])) * scale


@step
def both(n: float) -> tuple[float, str]:
    return n, str(n)


@step
def write(n: float) -> Path:
    path = current_step().folder / "n.txt"
    path.write_text(str(n))
    return path


@step
def forget(n: float) -> None:
    print("forgotten", n, file=sys.stderr)


@pipeline
def study(path: Path, day: datetime.date = datetime.date(2026, 11, 22), scale: float = 1.0) -> float:
    measured = measure(load(path, day), scale)
    both(measured)
    write(measured)
    forget(measured)
    return measured


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "words.txt").write_text("seven!!")
    return Workspace.open(tmp_path)


@pytest.fixture
def ran(workspace: Workspace, request: pytest.FixtureRequest) -> Run:
    """A run out of the history; its scale can be set."""
    local = Local(workspace=workspace, executor="inline", display="none", raise_on_failure=False)
    made = local.run(study, workspace.root / "words.txt", scale=getattr(request, "param", 2.0))
    return Run.get(made.id, workspace)


def test_a_step_gives_its_result_again_and_it_is_the_same(ran):
    done = replay(ran, "measure")
    assert (done.result, done.equal, done.step, done.run) == (14.0, True, "measure", ran.id)
    assert done.outputs == done.stored == {"output": "14.0"}


def test_parameters_come_back_as_the_values_that_they_were(ran):
    assert replay(ran, "load").result == {"text": "seven!!", "day": datetime.date(2026, 11, 22)}


def test_a_run_is_named_as_everywhere(ran, workspace):
    assert replay("last", "both", workspace=workspace).result == (14.0, "14.0")


def test_several_outputs_files_and_nothing_are_compared_too(ran, capsys):
    assert replay(ran, "both").equal is True
    written = replay(ran, "write")
    assert written.equal is True and Path(str(written.result)).read_text() == "14.0"
    assert replay(ran, "forget").equal is None and "forgotten 14.0" in capsys.readouterr().err


def test_a_changed_input_file_gives_another_result(ran, workspace):
    (workspace.root / "words.txt").write_text("more words")
    done = replay(ran, "load")
    assert done.equal is False and "more words" in done.outputs["output"] and "seven!!" in done.stored["output"]


@pytest.mark.parametrize("ran", [-1.0], indirect=True)
def test_a_step_that_failed_raises_its_own_exception(ran):
    with pytest.raises(ValueError, match=r"scale=-1\.0"):
        replay(ran, "measure")


@pytest.mark.parametrize("ran", [-1.0], indirect=True)
def test_a_step_whose_input_was_never_made_says_which(ran):
    with pytest.raises(RunError, match="its input 'n' is what 'measure' returns, and that failed"):
        replay(ran, "both")


def test_nothing_is_recorded(ran, workspace, capsys):
    before = sorted(path.name for path in workspace.run_folder(ran.id).rglob("*"))
    replay(ran, "measure")
    assert capsys.readouterr().out == "scale = 2\n" and ran.metrics == {"measure": {"scale": 2.0}}
    assert len(workspace.history.runs()) == 1
    assert sorted(path.name for path in workspace.run_folder(ran.id).rglob("*")) == before


def test_the_step_is_told_its_last_attempt_or_the_one_asked_for(ran, capsys):
    replay(ran, "measure")
    replay(ran, "measure", attempt=3)
    assert capsys.readouterr().err.split()[-4:] == ["attempt", "1", "attempt", "3"]


def test_a_live_run_can_be_replayed(workspace):
    made = Local(workspace=workspace, executor="inline", display="none").run(study, workspace.root / "words.txt")
    assert replay(made, "measure").equal is True


def test_a_reused_step_can_be_replayed(ran, workspace):
    again = Local(workspace=workspace, executor="inline", display="none")
    made = again.run(study, workspace.root / "words.txt", scale=2.0)
    assert made.steps["measure"].state is State.REUSED and replay(made, "measure").equal is True


def test_an_unknown_step_is_corrected(ran):
    with pytest.raises(StepNotFound, match="did you mean 'measure'?"):
        replay(ran, "mesure")


def test_inputs_that_are_gone_are_named(ran, workspace):
    (workspace.run_folder(ran.id) / "inputs.json").unlink()
    with pytest.raises(RunError, match=r"'scale' was given to the run and not kept .*inputs\.json is gone"):
        replay(Run.get(ran.id, workspace), "measure")


def test_the_result_of_a_run_out_of_the_history_has_its_parameters(workspace):
    @pipeline
    def echo(n: float) -> tuple[float, float]:
        return both(n)[0], n

    made = Local(executor="inline", workspace=workspace, display="none").run(echo, 2.5)
    assert Run.get(made.id, workspace).result() == (2.5, 2.5)
