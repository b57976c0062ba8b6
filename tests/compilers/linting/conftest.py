"""Check steps that tests write out."""

from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.linting import Finding, check_subjects, chosen_rules
from penstock.compilers.lowering import compile_pipeline
from penstock.runtime.runners.checking import subjects_of

HEADER = """
from __future__ import annotations
from pathlib import Path
from typing import Any
from penstock import pipeline, step, current_step, log_metric
"""

_numbers = itertools.count(1)

Check = Callable[..., list[Finding]]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Write modules into a project and import them; the first is named anew each time."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)

    def write(code: str, name: str = "", header: str = HEADER) -> ModuleType:
        name = name or f"flow_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(header + textwrap.dedent(code), encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield write
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def check(module: Callable[..., ModuleType]) -> Check:
    """Return what is found in ``work``, a step or a pipeline of a module that is written out."""

    def call(code: str, *select: str, **options: Any) -> list[Finding]:
        work = module(code).work
        if options:
            work = work.options(**options)
        rules = chosen_rules(select)
        return list(check_subjects(tuple(subjects_of(compile_pipeline(work))), Fingerprinter(), rules))

    return call


@pytest.fixture
def rules(check: Check) -> Callable[..., list[str]]:
    """Return the names of the rules that find something in the lines of a step, after some lines at the module's top."""

    def call(lines: str, top: str = "", given: str = "", **options: Any) -> list[str]:
        body = textwrap.indent(textwrap.dedent(lines).strip(), "    ")
        code = f"{textwrap.dedent(top)}\n@step\ndef work({given}) -> Any:\n{body}\n"
        return [finding.rule for finding in check(code, **options)]

    return call
