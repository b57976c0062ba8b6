"""``penstock check``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Penstock = Callable[..., Result]

UNSTABLE = """

import random


def noise():
    return random.random()


@step
def draw(source: str) -> float:
    return len(open(source).read()) * noise()


@pipeline
def unstable(source: str) -> float:
    return draw(source)
"""


@pytest.fixture
def unstable(project: Path) -> Path:
    """A project with a step that is unstable in two ways."""
    project.write_text(project.read_text() + UNSTABLE)
    return project


def test_a_sound_pipeline_ends_with_0_and_says_so(project: Path, penstock: Penstock) -> None:
    result = penstock("check", f"{project.name}:compare")
    assert (result.exit_code, result.stdout) == (0, "nothing found, 3 steps checked\n")


def test_findings_end_with_1_and_show_the_line_and_the_way_there(unstable: Path, penstock: Penstock) -> None:
    result = penstock("check", f"{unstable.name}:unstable")
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert lines[0] == unstable.name
    assert "| return random.random()" in lines and "|        ^^^^^^^^^^^^^^^" in lines
    assert "reached by draw -> noise" in lines
    assert lines[-1] == "2 findings in 1 file, 1 step checked: 1 unseeded-random, 1 text-path"


def test_a_place_can_be_clicked_on(unstable: Path, penstock: Penstock) -> None:
    line = unstable.read_text().splitlines().index("    return random.random()") + 1
    assert (
        f"{unstable.name}:{line}:12  PS101 unseeded-random  draw\n"
        in penstock("check", f"{unstable.name}:unstable").stdout
    )


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        (["--select", "text-path"], ["text-path"]),
        (["--select", "PS1,PS3"], ["unseeded-random"]),
        (["--ignore", "PS203"], ["unseeded-random"]),
        (["--ignore", "text-path", "--ignore", "unseeded-random"], []),
    ],
)
def test_rules_are_selected_and_ignored(unstable: Path, penstock: Penstock, words: list[str], rules: list[str]) -> None:
    result = penstock("check", f"{unstable.name}:unstable", "--json", *words)
    assert [finding["rule"] for finding in json.loads(result.stdout)] == rules
    assert result.exit_code == bool(rules)


def test_json_tells_everything(unstable: Path, penstock: Penstock) -> None:
    found = json.loads(penstock("check", f"{unstable.name}:unstable", "--json").stdout)[0]
    assert (found["code"], found["steps"], found["chain"]) == ("PS101", ["draw"], ["draw", "noise"])
    assert Path(found["file"]) == unstable and found["text"] == "    return random.random()"
    assert set(found) == {"file", "line", "column", "code", "rule", "message", "hint", "steps", "chain", "text"}


def test_a_rule_that_is_not_there_is_wrong_usage(project: Path, penstock: Penstock) -> None:
    result = penstock("check", f"{project.name}:compare", "--ignore", "text-pth")
    assert result.exit_code == 2 and "did you mean 'text-path'?" in result.stderr


def test_a_pipeline_that_is_not_there_is_not_found(project: Path, penstock: Penstock) -> None:
    assert penstock("check", f"{project.name}:compere").exit_code == 4


def test_the_rules_are_listed(penstock: Penstock) -> None:
    result = penstock("check", "--rules")
    assert result.exit_code == 0 and "PS202  undeclared-file" in result.stdout


def test_a_check_makes_no_workspace(project: Path, penstock: Penstock) -> None:
    penstock("check", f"{project.name}:compare")
    assert not (project.parent / ".penstock").exists()


def test_a_step_alone_can_be_checked(unstable: Path, penstock: Penstock) -> None:
    assert "1 step checked" in penstock("check", f"{unstable.name}:draw").stdout


def test_a_comment_in_the_line_silences(unstable: Path, penstock: Penstock) -> None:
    text = unstable.read_text().replace("random.random()", "random.random()  # penstock: ignore[unseeded-random]")
    unstable.write_text(text)
    assert "unseeded-random" not in penstock("check", f"{unstable.name}:unstable").stdout
