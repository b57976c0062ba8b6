from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Penstock = Callable[..., Result]


@pytest.fixture
def run(project: Path, penstock: Penstock) -> Callable[..., Result]:
    """Run the project's pipeline in this process."""

    def call(*words: object, name: str = "compare") -> Result:
        return penstock("run", f"{project.name}:{name}", "--source", "numbers.txt", "--executor", "inline", *words)

    return call


def test_a_run_that_completes_prints_its_result_and_ends_with_0(run: Callable[..., Result]) -> None:
    result = run("--lr", "0.5")
    assert (result.exit_code, result.stdout) == (0, "loading numbers.txt\nresult  3.0\n")
    assert "compare completed in" in result.stderr


def test_a_run_that_fails_shows_the_users_frames_and_ends_with_1(run: Callable[..., Result]) -> None:
    result = run("--kinds", "broken")
    assert result.exit_code == 1
    assert "ValueError: no broken here" in result.stderr and "best  skipped" in result.stderr
    assert "penstock/runtime" not in result.stderr


def test_json_is_the_only_thing_on_standard_output(run: Callable[..., Result]) -> None:
    document = json.loads(
        run("--json", "--display", "none", name="single").stdout.removeprefix("loading numbers.txt\n")
    )
    assert (document["state"], document["pipeline"]) == ("completed", "single")
    assert document["steps"][0]["outputs"]["output"]["type"] == "list"


def test_quiet_prints_nothing_but_failures(run: Callable[..., Result]) -> None:
    assert run("--quiet").stderr == ""
    assert "train failed: ValueError: no broken here" in run("--quiet", "--kinds", "broken").stderr


def test_experiment_and_tags_are_recorded(run: Callable[..., Result], penstock: Penstock) -> None:
    run("--experiment", "fares", "--tag", "owner=ada", "--tag", "size=small", "-q")
    document = json.loads(penstock("show", "last", "--json").stdout)
    assert (document["experiment"], document["tags"]) == ("fares", {"owner": "ada", "size": "small"})


def test_a_tag_without_value_is_refused(run: Callable[..., Result]) -> None:
    result = run("--tag", "owner")
    assert result.exit_code == 2 and "expected NAME=VALUE" in result.stderr


def test_continue_on_failure_runs_what_can_run(run: Callable[..., Result], penstock: Penstock) -> None:
    run("--continue-on-failure", "--kinds", "broken", "--kinds", "linear", "-q")
    steps = json.loads(penstock("show", "last", "--json").stdout)["steps"]
    assert [step["state"] for step in steps] == ["completed", "failed", "completed", "skipped"]


def test_a_step_can_be_run_alone(run: Callable[..., Result]) -> None:
    assert run(name="load").exit_code == 0


@pytest.mark.timeout(60)
def test_workers_find_the_file_that_was_named(project: Path, penstock: Penstock) -> None:
    result = penstock("run", f"{project}:compare", "--source", "numbers.txt", "--jobs", "1")
    assert result.exit_code == 0
    assert "loading" not in result.stdout


def test_a_picture_of_the_run_can_be_kept(run: Callable[..., Result], project: Path) -> None:
    run("--picture", "run.svg", "-q")
    assert (project.parent / "run.svg").read_text().startswith("<svg")


def test_a_part_of_the_pipeline_is_run_without_the_parameters_of_the_rest(project: Path, penstock: Penstock) -> None:
    words = ("--executor", "inline", "--display", "none", "--source", "numbers.txt")
    assert "result  [1.0, 2.0, 3.0]\n" in penstock("run", f"{project.name}:compare", "--until", "load", *words).stdout
    steps = penstock("run", f"{project.name}:compare", "--only", "train", "--json", *words).stdout
    assert [step["state"] for step in json.loads(steps)["steps"]] == ["reused", "completed"]
    again = penstock("run", f"{project.name}:compare", "--from", "train", "--json", *words).stdout
    assert [step["state"] for step in json.loads(again)["steps"]] == ["reused", "completed", "completed"]


def test_an_input_that_was_never_computed_is_told(run: Callable[..., Result]) -> None:
    result = run("--only", "best")
    assert result.exit_code == 1 and "needs what 'load' returns" in result.stderr and "--until best" in result.stderr


def test_parts_that_contradict_each_other_or_are_not_there_are_refused(run: Callable[..., Result]) -> None:
    assert run("--only", "best", "--until", "train").exit_code == 2
    unknown = run("--until", "trian")
    assert unknown.exit_code == 4 and "did you mean 'train'?" in unknown.stderr
