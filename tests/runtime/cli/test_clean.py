"""``penstock clean`` says what it frees, asks before it forgets runs, and obeys."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from penstock.runtime.cli import main
from penstock.runtime.store import LocalStore

Penstock = Callable[..., Result]


@pytest.fixture
def runs(project: Path, penstock: Penstock) -> Callable[[], list[str]]:
    """Two completed runs that share nothing, and the ids of those that are in the history."""
    for number in (1, 2):
        (project.parent / "numbers.txt").write_text(" ".join(str(number * place) for place in range(2000)))
        done = penstock("run", f"{project.name}:single", "--source", "numbers.txt", "--executor", "inline", "-q")
        assert done.exit_code == 0
    return lambda: [run["id"] for run in json.loads(penstock("runs", "--json").stdout)]


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call the command line as if somebody typed the answers."""

    def call(*words: str, answers: str) -> Result:
        monkeypatch.setattr(
            "click.testing._NamedTextIOWrapper.isatty", lambda self: self.name == "<stdin>", raising=False
        )
        return CliRunner().invoke(main, list(words), input=answers, prog_name="penstock")

    return call


def test_without_a_policy_nothing_is_forgotten(runs: Callable[[], list[str]], penstock: Penstock) -> None:
    before = runs()
    result = penstock("clean", "--grace", "0s")
    assert (result.exit_code, result.stdout, runs()) == (0, "nothing to clean\n", before)


def test_the_last_line_says_what_was_freed(runs: Callable[[], list[str]], penstock: Penstock) -> None:
    newest, oldest = runs()
    result = penstock("clean", "--keep-runs", "1", "--grace", "0s")
    assert (result.exit_code, runs()) == (0, [newest])
    line = result.stdout.splitlines()[-1]
    assert line.startswith("freed ")
    assert "KiB: 1 run, 1 artifact, 1 run folder" in line


def test_a_dry_run_names_the_runs_and_the_largest_artifacts(runs: Callable[[], list[str]], penstock: Penstock) -> None:
    before = runs()
    text = penstock("clean", "--keep-runs", "1", "--grace", "0s", "--dry-run").stdout
    assert f"would forget 1 run: {before[1]}" in text
    assert "largest artifacts" in text and f"{before[1]} load" in text
    assert text.splitlines()[-1].startswith("would free ")
    assert runs() == before


def test_older_than_takes_a_span_of_time(runs: Callable[[], list[str]], penstock: Penstock) -> None:
    assert penstock("clean", "--older-than", "30d").stdout == "nothing to clean\n"
    time.sleep(0.02)
    assert penstock("clean", "--older-than", "0.01s", "--yes").exit_code == 0
    assert runs() == []


@pytest.mark.parametrize("span", ["30", "d", "-1d", "1y", "soon", ""])
def test_what_is_no_span_of_time_is_refused_with_examples(project: Path, penstock: Penstock, span: str) -> None:
    result = penstock("clean", f"--older-than={span}")
    assert (result.exit_code, "such as 90s, 45m, 12h, 30d or 2w" in result.stderr) == (2, True)


def test_one_json_document_tells_everything(runs: Callable[[], list[str]], penstock: Penstock) -> None:
    _, oldest = runs()
    document = json.loads(penstock("clean", "--keep-runs", "1", "--grace", "0s", "--json").stdout)
    assert (document["runs"], document["dry_run"], document["problems"]) == ([oldest], False, [])
    assert document["artifacts"]["count"] == len(document["largest"]) == 1
    assert document["freed"] > document["artifacts"]["size"] == document["largest"][0]["size"] > 4096


def test_what_is_spared_is_told_with_the_way_to_it(runs: Callable[[], list[str]], penstock: Penstock) -> None:
    result = penstock("clean", "--keep-runs", "1")
    assert "1 artifact (" in result.stderr and "(--grace)" in result.stderr
    assert "1 run, 1 run folder" in result.stdout


def test_on_a_terminal_it_asks_before_runs_are_forgotten(runs: Callable[[], list[str]], at_terminal: Penstock) -> None:
    newest, oldest = runs()
    refused = at_terminal("clean", "--keep-runs", "1", "--grace", "0s", answers="n\n")
    assert (refused.exit_code, runs()) == (130, [newest, oldest])
    assert f"forget 1 run: {oldest}" in refused.stderr and "nothing was removed" in refused.stderr
    allowed = at_terminal("clean", "--keep-runs", "1", "--grace", "0s", answers="y\n")
    assert (allowed.exit_code, runs()) == (0, [newest])


def test_it_does_not_ask_where_no_run_is_forgotten_or_yes_was_said(
    runs: Callable[[], list[str]], at_terminal: Penstock
) -> None:
    assert at_terminal("clean", "--keep-runs", "5", answers="").exit_code == 0
    assert at_terminal("clean", "--keep-runs", "1", "--yes", answers="").exit_code == 0
    assert len(runs()) == 1


def test_an_empty_history_is_an_error_and_removes_nothing(
    runs: Callable[[], list[str]], penstock: Penstock, project: Path
) -> None:
    (project.parent / "penstock.toml").write_text('history = "other.db"\n')
    result = penstock("clean", "--grace", "0s")
    assert (result.exit_code, "knows no run" in result.stderr, "Traceback" in result.stderr) == (1, True, False)
    assert len(list(LocalStore(project.parent / ".penstock" / "store").digests())) == 2


def test_what_cannot_be_removed_is_an_error_after_the_rest(
    runs: Callable[[], list[str]], penstock: Penstock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.runtime.cleaning.remove", lambda path: os.stat(path / "absent"))
    result = penstock("clean", "--keep-runs", "1", "--grace", "0s")
    assert (result.exit_code, len(runs())) == (1, 1)
    assert "cannot be removed: No such file or directory" in result.stderr and "freed" in result.stdout
