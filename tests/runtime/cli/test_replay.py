"""A step of a run is run again from the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Done = Callable[..., "subprocess.CompletedProcess[str]"]
Penstock = Callable[..., Result]

FLOW = """
from penstock import log_metric, pipeline, step

FACTOR = 2


def scale(value):
    return value * FACTOR


@step
def load(n: int) -> list[int]:
    print("loading", n)
    return [n, n + 1]


@step
def fit(numbers: list[int], limit: int) -> int:
    total = scale(sum(numbers))
    if total > limit:
        raise ValueError(f"{total} is too much")
    return total


@step
def tell(total: int) -> int:
    return total


@pipeline
def study(n: int = 1, limit: int = 100) -> int:
    return tell(fit(load(n), limit))
"""


@pytest.fixture
def flow(project: Path) -> Path:
    """The file of a pipeline."""
    path = project.parent / "flow.py"
    path.write_text(FLOW)
    return path


@pytest.fixture
def failed(flow: Path, penstock: Penstock) -> Path:
    """The file of a pipeline of which one run failed."""
    assert penstock("run", "flow.py:study", "--limit", "3", "--executor", "inline", "-q").exit_code == 1
    return flow


@pytest.fixture
def completed(flow: Path, penstock: Penstock) -> Path:
    """The file of a pipeline of which one run completed."""
    assert penstock("run", "flow.py:study", "--executor", "inline", "-q").exit_code == 0
    return flow


def test_a_failure_ends_with_the_command_that_replays_it(failed, penstock):
    shown = penstock("show", "last").stdout
    command = shown.partition("run it again: ")[2].splitlines()[0]
    assert command.startswith("penstock replay ") and command.endswith(" fit --pdb")
    assert "with numbers = [1, 2]" in shown and "limit = 3" in shown


def test_a_step_fails_again_with_the_users_frames_only(failed, penstock):
    found = penstock("replay", "last", "fit")
    assert found.exit_code == 1 and "which failed: ValueError: 6 is too much" in found.stderr
    assert 'flow.py", line 21, in fit' in found.stderr and "/runtime/" not in found.stderr
    assert "with numbers = [1, 2]\n       limit = 3" in found.stderr


def test_the_debugger_stops_where_it_broke(failed, done):
    found = done("replay", "last", "fit", "--pdb", typed="p total\nwhere\nq\n")
    assert found.returncode == 1 and "(Pdb) 6\n" in found.stdout
    assert "/runtime/" not in found.stdout


def test_the_debugger_stops_at_the_first_line(completed, done):
    found = done("replay", "last", "fit", "--break", typed="p limit\nwhere\nnext\np total\nc\n")
    assert found.returncode == 0 and "(Pdb) 100\n" in found.stdout and "(Pdb) 6\n" in found.stdout
    assert "/runtime/" not in found.stdout and "the same as in the run" in found.stderr


def test_leaving_the_debugger_ends_the_step(completed, done):
    found = done("replay", "last", "fit", "--break", typed="q\n")
    assert found.returncode == 130 and "stopped before its end" in found.stderr


def test_a_result_that_is_the_same_is_said_so_and_output_is_shown(completed, penstock):
    found = penstock("replay", "last", "load")
    assert (found.exit_code, found.stdout) == (0, "loading 1\n")
    assert "load returned in" in found.stderr and "the same as in the run" in found.stderr


def test_todays_code_runs_and_what_changed_is_named_with_its_lines(completed, done):
    completed.write_text(FLOW.replace("value * FACTOR", "value * FACTOR + 1"))
    said = done("replay", "last", "fit").stderr
    assert "changed since: flow.scale (flow.py:7) changed, reached by fit -> scale" in said
    assert "-    return value * FACTOR\n" in said and "+    return value * FACTOR + 1\n" in said
    assert "not the same as in the run" in said and "output = 7  was 6" in said


def test_what_changed_since_a_failure_is_named_too(failed, done):
    failed.write_text(FLOW.replace("value * FACTOR", "value"))
    assert "changed since: flow.scale" in done("replay", "last", "fit").stderr


def test_a_script_is_replayed_with_todays_code(flow, done):
    flow.write_text(
        FLOW + "\nif __name__ == '__main__':\n    from penstock import Local\n    Local(executor='inline').run(study)"
    )
    subprocess.run([sys.executable, "flow.py"], check=True, cwd=flow.parent, capture_output=True)
    flow.write_text(flow.read_text().replace("FACTOR = 2", "FACTOR = 3"))
    said = done("replay", "last", "fit").stderr
    assert "constant flow.FACTOR 2 -> 3" in said and "output = 9  was 6" in said


def test_a_script_that_cannot_be_imported_is_replayed_as_it_was(flow, done):
    flow.write_text(FLOW + "\nfrom penstock import Local\nLocal(executor='inline').run(study)")
    subprocess.run([sys.executable, "flow.py"], check=True, cwd=flow.parent, capture_output=True)
    flow.write_text(flow.read_text().replace("FACTOR = 2", "FACTOR = 3"))
    said = done("replay", "last", "fit").stderr
    assert "its code is what it was then: fit travelled with the run" in said and "the same as in the run" in said


def test_a_run_from_elsewhere_finds_its_modules(completed, done, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert done("replay", "last", "fit", "--workspace", tmp_path, cwd=tmp_path / "elsewhere").returncode == 0


def test_an_attempt_is_a_number_from_1(completed, penstock):
    assert penstock("replay", "last", "fit", "--attempt", "0").exit_code == 2


@pytest.mark.parametrize(("words", "code", "said"), [
    (("nothing", "fit"), 4, "no run has that id"),
    (("last", "ift"), 4, "did you mean 'fit'?"),
    (("last", "tell"), 1, "its input 'total' is what 'fit' returns, and that failed"),
])  # fmt: skip
def test_what_cannot_be_replayed_is_told(failed, penstock, words, code, said):
    found = penstock("replay", *words)
    assert found.exit_code == code and said in found.stderr and "Traceback" not in found.stderr
