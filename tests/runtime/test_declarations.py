"""What a project and its steps declare counts in runs: files, folders with ignore files, and calls that do not count."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FLOW = """
import json
from penstock import Local, pipeline, step

@step(hash_paths=["data"])
def count(x: int) -> int:
    print("counting")
    return x

@pipeline
def work() -> int:
    return count(1)

if __name__ == "__main__":
    run = Local(display="none", executor="inline").run(work)
    print(json.dumps([run.steps["count"].state, run.steps["count"].reason]))
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("1")
    (tmp_path / "data/.gitignore").write_text("*.tmp\n")
    return tmp_path


def ran(project: Path) -> list[str]:
    done = subprocess.run([sys.executable, "flow.py"], cwd=project, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_a_file_in_a_declared_folder_counts_and_is_named(project):
    first = ran(project)[0]
    (project / "data/a.csv").write_text("2")
    assert (first, ran(project)) == ("completed", ["completed", "file data changed: a.csv changed"])


def test_a_file_that_the_folder_ignores_does_not_count(project):
    ran(project)
    (project / "data/b.tmp").write_text("2")
    assert ran(project) == ["reused", ""]


@pytest.mark.parametrize(("settings", "state"), [('ignore_calls = ["print"]', "reused"), ("", "completed")])
def test_a_call_that_the_project_ignores_may_change(project, settings, state):
    (project / "penstock.toml").write_text(settings)
    ran(project)
    (project / "flow.py").write_text(FLOW.replace('print("counting")', 'print("still counting")'))
    assert ran(project)[0] == state


def test_wrong_settings_are_told_by_key(project):
    (project / "penstock.toml").write_text("ignore_calls = [1]")
    done = subprocess.run([sys.executable, "flow.py"], cwd=project, capture_output=True, text=True, check=False)
    assert "ignore_calls must be a list of texts, got [1]" in done.stderr
