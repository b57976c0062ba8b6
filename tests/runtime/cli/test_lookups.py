from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Penstock = Callable[..., Result]


def test_runs_are_listed_the_newest_first(ran: Path, penstock: Penstock) -> None:
    lines = penstock("runs").stdout.splitlines()
    assert lines[0].split() == ["RUN", "PIPELINE", "EXPERIMENT", "STATE", "STARTED", "DURATION", "STEPS"]
    assert [line.split()[3] for line in lines[1:]] == ["failed", "completed"]
    assert lines[2].endswith("3 completed")


def test_runs_can_be_chosen_and_counted(ran: Path, penstock: Penstock) -> None:
    assert len(json.loads(penstock("runs", "--state", "failed", "--json").stdout)) == 1
    assert len(json.loads(penstock("runs", "-n", "1", "--json").stdout)) == 1
    assert penstock("runs", "--pipeline", "other").stderr == "no such run\n"


def test_before_the_first_run_the_way_to_it_is_told(project: Path, penstock: Penstock) -> None:
    result = penstock("runs")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "penstock run FILE.py:NAME" in result.stderr
    assert not (project.parent / ".penstock").exists()


def test_show_tells_everything_about_a_run(ran: Path, penstock: Penstock) -> None:
    text = penstock("show", "last").stdout
    for words in ("pipeline    compare", "numbers.txt", "ValueError: no broken here", "best", "loss"):
        assert words in text, words
    assert "logs" in penstock("show", "last~1").stdout  # in the last run no step said anything


def test_show_finds_a_run_by_its_last_characters(ran: Path, penstock: Penstock) -> None:
    run = json.loads(penstock("runs", "--json").stdout)[1]["id"]
    assert json.loads(penstock("show", run[-4:], "--json").stdout)["id"] == run
    assert json.loads(penstock("show", "last~1", "--json").stdout)["id"] == run


def test_logs_are_printed_with_the_steps_as_headings(ran: Path, penstock: Penstock) -> None:
    assert penstock("logs", "last~1").stdout == "==> load <==\nloading numbers.txt\n"


def test_the_log_of_one_step_is_printed_as_it_is(ran: Path, penstock: Penstock) -> None:
    assert penstock("logs", "last~1", "load").stdout == "loading numbers.txt\n"
    assert "no log of step best" in penstock("logs", "last~1", "best").stderr


def test_following_a_run_that_has_ended_ends(ran: Path, penstock: Penstock) -> None:
    assert penstock("logs", "last~1", "load", "-f").stdout == "loading numbers.txt\n"


def test_a_step_that_is_not_there_is_corrected(ran: Path, penstock: Penstock) -> None:
    result = penstock("logs", "last", "trian")
    assert result.exit_code == 4 and "did you mean 'train'?" in result.stderr


def test_metrics_are_summed_up(ran: Path, penstock: Penstock) -> None:
    assert penstock("metrics", "last~1").stdout.splitlines()[1].split() == ["train", "loss", "0.25", "0.25", "0.5", "2"]


def test_metrics_are_written_as_csv_and_json(ran: Path, penstock: Penstock) -> None:
    rows = list(csv.DictReader(io.StringIO(penstock("metrics", "last~1", "--csv").stdout)))
    assert [(row["step"], row["name"], row["index"], row["value"]) for row in rows] == [
        ("train", "loss", "1", "0.5"),
        ("train", "loss", "2", "0.25"),
    ]
    assert [point["value"] for point in json.loads(penstock("metrics", "last~1", "--json").stdout)] == [0.5, 0.25]


def test_a_step_without_metrics_says_so(ran: Path, penstock: Penstock) -> None:
    assert "step load logged no metrics" in penstock("metrics", "last~1", "--step", "load").stderr


@pytest.mark.parametrize("command", ["show", "logs", "metrics", "graph"])
def test_an_unknown_run_ends_with_4(project: Path, penstock: Penstock, command: str) -> None:
    result = penstock(command, "nothing")
    assert result.exit_code == 4 and result.stdout == ""


def test_the_graph_of_a_run_is_drawn(ran: Path, penstock: Penstock) -> None:
    text = penstock("graph", "last").stdout
    assert "train-2(table=load, kind='broken', lr=$lr)" in text


def test_the_graph_of_a_pipeline_is_drawn_or_written_as_mermaid(project: Path, penstock: Penstock) -> None:
    assert "best(scores=[train])" in penstock("graph", f"{project.name}:compare").stdout
    assert penstock("graph", f"{project.name}:compare", "--mermaid").stdout.startswith("flowchart")
    assert max(map(len, penstock("graph", f"{project.name}:compare", "--width", "30").stdout.splitlines())) == 30
