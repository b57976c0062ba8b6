"""What a run warns of: globals that steps change, files that they read undeclared, resources that are not here."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from penstock import Local, Resources, RunError, pipeline, step
from penstock.runtime.auditing import AuditWarning
from penstock.runtime.reuse import ReuseWarning
from penstock.runtime.runners.execution import ResourcesWarning


@step
def give() -> int:
    return 1


@step(resources=Resources(gpus=99))
def fit() -> int:
    return 1


@pipeline
def giving() -> int:
    return give()


@pipeline
def fitting() -> int:
    return fit()


def warned(how: Local, work: object, *args: object) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        how.run(work, *args)
    kinds = (ReuseWarning, AuditWarning, ResourcesWarning)
    return [str(warning.message) for warning in caught if isinstance(warning.message, kinds)]


@pytest.fixture
def inline(tmp_path):
    return lambda **changes: Local(workspace=tmp_path / "w", executor="inline", display="none", **changes)


@pytest.fixture(autouse=True)
def workspace_folder(tmp_path):
    (tmp_path / "w").mkdir()


PROGRAM = """
from pathlib import Path
from penstock import Local, pipeline, step

SEEN = []

@step
def remember(x: int) -> int:
    SEEN.append(x)
    return len(SEEN)

@step
def read(name: str) -> str:
    return Path(name).read_text()

@pipeline
def remembering() -> int:
    return remember(3)

@pipeline
def reading() -> str:
    return read("taxi.csv")
"""
"""A project of its own: what lies in Penstock's own folder, as these tests do, is not taken for the user's."""


def told_by(folder: Path, how: str, work: str) -> str:
    (folder / "flow.py").write_text(PROGRAM)
    (folder / "taxi.csv").write_text("a,b")
    code = f"from flow import *; Local(display='none', {how}).run({work})"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True).stderr


def test_a_global_that_a_step_changes_is_named(tmp_path):
    told = told_by(tmp_path, "executor='inline'", "remembering")
    assert "a global changed while the run went on: flow.SEEN (flow.py:5) [] -> [3]" in told


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_file_that_is_read_undeclared_is_named_where_it_is_asked_for(tmp_path, executor):
    told = told_by(tmp_path, f"executor={executor!r}, audit=True", "reading")
    assert "AuditWarning: step 'read'" in told and "read taxi.csv, which is not an input" in told


def test_nobody_watches_files_unasked(tmp_path):
    assert told_by(tmp_path, "executor='inline'", "reading") == ""


def test_resources_that_are_not_here_are_told_once(inline):
    (told,) = warned(inline(), fitting)
    assert told.startswith("step 'fit' asks for gpus=99, and ") and told.endswith("it gets what there is")


def test_resources_that_are_not_here_may_be_refused(inline):
    with pytest.raises(RunError, match="step 'fit' asks for gpus=99"):
        inline(strict_resources=True).run(fitting)


def test_who_wants_to_know_is_told_of_the_end_of_a_run(inline):
    ended = []
    inline(on_end=ended.append).run(giving)
    assert [run.state for run in ended] == ["completed"]


def test_a_notification_that_fails_is_told_and_changes_nothing(inline):
    with pytest.warns(RuntimeWarning, match="on_end=.* failed: ZeroDivisionError"):
        inline(on_end=lambda run: 1 / 0).run(giving)
