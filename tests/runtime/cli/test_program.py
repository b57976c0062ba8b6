from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from penstock.runtime.cli import main
from penstock.runtime.cli.codes import MEANINGS
from penstock.runtime.cli.program import COMMANDS

Penstock = Callable[..., Result]


def test_the_help_lists_every_command_and_exit_code(penstock: Penstock) -> None:
    text = penstock("--help").stdout
    assert all(f"  {name} " in text and summary in text for name, summary in COMMANDS.items())
    assert all(f"  {code} " in text for code in MEANINGS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_that_begins_with_its_summary(penstock: Penstock, name: str) -> None:
    command = main.get_command(None, name)  # type: ignore[arg-type]  # it needs no context
    assert command is not None and f"{command.get_short_help_str(200).rstrip('.')}." == COMMANDS[name]
    assert penstock(name, "--help").exit_code == 0
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_every_command_has_a_section_in_the_manual() -> None:
    manual = Path(__file__).parents[3] / "docs" / "cli.md"
    text = manual.read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"\n## penstock {name}\n" in text
    for code, meaning in MEANINGS.items():
        assert f"| {code} | {meaning} |" in text


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_option_is_in_the_manual(name: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## penstock {name}\n")[2].partition("\n## ")[0]
    command = main.get_command(None, name)  # type: ignore[arg-type]  # it needs no context
    for option in command.params if command else ():
        assert getattr(option, "hidden", False) or option.opts[-1] in section or not option.opts[-1].startswith("-")


def test_a_misspelled_command_is_corrected(penstock: Penstock) -> None:
    result = penstock("shwo")
    assert result.exit_code == 2 and "did you mean 'show'?" in result.stderr


def test_a_forgotten_run_is_noticed(penstock: Penstock) -> None:
    assert "penstock run taxi.py:compare" in penstock("taxi.py:compare").stderr


def test_the_help_loads_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys; from penstock.runtime.cli import main; main(['--help'], standalone_mode=False);"
        "heavy = {'rich', 'joblib', 'numpy', 'networkx', 'penstock.runtime.cli.run', 'penstock.runtime.runners.local'};"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL)
    assert done.returncode == 0


def test_importing_penstock_loads_neither_click_nor_rich() -> None:
    code = "import sys, penstock; sys.exit('click' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_error_is_one_message_unless_the_traceback_is_asked_for(project: Path, penstock: Penstock) -> None:
    clean, full = penstock("show", "nothing"), penstock("show", "nothing", "--traceback")
    assert clean.exit_code == 4 and clean.stderr.startswith("Error: run 'nothing'")
    assert "Traceback" not in clean.stderr
    assert type(full.exception).__name__ == "RunNotFound"


def test_a_wrong_definition_ends_with_3(project: Path, penstock: Penstock) -> None:
    project.write_text("from penstock import pipeline\n@pipeline\ndef empty(): return None\n")
    result = penstock("compile", f"{project.name}:empty")
    assert result.exit_code == 3 and "calls no step" in result.stderr


def test_a_reader_that_stops_early_is_no_error(ran: Path) -> None:
    code = "from penstock.runtime.cli import main; main()"
    command = [sys.executable, "-c", code, "show", "last"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ})
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()
