"""Run whole projects in processes of their own, and look after each test whether anything is left of them.

After each test there is no process of the project, no run that says it is running, no artifact that is not whole, and
no temporary file. A test that breaks something on purpose mends it, or says so (``history_is_broken``).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from penstock import Workspace
from penstock.runtime.store import LocalStore

PROGRAMS = Path(__file__).parent / "programs"
CLI = "from penstock.runtime.cli import main; main()"
MARK = "PENSTOCK_TEST_PROJECT"
"""The variable by which every process of a project is known, whoever its parent is by now."""

PATIENCE = 20.0
"""Seconds to wait for what must happen soon."""

_open: list[Project] = []


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def _hears_hang_ups() -> None:
    """Undo what `nohup` says: the tests may have been started with it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Running:
    """A command of a project that is going on."""

    def __init__(self, project: Project, command: list[str], env: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=project.folder,
            env={**os.environ, **project.variables, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_hears_hang_ups,  # noqa: PLW1509 -- no other thread starts processes here
        )
        project.commands.append(self)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)

    def end(self) -> Ended:
        out, err = self.process.communicate(timeout=40)
        return Ended(self.process.returncode, out, err)


class Project:
    """A folder with files of steps, which is its own workspace."""

    def __init__(self, folder: Path, temporary: Path) -> None:
        self.folder = folder
        self.temporary = temporary
        self.variables = {
            "PENSTOCK_WORKSPACE": str(folder),
            "TMPDIR": str(temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "200",
            MARK: str(folder),
        }
        self.history_is_broken = False
        self.commands: list[Running] = []
        folder.mkdir(parents=True, exist_ok=True)
        for program in PROGRAMS.glob("*.py"):
            shutil.copy(program, folder)

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(self.folder)

    @property
    def store(self) -> LocalStore:
        return LocalStore(self.workspace.store_location)

    def start(self, *words: object, **env: str) -> Running:
        """Start a ``penstock`` command."""
        return Running(self, ["-c", CLI, *map(str, words)], env)

    def penstock(self, *words: object, **env: str) -> Ended:
        """Run a ``penstock`` command to its end."""
        return self.start(*words, **env).end()

    def start_script(self, text: str, **env: str) -> Running:
        """Start a script of the project."""
        file = self.folder / "script.py"
        file.write_text(text)
        return Running(self, [str(file)], env)

    def script(self, text: str, **env: str) -> Ended:
        """Run a script of the project to its end."""
        return self.start_script(text, **env).end()

    def wait_for(self, name: str) -> str:
        """Wait until a step has written a file of the project, and return what it wrote."""
        return until(lambda: (self.folder / name).exists() and (self.folder / name).read_text())

    def processes(self) -> list[psutil.Process]:
        """Return all processes of the project that live."""
        return [process for process in psutil.process_iter() if _mark_of(process) == str(self.folder)]

    def leftovers(self) -> Iterator[str]:
        """Yield what must not be there when nothing runs any more."""
        if not waited(lambda: not self.processes()):
            yield from (f"process {process.pid}: {process.cmdline()}" for process in self.processes())
        if not self.history_is_broken:
            yield from self._unended()
        yield from self._half_stored()
        yield from map(str, self._temporary_files())

    def _unended(self) -> Iterator[str]:
        history = self.workspace.history
        for run in history.runs(limit=10_000):
            yield from () if run.state.ended and run.ended else [f"run {run.id} is {run.state}"]
            yield from (
                f"step {step.id} of {run.id} is {step.state}" for step in history.steps(run.id) if not step.state.ended
            )
        history.close()

    def _half_stored(self) -> Iterator[str]:
        for digest in self.store.digests():
            try:
                self.store.get(digest)
            except Exception as error:
                yield str(error)

    def _temporary_files(self) -> Iterator[Path]:
        for pattern in ("store/tmp/*", "runs/*/scratch/*", "memo/*/.*"):
            yield from self.workspace.folder.glob(pattern)
        yield from self.temporary.iterdir()


def until(condition: Callable[[], object], patience: float = PATIENCE) -> object:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def waited(condition: Callable[[], object]) -> bool:
    with contextlib.suppress(AssertionError):
        return bool(until(condition, 10))
    return False


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):  # gone, a zombie, or somebody else's
        return None


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Project]:
    temporary = Path(tempfile.mkdtemp(prefix="pen-", dir="/tmp" if os.name == "posix" else None))
    project = Project(folder, temporary)
    _open.append(project)
    try:
        yield project
    finally:
        _open.remove(project)
        for process in project.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        for command in project.commands:
            command.process.communicate(timeout=PATIENCE)
        shutil.rmtree(temporary, ignore_errors=True)


@pytest.fixture(scope="session")
def open_project() -> Callable[[Path], AbstractContextManager[Project]]:
    """Make a project in a folder."""
    return _opened


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with _opened(tmp_path / "project") as made:
        yield made
        _assert_nothing_left()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Look after each test what is left of the projects that are open."""
    yield
    _assert_nothing_left()


def _assert_nothing_left() -> None:
    assert [left for project in _open for left in project.leftovers()] == []


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], object]:
    return until
