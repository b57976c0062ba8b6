"""Start a worker as an interpreter of its own, which imports nothing but what steps need, and tell how it ended."""

from __future__ import annotations

import contextlib
import marshal
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from ..offspring import end
from .processes import Ended

if TYPE_CHECKING:
    from ..channels import WorkerListener

NAME: Final = "penstock-worker"
"""What the command line of a worker ends with, for people who look at lists of processes."""

_BEGIN: Final = (
    "import marshal, sys; path, argv, place = marshal.load(sys.stdin.buffer); sys.path[:] = path; sys.argv[:] = argv; "
)
"""What such an interpreter does first: it finds modules where its driver does."""

_WORK: Final = "from penstock.runtime.executors.workers import work; work(*place)"


def start_interpreter(listener: WorkerListener, name: str, environment: Mapping[str, str], ended: Ended) -> Interpreter:
    """Start a worker, with some environment variables set, that connects to who listens and says ``name``.

    Raises OSError, and RuntimeError where no thread can be started to wait for it.
    """
    process = open_interpreter(_WORK, (listener.address, name, os.getpid()), environment)
    try:
        return Interpreter(process, ended)
    except RuntimeError:  # no thread may be started any more
        process.kill()
        process.wait()
        raise


def open_interpreter(
    program: str, place: tuple[str | int, ...], environment: Mapping[str, str], descriptors: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start an interpreter with a program that finds something as ``place``, and some descriptors under their own numbers.

    It leads a process group from its first moment, so that Ctrl-C on a terminal is its driver's alone. Raises OSError.
    """
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # multiprocessing asks it too
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, *flags, "-c", _BEGIN + program, NAME],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
        process_group=0,
        pass_fds=descriptors,
    )
    with contextlib.suppress(OSError), process.stdin or contextlib.nullcontext() as told:  # it may be gone already
        marshal.dump((module_path(), sys.argv, place), told)  # type: ignore[arg-type]  # there is one, by the arguments
    return process


def module_path() -> list[str]:
    """Return where modules are found, whatever folder a worker is in."""
    return [entry or str(Path.cwd()) for entry in sys.path]


@final
class Interpreter:
    """A worker process that was started here. ``ended`` is told, once and from a thread, how it ended."""

    def __init__(self, process: subprocess.Popen[bytes], ended: Ended) -> None:
        self.pid = process.pid
        self._process = process
        self._gone = threading.Event()
        threading.Thread(target=self._wait, args=(ended,), name="penstock-wait", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:  # somebody has taken its end
            return False

    def condemn(self) -> None:
        """Do nothing: killing does it all."""

    def kill(self) -> None:
        """Kill the process with all descendants, and return when it is gone."""
        if self.alive and _may_have_children(self.pid):
            self._kill_descendants()
        with contextlib.suppress(OSError):  # it is gone, and all that it started
            os.killpg(self.pid, signal.SIGKILL)
        self._gone.wait()

    def _kill_descendants(self) -> None:
        """Kill those first that may have left the process group: without their parent nobody knows whose they are."""
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            end(psutil.Process(self.pid).children(recursive=True))

    def _wait(self, ended: Ended) -> None:
        code = self._process.wait()
        self._gone.set()
        ended(described(code))


def _may_have_children(pid: int) -> bool:
    """Ask Linux whether a process has started others; elsewhere nobody says."""
    lists = list(Path(f"/proc/{pid}/task").glob("*/children"))
    return not lists or any(_contents(lists))


def _contents(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        with contextlib.suppress(OSError):  # that thread has just ended
            yield file.read_bytes()


def described(code: int) -> str:
    """Name how a process ended: ``SIGKILL(-9)``, ``EXIT(3)``."""
    if code >= 0:
        return f"EXIT({code})"
    try:
        return f"{signal.Signals(-code).name}({code})"
    except ValueError:  # a real-time signal has no name
        return f"SIG{-code}({code})"
