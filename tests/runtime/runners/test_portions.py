"""A part of a pipeline runs: up to a step, one alone, or from one on."""

from __future__ import annotations

import pytest
from penstock import Local, MissingInput, Run, RunError, State, pipeline, step
from penstock.runtime.errors import StepNotFound
from penstock.runtime.explanations import FIRST


@step
def load(source: str) -> list[int]:
    return [len(source), 2, 3]


@step(allow_reuse=False)
def check(numbers: list[int]) -> int:
    return len(numbers)


@step
def fit(numbers: list[int], power: int) -> int:
    return sum(number**power for number in numbers)


@step
def best(scores: list[int]) -> int:
    return max(scores)


@pipeline
def prepare(source: str) -> list[int]:
    return load(source)


@pipeline
def study(source: str, power: int = 1) -> int:
    numbers = prepare(source)
    checked = check(numbers)
    return best([fit.after(checked)(numbers, power), fit(numbers, 3)])


@pytest.fixture
def run(tmp_path):
    """Run a part of the pipeline inline in a workspace of its own."""

    def go(*args: object, **how: object) -> Run:
        return Local(workspace=tmp_path, executor="inline", display="none", **how).run(study, *args)  # type: ignore[arg-type]

    return go


def states(made: Run) -> dict[str, State]:
    return {step: record.state for step, record in made.steps.items()}


C, R = State.COMPLETED, State.REUSED


def test_until_runs_a_step_and_what_it_needs_and_gives_its_result(run):
    made = run("abc", until="fit-2")
    assert states(made) == {"prepare/load": C, "fit-2": C}
    assert made.result() == 27 + 8 + 27


def test_a_name_that_calls_share_means_all_of_them(run):
    made = run("abc", until="fit")
    assert states(made) == {"prepare/load": C, "check": C, "fit": C, "fit-2": C}
    assert made.result() == {"fit": 8, "fit-2": 62}


def test_a_nested_pipeline_is_chosen_by_its_name(run):
    assert states(run("abc", until="prepare")) == {"prepare/load": C}


def test_what_ran_in_part_is_reused_by_the_whole(run):
    run("abc", until="fit-2")
    assert states(run("abc")) == {"prepare/load": R, "check": C, "fit": C, "fit-2": R, "best": C}


def test_parameters_that_the_part_does_not_use_are_not_asked_for(tmp_path):
    @pipeline
    def two(source: str, power: int) -> int:
        return fit(load(source), power)

    how = {"workspace": tmp_path, "executor": "inline", "display": "none"}
    assert Local(**how, until="load").run(two, "abc").result() == [3, 2, 3]
    with pytest.raises(MissingInput, match="power"):
        Local(**how, until="fit").run(two, "abc")


def test_only_runs_a_step_on_what_is_there(run):
    run("abc", until="load")
    made = run("abc", only="fit-2")
    assert states(made) == {"prepare/load": R, "fit-2": C} and made.result() == 62


def test_only_leaves_out_what_must_merely_come_before(run):
    run("abc", until="load")
    assert "check" not in run("abc", only="fit").steps


def test_only_says_which_input_was_never_computed(run):
    with pytest.raises(RunError, match=f"it needs what 'prepare/load' returns.*{FIRST}.*--until fit-2"):
        run("abc", only="fit-2")
    with pytest.raises(RunError, match="needs what 'fit' returns"):
        run("abc", until="load")
        run("abc", only="best")


def test_a_part_is_told_of_in_the_tags(run):
    assert run("abc", until="fit-2").record.tags == {"part": "until fit-2"}
    assert run("abc", only="load", tags={"who": "ada"}).record.tags == {"part": "only load", "who": "ada"}


def test_from_a_step_on_everything_runs_again_and_what_comes_before_is_reused(run):
    run("abc")
    made = run("abc", regenerate_from="fit-2")
    assert states(made) == {"prepare/load": R, "check": C, "fit": R, "fit-2": C, "best": C}


def test_from_and_until_go_together(run):
    run("abc")
    assert states(run("abc", regenerate_from="load", until="fit-2")) == {"prepare/load": C, "fit-2": C}


def test_a_submitted_part_runs_too(tmp_path):
    made = Local(workspace=tmp_path, executor="inline", display="none", until="load").submit(study, "abc")
    assert made.result() == [3, 2, 3]


@pytest.mark.parametrize("how", ["until", "only", "regenerate_from"])
def test_an_unknown_step_is_corrected(run, how):
    with pytest.raises(StepNotFound, match="pipeline 'study' has no step 'bset'; did you mean 'best'?"):
        run("abc", **{how: "bset"})


def test_settings_that_contradict_each_other_or_are_no_names_are_refused():
    with pytest.raises(RunError, match="only='fit'"):
        Local(only="fit", until="best")
    with pytest.raises(RunError, match="expected the name of a step"):
        Local(until=[3])  # type: ignore[list-item]
