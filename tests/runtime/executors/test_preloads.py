"""Libraries that a worker imports while it waits, and what a step sees of that: nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from penstock.compilers.graph import FunctionRef, NodeOptions
from penstock.runtime.executors.local import LocalExecutor
from penstock.runtime.executors.preloads import ask, asked
from penstock.runtime.store import LocalStore, decode
from penstock.runtime.tasks import Outcome, Task

STEPS = """
import signal, sys
import lib

def count(): return lib.COUNT
def loaded(): return "lib" in sys.modules
def hang(): signal.pause()
"""

LIBRARY = """
import os
from pathlib import Path
here = Path(__file__).parent
with open(here / "times", "a") as times: times.write(f"{{os.getpid()}} ")
COUNT = len((here / "times").read_text().split())
if (here / "held").exists(): (here / "held").read_text()  # until somebody lets go
{does}
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes have names")


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExecutor]:
    """An executor of one slot whose workers find the module ``steps``."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "steps_of_mine.py").write_text(STEPS)
    made = LocalExecutor(1, lambda event: None)
    yield made
    made.close()


@pytest.fixture
def library(tmp_path: Path) -> Callable[[str], None]:
    """Write the library, whose import does something."""
    return lambda does: (tmp_path / "lib.py").write_text(LIBRARY.format(does=does)) and None


def task(folder: Path, name: str, module: str = "steps_of_mine", timeout: float | None = None) -> Task:
    place, options = str(folder), NodeOptions(timeout=timeout)
    function = FunctionRef(module, name)
    return Task("r", name, name, function, {}, ("output",), place, f"{place}/store", f"{place}/run", options=options)


def while_it_imports(executor: LocalExecutor, folder: Path, *tasks: Task) -> list[Outcome]:
    """Return how tasks end of which the first is sent while the waiting worker is at the library's import."""
    os.mkfifo(folder / "held")
    executor.warm(1, ["lib"])
    with (folder / "held").open("w"):  # which waits until somebody reads
        (folder / "held").unlink()
        first = executor.submit(tasks[0])
    return [first.result(30), *(executor.submit(task).result(30) for task in tasks[1:])]


def value(outcome: Outcome, folder: Path) -> object:
    return decode(outcome.outputs["output"], LocalStore(folder / "store"))  # type: ignore[union-attr]


def log(folder: Path, step: str) -> str:
    path = folder / "run" / "logs" / f"{step}.log"
    return path.read_text() if path.exists() else ""


def test_a_task_finds_what_its_worker_has_imported_while_it_waited(executor, library, tmp_path):
    library("")
    (outcome,) = while_it_imports(executor, tmp_path, task(tmp_path, "count"))
    assert value(outcome, tmp_path) == 1
    assert (tmp_path / "times").read_text() == f"{outcome.pid} "


SAYS = {
    "print": "print('said')",
    "warning": "import warnings; warnings.warn('said')",
    "log": "import logging; logging.getLogger('lib').info('said')",
    "native": "os.write(2, b'said')",
    "child": "os.system('echo said')",
}


@pytest.mark.parametrize("does", SAYS.values(), ids=SAYS)
def test_what_an_import_says_is_in_the_log_of_the_first_step_that_needs_it_and_in_no_other(
    executor, library, tmp_path, does
):
    library(does)
    outcome, _ = while_it_imports(executor, tmp_path, task(tmp_path, "count"), task(tmp_path, "loaded"))
    assert value(outcome, tmp_path) == 2  # it was imported anew
    assert [log(tmp_path, step).count("said") > 0 for step in ("count", "loaded")] == [True, False]


@pytest.mark.parametrize("does", ["raise ValueError('no')", "raise SystemExit(3)", "import not_there", "exec('1 +')"])
def test_an_import_that_fails_is_the_steps_failure_as_without(executor, library, tmp_path, does):
    library(does)
    (outcome,) = while_it_imports(executor, tmp_path, task(tmp_path, "count"))
    again = LocalExecutor(1, lambda event: None)
    told = again.submit(task(tmp_path, "count")).result(30)
    again.close()
    assert (outcome.failure.kind, outcome.failure.message) == (told.failure.kind, told.failure.message)


def test_an_import_that_ends_the_process_hits_the_step_that_needs_it(executor, library, tmp_path):
    library("os._exit(3)")
    outcome, other = while_it_imports(executor, tmp_path, task(tmp_path, "count"), task(tmp_path, "getpid", "os"))
    assert "EXIT(3)" in outcome.failure.message and other.pid


def test_a_time_out_holds_in_the_worker_that_takes_over(executor, library, tmp_path):
    library("print('said')")
    (outcome,) = while_it_imports(executor, tmp_path, task(tmp_path, "hang", timeout=5.0))
    assert outcome.failure.kind == "StepTimedOut" and log(tmp_path, "hang")


def test_a_worker_that_has_had_a_task_imports_nothing_beforehand(executor, library, tmp_path):
    library("")
    before = executor.submit(task(tmp_path, "getpid", "os")).result(30)
    executor.warm(1, ["lib"])
    assert executor.submit(task(tmp_path, "getpid", "os")).result(30).pid == before.pid
    assert not (tmp_path / "times").exists()


def test_a_worker_that_was_started_with_other_variables_imports_nothing_beforehand(
    executor, library, tmp_path, monkeypatch
):
    library("")
    executor.warm(1)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    executor.warm(1, ["lib"])
    assert executor.submit(task(tmp_path, "getpid", "os")).result(30).pid and not (tmp_path / "times").exists()


def test_what_is_asked_for_is_read_and_a_task_is_not_taken_for_it():
    assert asked(ask(["numpy", "sklearn.svm"])) == ["numpy", "sklearn.svm"]
    assert asked(b"step\nt...") == []
