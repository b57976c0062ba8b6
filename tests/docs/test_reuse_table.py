"""Our row of the table in the README: what reruns after which edit."""

import json
import shutil
import subprocess
import sys

import pytest

PROJECT = {
    "flow.py": """
from pathlib import Path
from penstock import pipeline, step
from library import far

CONST = 100

def near(x):
    return x + 1

@step
def work(x: int) -> int:
    '''Work.'''
    with Path("executed").open("a") as log:
        log.write("x")
    return near(x) + far(x) + CONST

@pipeline
def flow(x: int = 1) -> int:
    return work(x)
""",
    "library.py": "def far(x):\n    return x * 2\n",
}

RUN = "import json; from flow import flow; from penstock import Local; print(json.dumps(Local(display='none', executor='inline').run(flow).result()))"

EDITS = {
    "no edit": ("flow.py", "", "", "reused", 104),
    "comment": ("flow.py", "CONST = 100", "# the constant\nCONST = 100  # here", "reused", 104),
    "layout": (
        "flow.py",
        "return near(x) + far(x) + CONST",
        "return (\n        near( x ) +\n        far(x) + CONST)",
        "reused",
        104,
    ),
    "docstring": ("flow.py", "Work.", "Do some other work.", "reused", 104),
    "body": ("flow.py", "return near(x) + far(x) + CONST", "return near(x) + far(x) - CONST", "reruns", -96),
    "helper, same file": ("flow.py", "return x + 1", "return x + 2", "reruns", 105),
    "helper, imported": ("library.py", "x * 2", "x * 3", "reruns", 105),
    "constant": ("flow.py", "CONST = 100", "CONST = 200", "reruns", 204),
}


def run(folder):
    """Run the project in a new process; return the value and how often the step was executed so far."""
    done = subprocess.run([sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), len((folder / "executed").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that has run once."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        (folder / name).write_text(text)
    assert run(folder) == (104, 1)
    return folder


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_reruns_what_the_readme_says(tmp_path, project, edit):
    folder = shutil.copytree(project, tmp_path / "elsewhere")
    file, old, new, verdict, value = EDITS[edit]
    path = folder / file
    path.write_text(path.read_text().replace(old, new))
    assert run(folder) == (value, 1 if verdict == "reused" else 2)
