"""Run every Python block of the README and of the documentation, and look up every command they show.

The blocks of one page run as one script, with the page's own line numbers. ``<!-- no-run -->`` before a block leaves it
out; ``<!-- output -->`` before a ``text`` block says that the page prints those lines, in that order, where
``...`` stands for any text.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from attrs import frozen
from penstock.runtime.cli.program import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("README.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
LONGEST = 100
"""Seconds that one page may take."""

TAKES_PARAMETERS = ("run", "compile", "graph", "explain", "publish")
"""Commands whose further options are the parameters of a pipeline."""

_FENCE = re.compile(r"^```(\w*)\s*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!--\s*([\w-]+)\s*-->\s*\Z")
_COMMAND = re.compile(r"(?:\$ )?penstock\b(.*)")
_LINK = re.compile(r"\[[^\]]*\]\((?!\w+:)([^)#\s]*)(?:#[^)]*)?\)")
_ANCHOR = re.compile(r"\[[^\]]*\]\((?!\w+:)([^)#\s]*)#([^)]*)\)")

_RUNNER = """
import sys
if __name__ == "__main__":
    exec(compile(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1], "exec"))
"""
"""Runs a script as ``__main__`` that workers cannot import: they would run the page again."""


@frozen
class Block:
    """A fenced block: its language, its text, the mark before it, and how many lines of the page come before its text."""

    language: str
    text: str
    mark: str
    above: int


def blocks(page: str) -> Iterator[Block]:
    """Find the fenced blocks of a page."""
    for found in _FENCE.finditer(page):
        mark = _MARK.search(page[: found.start()])
        yield Block(found[1], found[2], mark[1] if mark else "", page[: found.start(2)].count("\n"))


def script(page: str) -> str:
    """Return a page's Python as one script, each line where it stands in the page."""
    lines = [""] * page.count("\n")
    for block in blocks(page):
        if block.language == "python" and block.mark != "no-run":
            code = block.text.splitlines()
            lines[block.above : block.above + len(code)] = code
    return "\n".join(lines) + "\n"


def outputs(page: str) -> list[str]:
    """Return the lines that a page says it prints, in order."""
    shown = [block.text.splitlines() for block in blocks(page) if block.mark == "output"]
    return [line for lines in shown for line in lines]


def run_script(name: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder of its own; whatever it started is gone when this returns."""
    (folder / "runner.py").write_text(_RUNNER, encoding="utf-8")
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "runner.py", f"{name}.py"]
    environment = {**os.environ, "PENSTOCK_WORKSPACE": str(folder)}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        printed, said = process.communicate(timeout=LONGEST)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, printed, said)


def missing(expected: list[str], printed: str) -> str | None:
    """Return the first line that was not printed after the ones before it; ``...`` stands for any text."""
    lines = iter(printed.splitlines())
    patterns = {line: re.compile(".*".join(map(re.escape, line.split("...")))) for line in expected}
    return next((line for line in expected if not any(map(patterns[line].fullmatch, lines))), None)


def commands(page: str) -> Iterator[tuple[str, list[str]]]:
    """Find the ``penstock`` commands in a page's shell blocks, with the options that follow."""
    for block in blocks(page):
        if block.language in ("sh", "shell", "bash", "console") and block.mark != "no-run":
            lines = block.text.splitlines()
            typed = [line for line in lines if line.startswith("$ ")] or lines  # with a prompt, the rest is output
            for line in typed:
                if found := _COMMAND.match(line):
                    words = found[1].split()
                    yield words[0] if words else "", [word for word in words if word.startswith("--")]


def options_of(name: str) -> set[str]:
    """Return the options of a command, and of the commands in it."""
    command = main.get_command(click.Context(main), name)
    every = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    return {"--help", *(option for one in every for parameter in one.params for option in parameter.opts)}


def title(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if script(page.read_text(encoding="utf-8")).strip()], ids=title
)
def test_the_python_of_a_page_runs_and_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    done = run_script(f"page_{page.stem.lower()}", script(text), tmp_path)
    assert done.returncode == 0, f"{title(page)} (line numbers are the page's own):\n{done.stderr[-4000:]}"
    assert missing(outputs(text), done.stdout) is None, f"{title(page)} prints:\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_the_commands_that_a_page_shows_exist(page: Path) -> None:
    for name, options in commands(page.read_text(encoding="utf-8")):
        assert name in COMMANDS, f"{title(page)} shows `penstock {name}`"
        assert name in TAKES_PARAMETERS or set(options) <= options_of(name)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = {target for target in _LINK.findall(page.read_text(encoding="utf-8")) if target}
    assert not {target for target in targets if not (page.parent / target).exists()}


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_the_anchors_that_a_page_links_to_are_headings(page: Path) -> None:
    for target, anchor in _ANCHOR.findall(page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        assert anchor in set(headings(linked.read_text(encoding="utf-8"))), f"{title(page)} links to {target}#{anchor}"


def headings(page: str) -> Iterator[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    for heading in re.findall(r"^#+ +(.+)$", page, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


PAGE = """Some words.

```python
print("first")
```

<!-- no-run -->
```python
print("never")
```

```sh
$ penstock runs --json
penstock 0.1.0
```

```python
raise ValueError("on line 18")
```
"""


def test_a_script_keeps_the_lines_of_its_page() -> None:
    lines = script(PAGE).splitlines()
    assert (lines[3], lines[8], lines[17]) == ('print("first")', "", 'raise ValueError("on line 18")')


def test_a_block_that_fails_fails_its_page(tmp_path: Path) -> None:
    done = run_script("page_failing", script(PAGE), tmp_path)
    assert (done.returncode, done.stdout) == (1, "first\n")
    assert 'page_failing.py", line 18' in done.stderr


def test_a_line_that_is_printed_too_early_is_missed() -> None:
    assert missing(["b", "a"], "a\nb\n") == "a"
    assert missing(["a", "b...d"], "a\nc\nbcd\n") is None


def test_a_command_is_found_with_its_options() -> None:
    assert list(commands(PAGE)) == [("runs", ["--json"])]
