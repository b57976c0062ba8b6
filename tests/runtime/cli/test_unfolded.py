"""What a pipeline unfolded to while it ran, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Penstock = Callable[..., Result]

FLOW = """
from penstock import each, pipeline, step, when


@step
def numbers(n: int) -> dict[str, int]:
    return {f"number {item}": item for item in range(n)}


@step
def check(x: int) -> int:
    print("checking", x)
    if x == 3:
        raise ValueError("three")
    return x


@step
def report(many: dict[str, int]) -> int:
    return len(many)


@pipeline
def study(n: int = 3) -> int:
    checked = check(each(numbers(n)))
    return when(report(checked) > 2, lambda: report(checked), otherwise=lambda: report.options(name="few")(checked))
"""


@pytest.fixture
def ran(project: Path, penstock: Penstock) -> str:
    """The target of a pipeline of which one run completed, and one of 30 items failed in one of them."""
    file = project.with_name(f"flow_of_{project.stem}.py")
    file.write_text(FLOW)
    target = f"{file.name}:study"
    assert penstock("run", target, "--executor", "inline", "-q").exit_code == 0
    assert penstock("run", target, "--n", "30", "--executor", "inline", "-q").exit_code == 1
    return target


def column(text: str) -> list[str]:
    """Return the first words of the table of steps."""
    lines = text.partition("\nSTEP ")[2].partition("\n\n")[0].splitlines()[1:]
    return [line.partition("  ")[0] for line in lines]


def test_show_lists_what_few_steps_unfolded_to(ran, penstock):
    assert column(penstock("show", "last~1").stdout) == [
        "numbers", "check", "check[0] 'number 0'", "check[1] 'number 1'", "check[2] 'number 2'", "report", "when",
        "when/report", "when/few",
    ]  # fmt: skip


def test_show_lists_of_many_only_those_that_failed(ran, penstock):
    text = penstock("show", "last").stdout
    assert column(text) == ["numbers", "check", "check[3] 'number 3'", "report", "when"]
    assert "1 of 30 items failed: [3] 'number 3'" in text
    assert len(json.loads(penstock("show", "last", "--json").stdout)["steps"]) == 34


def test_a_document_says_what_a_step_was_unfolded_from(ran, penstock):
    steps = json.loads(penstock("show", "last~1", "--json").stdout)["steps"]
    assert [(step["parent"], step["place"]) for step in steps[:3]] == [(None, None), (None, None), ("check", 0)]


def test_an_item_has_a_log_and_is_replayed(ran, penstock):
    assert penstock("logs", "last", "check[3]").stdout == "checking 3\n"
    assert "check[1] returned" in penstock("replay", "last~1", "check[1]").stderr
    assert penstock("replay", "last", "check[3]").exit_code == 1


def test_what_has_no_code_of_its_own_says_what_has(ran, penstock):
    told = penstock("replay", "last~1", "check").stderr
    assert "'check' has no code of its own to run again; what it unfolded to has: check[0], check[1], check[2]" in told


def test_explain_goes_into_what_is_known(ran, penstock):
    lines = penstock("explain", ran).stdout.splitlines()
    assert any(line.startswith("check[2] 'number 2'  reused") for line in lines)


def test_runs_are_compared_item_by_item(ran, penstock):
    lines = penstock("compare", "last~1", "last").stdout.splitlines()
    assert any(line.startswith("check[4] 'number 4'") for line in lines)
    assert any(line.startswith("when/report") for line in lines)


def test_a_part_that_unfolds_runs_alone(ran, penstock):
    result = penstock("run", ran, "--only", "when", "--executor", "inline")
    assert result.exit_code == 0 and "result  3" in result.stdout
