"""Describe a project before and after an edit, and fingerprint both in fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

Files = Mapping[str, str]
RUNNER = Path(__file__).with_name("fingerprint_projects.py")


@frozen
class Pair:
    """A project before and after an edit, and whether its step has to run again."""

    name: str
    must_rerun: bool
    before: Files = field(repr=False)
    after: Files = field(repr=False)
    options: Mapping[str, Any] = field(factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{'rerun' if self.must_rerun else 'reuse'}: {self.name}"


Edit = tuple[str, str, str] | tuple[str, str] | Files


def project(main: str, **modules: str) -> dict[str, str]:
    """Write a project of ``main.py`` and other modules; ``a__b`` is ``a/b.py``."""
    files = {f"{name.replace('__', '/')}.py": text for name, text in modules.items()}
    return {name: textwrap.dedent(text) for name, text in {"main.py": main, **files}.items()}


STEP = "from penstock import step\n"


def step_with(definitions: str, body: str = "return f(rows)", **modules: str) -> dict[str, str]:
    """Write a project of one step after some definitions."""
    indented = body.replace("\n", "\n    ")
    return project(f"{STEP}{definitions}\n\n@step\ndef train(rows):\n    {indented}\n", **modules)


def rerun(name: str, before: Files, *edits: Edit, **options: Any) -> Pair:
    """After these edits the step has to run again."""
    return Pair(name, True, before, edited(before, edits), options)


def reuse(name: str, before: Files, *edits: Edit, **options: Any) -> Pair:
    """After these edits the old result still holds."""
    return Pair(name, False, before, edited(before, edits), options)


def edited(files: Files, edits: Iterable[Edit]) -> dict[str, str]:
    """Apply edits: ``(old, new)`` in main.py, ``(file, old, new)``, or whole files by name (None deletes)."""
    result = dict(files)
    for edit in edits:
        if isinstance(edit, Mapping):
            result.update({name: textwrap.dedent(text) for name, text in edit.items()})
            continue
        file, old, new = edit if len(edit) == 3 else ("main.py", *edit)
        assert old in result[file], f"{old!r} is not in {file}"
        result[file] = result[file].replace(old, new)
    return {name: text for name, text in result.items() if text != "DELETED"}


def fingerprint_all(pairs: Sequence[Pair], folder: Path) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Fingerprint both sides of all pairs, each side in a process of its own with a hash seed and a place of its own."""
    before = _run([pair.before for pair in pairs], pairs, folder / "one" / "checkout", "1")
    after = _run([pair.after for pair in pairs], pairs, folder / "another", "4321")
    return {str(pair): (was, now) for pair, was, now in zip(pairs, before, after, strict=True)}


def _run(sides: Sequence[Files], pairs: Sequence[Pair], folder: Path, seed: str) -> list[dict[str, Any]]:
    jobs = []
    for number, (files, pair) in enumerate(zip(sides, pairs, strict=True)):
        place = folder / f"p{number}"
        write(place, {"pyproject.toml": "", **files})
        jobs.append({"folder": str(place), **pair.options})
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(RUNNER)]
    done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def write(folder: Path, files: Files) -> None:
    """Write files into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def check(pair: Pair, results: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Assert that the fingerprints of a pair differ exactly if they have to."""
    before, after = results[str(pair)]
    assert "error" not in before, before["error"]
    assert "error" not in after, after["error"]
    changed = before["digest"] != after["digest"] or not after["reusable"]
    assert changed == pair.must_rerun, f"{before}\n{after}"
