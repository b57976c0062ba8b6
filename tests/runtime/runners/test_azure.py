"""Runs on Azure, through the emulator and Azurite: sent, run, followed, reused, failed, cancelled, found again."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from penstock import AzureML, Local, RunCancelled, RunFailed, UnsupportedByTarget, Workspace
from penstock.compilers.errors import CompileError
from penstock.runtime.azure.client import Patience
from penstock.runtime.azure.jobs import get_job, list_jobs
from penstock.runtime.azure.emulator import Emulator, Fault
from penstock.runtime.cli import main
from penstock.runtime.errors import RunError, RunNotFound
from penstock.runtime.events import StepStarted
from penstock.runtime.runners.azure_records import kept
from penstock.runtime.runs import Run
from penstock.runtime.states import State

spec = importlib.util.spec_from_file_location("azure_project", Path(__file__).parent / "azure_project.py")
azure_project = importlib.util.module_from_spec(spec)
spec.loader.exec_module(azure_project)

SPECIFICATION = Path(__file__).parents[4] / "shared/azure/specs/azureml/2024-04-01/azureml-workspace.oas3-strict.json"
WEIGHTS = "linear: [[2, 4], [2, 4]] on [3, 4]"


@pytest.fixture(scope="module")
def emulator(azurite):
    """A workspace of Azure on this machine, which checks requests against the specification where that is there."""
    with Emulator(storage=azurite, specification=SPECIFICATION if SPECIFICATION.exists() else None) as emulator:
        yield emulator
        assert emulator.plane.violations == []


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project's folder, from which its modules are imported."""
    azure_project.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    forget()


def forget():
    for name in ("steps", "scaling"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def steps(folder=None, **changed):
    """Import the project anew, with some files changed."""
    if changed:
        azure_project.write(folder, **changed)
    forget()
    return importlib.import_module("steps")


@pytest.fixture
def azure(emulator, tmp_path):
    """The workspace, with a cluster."""

    def azure(**how):
        made = AzureML(
            **emulator.config,
            url=emulator.url,
            default_compute="cpu-cluster",
            workspace=tmp_path,
            interval=0.05,
            display="none",
            **how,
        )
        made.compute.get_or_create("cpu-cluster", vm_size="Standard_DS3_v2")
        return made

    return azure


def states(run):
    return {step.id: step.state.value for step in run.steps.values()}


@pytest.fixture
def done(azure, project):
    """One run of the project that has completed."""
    return azure().run(steps().compare, project / "taxi.csv", share=0.5)


def test_a_pipeline_runs_there_and_its_results_are_read_here(done, project):
    found = done.result()
    assert (found["report"] / "models.txt").read_text() == WEIGHTS
    assert found["first"]["weights"] == [2, 4]
    assert done.steps["split"].outputs["output_1"] == [3, 4]
    assert Run.get(done.id, Workspace.open(project)).steps["split"].outputs["output_1"] == [3, 4]


def test_regenerating_runs_everything_again_and_the_history_here_remembers_it(azure, project):
    run = azure(regenerate_outputs=True).run(steps().compare, project / "taxi.csv")
    for seen in (run, Run.get(run.id, Workspace.open(project))):
        assert (seen.status, set(states(seen).values())) == (State.COMPLETED, {"completed"})
        assert seen.metrics == {"train": {"size": 2.0}, "train-2": {"size": 2.0}}
        assert seen.steps["train"].files["note"].read_text() == "of linear"
        assert (seen.steps["train"].logs, seen.steps["train-2"].logs) == ("training linear\n", "training it's\n")
        assert seen.record.tags["azureml.job"] == f"penstock-{run.id}"


def test_what_is_unchanged_is_reused_a_comment_counts_for_nothing_and_a_helper_for_those_that_reach_it(
    done, azure, project
):
    again = azure().run(steps(project, **{"scaling.py": "FACTOR = 2\ndef scaled(xs):\n    # other words\n    return [FACTOR * x for x in xs]\n"}).compare, project / "taxi.csv")  # fmt: skip
    assert states(again) == dict.fromkeys(done.steps, "reused")
    assert again.steps["load"].reused_from
    edited = azure().run(steps(project, **{"scaling.py": "FACTOR = 3\ndef scaled(xs):\n    return [FACTOR * x for x in xs]\n"}).compare, project / "taxi.csv")  # fmt: skip
    assert states(edited) == {
        "load": "reused",
        "split": "reused",
        "train": "completed",
        "train-2": "completed",
        "report": "completed",
    }
    assert edited.result()["first"]["weights"] == [3, 6]


def test_what_depends_on_values_is_one_step_there_and_reused_as_one(azure, project):
    first, again = (azure().run(steps().measured, project / "taxi.csv") for _ in range(2))
    assert first.result() == again.result() == [4, 4]
    assert set(states(again).values()) == {"reused"}


def test_some_steps_run_here_and_some_there(azure, project, emulator):
    local = Local(workspace=project, jobs=1, display="none", remote=azure())
    run = local.run(steps().mixed, project / "taxi.csv")
    assert run.result() == "made: [20, 40, 60, 80]"
    assert (run.steps["there"].logs, run.metrics) == ("there True\n", {"there": {"size": 4.0}})
    assert [job.name for job in list_jobs(azure().connection) if run.id in job.name]
    assert set(states(local.run(steps().mixed, project / "taxi.csv")).values()) == {"reused"}


def test_cancelling_a_run_here_stops_the_job_there(azure, project):
    begun = threading.Event()
    away = azure()
    run = Local(workspace=project, jobs=1, display="none", remote=away).submit(steps().mixed_endless)
    while not (
        jobs := [job for job in list_jobs(away.connection) if run.id in job.name and job.state is State.RUNNING]
    ):
        begun.wait(0.05)
    run.cancel("enough")
    with pytest.raises(RunCancelled):
        run.result()
    while not get_job(away.connection, jobs[0].name).state.ended:
        begun.wait(0.05)
    assert get_job(away.connection, jobs[0].name).state is State.CANCELLED


def test_a_failure_there_is_one_of_the_run_here(azure, project):
    with pytest.raises(RunFailed) as caught:
        Local(workspace=project, jobs=1, display="none", remote=azure()).run(
            steps().mixed_failing, project / "taxi.csv"
        )
    assert isinstance(caught.value.__cause__, KeyError)


def test_what_there_refuses_fails_the_step(azure, project):
    away = azure()
    away.compute["cpu-cluster"].delete()
    with pytest.raises(RunFailed, match="there is no compute"):
        Local(workspace=project, jobs=1, display="none", remote=away).run(steps().mixed, project / "taxi.csv")


def test_a_failed_step_raises_the_users_exception_and_the_rest_is_skipped(azure, project):
    with pytest.raises(RunFailed) as caught:
        azure().run(steps().failing, project / "taxi.csv")
    run, failure = caught.value.run, caught.value.failures["broken"]
    assert isinstance(caught.value.__cause__, ValueError)
    assert failure.headline == "step 'broken' failed: ValueError: cannot use [1, 2, 3, 4]"
    assert 'steps.py", line' in failure.frames and "in helper" in failure.frames
    assert (states(run)["broken"], states(run)["after_broken"]) == ("failed", "skipped")
    assert "penstock-failure" not in run.steps["broken"].logs and "ValueError: cannot use" in run.steps["broken"].logs


def test_a_run_is_cancelled_while_it_goes_on(azure, project):
    begun = threading.Event()
    listener = lambda event: begun.set() if isinstance(event, StepStarted) else None
    run = azure(listeners=[listener]).submit(steps().endless)
    assert begun.wait(60)
    run.cancel("enough")
    with pytest.raises(RunCancelled):
        run.result()
    assert set(states(run).values()) == {"cancelled"}
    assert run.record.problem == "enough"


def test_another_process_finds_a_run_again(done, azure, project, emulator):
    program = f"""
from penstock import AzureML
azure = AzureML(**{dict(emulator.config)!r}, url={emulator.url!r}, workspace={str(project)!r}, display="none", interval=0.05)
run = azure.get({done.id!r}).wait()
print(run.status, run.result()["first"]["weights"], len(run.steps))
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=project)
    assert printed.stdout == "completed [2, 4] 5\n", printed.stderr


def test_only_runs_that_were_submitted_are_found_again(azure, project):
    with pytest.raises(RunNotFound):
        azure().get("20200101-000000-none")


def test_a_dropped_connection_and_a_busy_service_change_nothing(azure, project, emulator):
    workspace = azure()
    workspace.connection.client.patience = Patience(first=0.001)
    emulator.inject(*(Fault(kind, at) for kind, at in (("429", 3), ("drop", 9), ("500", 17), ("drop-after", 24))))
    try:
        run = workspace.run(steps().compare, project / "taxi.csv")
    finally:
        emulator.inject()
    assert run.status is State.COMPLETED


def test_a_job_has_a_link_for_people_and_a_name_of_the_run(done, project):
    submitted = kept(project / ".penstock" / "runs" / done.id)
    assert submitted.job == f"penstock-{done.id}"
    assert submitted.nodes["train_2"] == "train-2"


def test_a_program_of_one_file_runs_there_and_is_reused_after_a_comment(azure, project, emulator):
    program = f"""
from penstock import AzureML, pipeline, step

@step
def double(x: int) -> int:
    return 2 * x  # COMMENT

@pipeline
def quadruple(x: int = 3):
    return double(double(x))

azure = AzureML(**{dict(emulator.config)!r}, url={emulator.url!r}, default_compute="serverless", workspace={str(project)!r}, display="none", interval=0.05)
"""
    program = program.replace('default_compute="serverless"', 'default_compute="cpu-cluster"')
    azure()
    printed = []
    for comment in ("one", "another\n"):
        file = project / "program.py"
        file.write_text(
            program.replace("COMMENT", comment)
            + "run = azure.run(quadruple, 4)\nprint(run.result(), *(s.state.value for s in run.steps.values()))\n"
        )
        done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=60, cwd=project)
        printed.append(done.stdout or done.stderr)
    assert printed == ["16 completed completed\n", "16 reused reused\n"]


@pytest.fixture
def command(emulator, project, monkeypatch):
    """A way to call the command line in a project whose config.json names the workspace."""
    (project / "config.json").write_text(json.dumps(dict(emulator.config)))
    monkeypatch.setenv("PENSTOCK_AZURE_URL", emulator.url)
    monkeypatch.setenv("PENSTOCK_WORKSPACE", str(project))
    monkeypatch.setattr(sys, "path", list(sys.path))
    forget()
    return lambda *arguments: CliRunner().invoke(main, ["run", "steps.py:compare", "--source", "taxi.csv", *arguments])


def test_the_command_line_runs_there(command, azure):
    azure()
    ran = command("--on", "azureml", "--compute", "cpu-cluster", "--json")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["state"] == "completed"


@pytest.mark.parametrize(("arguments", "problem"), [
    (["--on", "azureml", "--jobs", "2"], "--jobs is for runs on this machine"),
    (["--on", "azureml", "--from", "train"], "--from is for runs on this machine"),
    (["--on", "azureml", "--regenerate", "train"], "--regenerate is for runs on this machine"),
    (["--compute", "gpu"], "it goes with --on azureml"),
])  # fmt: skip
def test_options_that_do_not_go_together_are_told(command, arguments, problem):
    ran = command(*arguments)
    assert (ran.exit_code, problem in ran.stderr) == (2, True), ran.stderr


@pytest.mark.parametrize(("how", "kind", "problem"), [
    ({"default_compute": None}, UnsupportedByTarget, "neither a compute target nor a size of machines"),
    ({"experiment": "a/b"}, CompileError, "is no name for an experiment"),
])  # fmt: skip
def test_what_cannot_be_submitted_is_told_before_anything_is_sent(how, kind, problem, emulator, project):
    azure = AzureML(
        **emulator.config,
        url=emulator.url,
        workspace=project,
        display="none",
        **{"default_compute": "cpu-cluster", **how},
    )
    with pytest.raises(kind, match=problem):
        azure.submit(steps().compare, project / "taxi.csv")


def test_a_missing_file_is_named(azure, project):
    with pytest.raises(CompileError, match="nowhere.csv is an input of 'compare', and does not exist"):
        azure().submit(steps().compare, project / "nowhere.csv")


def test_a_file_that_says_which_job_it_was_may_be_broken(tmp_path):
    (tmp_path / "azure.json").write_text(json.dumps({"schema": 1, "job": "x"}))
    with pytest.raises(RunError, match="does not say which job it was"):
        kept(tmp_path)
