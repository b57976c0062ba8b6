from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from penstock.runtime.cli import compile, graph, publish, run
from penstock.runtime.cli.parameters import RESERVED, Target, option_name

Penstock = Callable[..., Result]


def target(project: Path) -> Target:
    return Target.find(f"{project}:compare")


def test_the_help_of_a_pipeline_lists_its_parameters(project: Path, penstock: Penstock) -> None:
    text = penstock("run", f"{project.name}:compare", "--help").stdout
    assert "Train a model of each kind and keep the best." in text
    assert "--source PATH             Path; required" in text
    assert "--dry-run / --no-dry-run  bool; default: False" in text
    assert "--mode [fast|slow]" in text and "--colour [RED|BLUE]       Colour; default: RED" in text


def test_options_become_values_of_the_right_type(project: Path, penstock: Penstock) -> None:
    given = target(project).values(
        {"source": "numbers.txt", "lr": "1", "kinds": ("a", "b"), "dry_run": True, "colour": "blue"}, ()
    )
    assert given["source"] == Path("numbers.txt") and given["kinds"] == ["a", "b"]
    assert type(given["lr"]) is float and given["dry_run"] is True
    assert given["colour"].name == "BLUE"  # type: ignore[attr-defined]  # a member of the project's own Enum


def test_what_was_not_typed_is_not_given(project: Path) -> None:
    assert target(project).values({"lr": None, "kinds": ()}, ()) == {}


def test_any_parameter_can_be_given_by_its_exact_name(project: Path) -> None:
    given = target(project).values({}, ("jobs=7", "dry_run=true", 'kinds=["a"]', "limits={}"))
    assert given == {"jobs": 7, "dry_run": True, "kinds": ["a"], "limits": {}}


def test_a_parameter_that_is_called_like_an_option_gets_a_prefix(project: Path, penstock: Penstock) -> None:
    assert option_name("jobs") == "--param-jobs"
    assert option_name("test_size") == "--test-size"
    assert "--param-jobs INTEGER" in penstock("run", f"{project.name}:compare", "--help").stdout


def test_two_parameters_never_share_an_option(project: Path) -> None:
    project.write_text("from penstock import step\n@step\ndef a(x: bool, no_x: int) -> int: return 1\n")
    assert [option.opts + option.secondary_opts for option in Target.find(f"{project}:a").options()] == [
        ["--x", "--no-x"],
        ["--param-no-x"],
    ]


@pytest.mark.parametrize("command", [run.command, compile.command, graph.command, publish.command])
def test_every_option_of_a_command_is_reserved(command: click.Command) -> None:
    own = {
        name[2:]
        for option in command.params
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--")
    }
    assert own <= RESERVED


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--lr", "fast"], "Invalid value for --lr: 'fast' is not a number"),
        (["--mode", "warp"], "'warp' is none of fast, slow"),
        (["--limits", '{"a": "b"}'], "Invalid value for --limits: expected dict[str, int] | None"),
        (["--param", "nothing=1"], "expected NAME=VALUE with a parameter of compare: source, lr"),
        (["--sorce", "x"], "Did you mean"),
        ([], "compare needs a value for: --source PATH"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_runs(
    project: Path, penstock: Penstock, words: list[str], problem: str
) -> None:
    result = penstock("run", f"{project.name}:compare", *words)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert not (project.parent / ".penstock").exists()


def test_a_parameter_before_the_pipeline_is_explained(project: Path, penstock: Penstock) -> None:
    result = penstock("run", "--lr", "1", f"{project.name}:compare")
    assert result.exit_code == 2 and "--lr comes too early: name the pipeline first" in result.stderr


def test_a_static_parameter_shapes_the_graph(project: Path, penstock: Penstock) -> None:
    result = penstock("compile", f"{project.name}:compare", "--kinds", "a", "--kinds", "b", "--kinds", "c")
    assert [node["id"] for node in json.loads(result.stdout)["nodes"]] == [
        "load",
        "train",
        "train-2",
        "train-3",
        "best",
    ]
