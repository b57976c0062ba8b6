"""Two runs are compared from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Penstock = Callable[..., Result]


def parts(text: str) -> dict[str, list[list[str]]]:
    """Return the words of each part's lines, by its heading."""
    found: dict[str, list[list[str]]] = {}
    for part in text.split("\n\n")[1:]:
        heading, *lines = part.splitlines()
        found[heading] = [line.split() for line in lines]
    return found


def test_only_what_differs_is_shown(ran: Path, penstock: Penstock) -> None:
    found = penstock("compare")
    shown = parts(found.stdout)
    assert found.exit_code == 0 and set(shown) == {"run", "parameters", "metrics", "steps"}
    assert shown["parameters"][1:] == [["kinds", "['linear']", "['linear',", "'broken']"]]
    assert shown["run"][1:] == [["state", "completed", "failed"]]


def test_the_columns_are_named_by_the_runs(ran: Path, penstock: Penstock) -> None:
    after, before = (run["id"][-4:] for run in json.loads(penstock("runs", "--json").stdout))
    assert parts(penstock("compare", before, after).stdout)["run"][0] == ["FACT", before, after]
    assert parts(penstock("compare", after, before).stdout)["run"][0] == ["FACT", after, before]


def test_all_shows_what_is_the_same_too(ran: Path, penstock: Penstock) -> None:
    shown = parts(penstock("compare", "--all").stdout)
    assert ["train", "loss", "0.25", "0.25"] in shown["metrics"]
    assert ["lr", "0.1", "0.1"] in shown["parameters"] and len(shown["packages"]) > 10


def test_a_metric_is_shown_with_difference_and_percentage(project: Path, penstock: Penstock) -> None:
    for value in ("0.25", "0.5"):
        project.write_text(project.read_text().replace('log_metric("loss", 0.25, 2)', 'log_metric("loss", lr, 2)'))
        penstock(
            "run", f"{project.name}:compare", "--source", "numbers.txt", "--lr", value, "--executor", "inline", "-q"
        )
    assert parts(penstock("compare").stdout)["metrics"][1] == ["train", "loss", "0.25", "0.5", "+0.25", "+100.0"]


def test_a_run_compared_with_itself_has_no_differences(ran: Path, penstock: Penstock) -> None:
    shown = penstock("compare", "last", "last").stdout
    assert shown.endswith("no difference in parameters, code, packages, metrics and results\n")


def test_json_lists_everything(ran: Path, penstock: Penstock) -> None:
    document = json.loads(penstock("compare", "--json").stdout)
    assert document["differs"] and document["before"]["state"] == "completed"
    assert {"name": "lr", "before": "0.1", "after": "0.1", "differs": False} in document["parameters"]
    assert [step["step"] for step in document["steps"]] == ["load", "train", "train-2", "best"]


@pytest.mark.parametrize("words", [("nothing", "last"), ("last", "last~9")])
def test_an_unknown_run_ends_with_4(ran: Path, penstock: Penstock, words: tuple[str, ...]) -> None:
    assert penstock("compare", *words).exit_code == 4


def test_changed_code_is_shown_with_its_lines(project: Path, done: Callable[..., object], penstock: Penstock) -> None:
    run = ("run", f"{project.name}:compare", "--source", "numbers.txt", "--executor", "inline", "-q")
    penstock(*run)
    project.write_text(project.read_text().replace("sum(table) * lr", "sum(table) / lr"))
    done(*run)
    shown = penstock("compare").stdout
    assert f"{project.stem}.train ({project.name}:" in shown and "changed, reached by train\n" in shown
    assert "-    return sum(table) * lr\n" in shown and "+    return sum(table) / lr\n" in shown


def test_explain_and_show_have_the_lines_too(project: Path, done: Callable[..., object], penstock: Penstock) -> None:
    run = (f"{project.name}:compare", "--source", "numbers.txt")
    penstock("run", *run, "--executor", "inline", "-q")
    project.write_text(project.read_text().replace("sum(table) * lr", "sum(table) / lr"))
    ahead = done("explain", *run).stdout  # type: ignore[attr-defined]
    done("run", *run, "--executor", "inline", "-q")
    for shown in (ahead, penstock("explain", "last").stdout, penstock("show", "last").stdout):
        assert "-    return sum(table) * lr\n" in shown and "+    return sum(table) / lr\n" in shown
    assert json.loads(penstock("explain", "last", "--json").stdout)[1]["changes"][0]["diff"]
