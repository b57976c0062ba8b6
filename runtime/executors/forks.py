"""Start workers as forks of one interpreter, which is quicker than to start an interpreter for each; see :mod:`.origins`."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from attrs import define, field

from ..offspring import MARK
from .births import Birth, Born, Death, Told, hear, high, tell
from .interpreters import described, module_path, open_interpreter
from .processes import Ended

if TYPE_CHECKING:
    from ..channels import WorkerListener

_PROGRAM: Final = "import gc; gc.disable(); from penstock.runtime.executors.origins import be_origin; be_origin(*place)"
"""What an origin does. It imports without collecting garbage, of which there is next to none: that takes a tenth of its start."""

_PATIENCE: Final = 5.0
"""Seconds in which a worker must be gone that was to be killed; then who should have done it is killed."""


def can_fork() -> bool:
    """Say whether workers can be forks here: Linux tells of the end of a process that is somebody else's child, since version 5.3."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


@final
class Forks:
    """A :class:`.processes.Start`. Its workers have one origin; where that has died, the next worker gets another one."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._origin: _Origin | None = None

    def __call__(self, listener: WorkerListener, name: str, environment: Mapping[str, str], ended: Ended) -> Fork:
        """Start a worker. Raises OSError and RuntimeError where no process or thread can be made any more."""
        with self._starting:
            fork = self._origin and self._origin.bear(listener, name, environment, ended)
            while fork is None:
                self._origin = _Origin(environment)
                fork = self._origin.bear(listener, name, environment, ended)
            return fork

    def close(self) -> None:
        """End the origin; its workers have been killed."""
        with self._starting:
            origin, self._origin = self._origin, None
        if origin is not None:
            origin.close()


@final
@define(eq=False)
class Fork:
    """A worker. ``how`` it ended is known when it is ``gone``."""

    name: str
    origin: _Origin = field(repr=False)
    pid: int | None = None
    how: str = ""
    gone: threading.Event = field(factory=threading.Event)
    _descriptor: int | None = None
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def alive(self) -> bool:
        """Whether the process is there, or will be in a moment."""
        with self._lock:
            return not self.gone.is_set() and not self._has_ended(0)

    def condemn(self) -> None:
        """Have the process killed with all descendants, and do not wait for it."""
        self.origin.condemn(self)

    def kill(self) -> None:
        """Kill the process with all descendants, and return when it is gone."""
        self.origin.kill(self)
        self.gone.wait()

    def begin(self, pid: int) -> None:
        """Note its process, which exists."""
        self.pid = pid
        with contextlib.suppress(OSError):  # it has ended already
            self._descriptor = os.pidfd_open(pid)

    def end(self, how: str) -> None:
        """Note how it ended."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
            self.how = how
            self.gone.set()
        if descriptor is not None:
            os.close(descriptor)

    def abandon(self, how: str) -> None:
        """Kill the process, whose origin is gone."""
        if self.pid is not None and self._descriptor is not None and not self._has_ended(0):
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
            self._has_ended(_PATIENCE)
        self.end(how)

    def _has_ended(self, wait: float) -> bool:
        """Say whether the process is known to have ended, after at most so many seconds."""
        if self._descriptor is None:
            return False
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(wait * 1000))


@final
class _Origin:
    """The driver's end of the connection to an origin."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        own, its = socket.socketpair()
        marked = {**environment, MARK: f"origin-{os.urandom(8).hex()}"}
        with its, socket.socket(fileno=high(its.fileno())) as end:
            self._process = open_interpreter(_PROGRAM, (end.fileno(),), marked, [end.fileno()])
        self._connection = own
        self._lock = threading.Lock()
        self._forks: dict[str, Fork] = {}
        self._thread = threading.Thread(target=self._listen, name="penstock-origin", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # no thread may be started any more
            self._process.kill()
            self._process.wait()
            raise

    def bear(self, listener: WorkerListener, name: str, environment: Mapping[str, str], ended: Ended) -> Fork | None:
        """Ask for a worker, and wait in a thread to tell how it ended. None where the origin is gone."""
        fork = Fork(name, self)
        birth = Birth(name, {**os.environ, **environment}, _folder(), module_path(), sys.argv)
        own, its = socket.socketpair()
        with own, its:
            with self._lock:
                if self._connection.fileno() < 0:
                    return None
                self._forks[name] = fork
            self._ask(birth, its.fileno())
            connection = Connection(own.detach())
        try:
            listener.hear(name, connection)
            threading.Thread(target=_tell, args=(fork, ended), name="penstock-wait", daemon=True).start()
        except RuntimeError:  # no thread may be started any more
            self._ask(Death(name))
            raise
        return fork

    def condemn(self, fork: Fork) -> None:
        """Have a worker killed."""
        self._ask(Death(fork.name))

    def kill(self, fork: Fork) -> None:
        """Have a worker killed; where that does not happen, kill the origin, and with it all its workers."""
        self.condemn(fork)
        if not fork.gone.wait(_PATIENCE):
            self._process.kill()

    def close(self) -> None:
        """End it, and return when it is gone."""
        self._process.kill()
        self._thread.join()

    def _ask(self, wanted: Birth | Death, *descriptors: int) -> None:
        with self._lock, contextlib.suppress(OSError):  # it is gone, which is heard in a moment
            tell(self._connection, wanted, *descriptors)

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._hear(hear(self._connection)[0])
        code = self._process.wait()
        with self._lock:
            self._connection.close()
            left, self._forks = list(self._forks.values()), {}
        for fork in left:
            fork.abandon(described(code))

    def _hear(self, told: Told) -> None:
        if isinstance(told, Born):
            self._forks[told.name].begin(told.pid)
            return
        with self._lock:
            fork = self._forks.pop(told.name)
        fork.end(told.problem if told.code is None else described(told.code))


def _folder() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # somebody has removed it
        return None


def _tell(fork: Fork, ended: Ended) -> None:
    fork.gone.wait()
    ended(fork.how)
