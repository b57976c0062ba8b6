"""Be the interpreter of which workers are forks: it has imported what each needs, has one thread, and runs nothing of anybody's.

The modules of steps are imported in each worker anew, so nothing that they hold (connections, generators of random numbers) is shared.
"""

from __future__ import annotations

import contextlib
import gc
import logging  # noqa: F401 - which is set up anew for each step
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import final

from ..offspring import adopt_orphans, reap
from .births import Birth, Born, Dead, Death, Told, hear, high, tell
from .workers import work_at


def be_origin(descriptor: int) -> None:
    """Fork workers for who holds the other end of a connection, until that is closed. In a worker it returns at the worker's end.

    So far nothing has collected garbage; workers do, of what they make.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    gc.freeze()  # what is never collected is not written to, and stays shared
    gc.enable()
    own = os.getpid()
    born = _Origin(socket.socket(fileno=descriptor)).serve()
    if born is None:
        os._exit(0)
    birth, connection = born
    _grow_up(birth)
    work_at(connection, birth.name, own)


@final
class _Origin:
    """Its workers by process, and the connection to the driver."""

    def __init__(self, driver: socket.socket) -> None:
        self._driver = driver
        self._workers: dict[int, str] = {}
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # else nothing wakes it up
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])  # as its driver may have blocked all

    def serve(self) -> tuple[Birth, int] | None:
        """Do as the driver asks. Returns in a new worker what it asked for, with the worker's connection, and None when it has hung up."""
        watched = select.poll()  # a driver may have thousands of files open, which select() cannot be asked about
        for file in (self._driver.fileno(), self._woken):
            watched.register(file, select.POLLIN)
        while True:
            ready = {file for file, _ in watched.poll()}
            if self._woken in ready:
                self._note_deaths()
            if self._driver.fileno() in ready:
                try:
                    wanted, descriptors = hear(self._driver)
                except (EOFError, OSError):
                    self._let_go_on()
                    return None
                if isinstance(wanted, Death):
                    self._kill(wanted.name)
                elif isinstance(wanted, Birth):
                    connection = high(descriptors[0])
                    os.close(descriptors[0])
                    if self._bear(wanted):
                        return wanted, connection
                    os.close(connection)

    def _bear(self, birth: Birth) -> bool:
        """Fork a worker, and say whether this is it."""
        try:
            pid = os.fork()
        except OSError as error:
            self._tell(Dead(birth.name, problem=str(error)))
            return False
        if pid == 0:
            self._forget()
            return True
        with contextlib.suppress(OSError):  # it has done so itself, or is gone
            os.setpgid(pid, pid)
        self._workers[pid] = birth.name
        self._tell(Born(birth.name, pid))
        return False

    def _forget(self) -> None:
        """Let go, in a worker, what is the origin's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._driver.close()
        for end in (self._woken, self._wake):
            os.close(end)
        os.setpgid(0, 0)

    def _kill(self, name: str) -> None:
        for pid in [pid for pid, known in self._workers.items() if known == name]:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)

    def _let_go_on(self) -> None:
        """See to it that workers which somebody has stopped (SIGSTOP) notice that their driver is gone."""
        for pid in self._workers:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGCONT)

    def _note_deaths(self) -> None:
        """Tell which workers have ended, when all is gone that they have left behind."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)
        dead = [(self._workers.pop(pid, None), code) for pid, code in _ended()]
        if dead:
            self._end_strays()
        for name, code in dead:
            if name is not None:
                self._tell(Dead(name, code))

    def _end_strays(self) -> None:
        """End who was left behind: a descendant of a dead worker has become a child of this process."""
        while strays := [pid for pid in _children() if pid not in self._workers]:
            for pid in strays:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            for pid in strays:
                if not reap(pid):
                    return  # it hangs in a driver of the system

    def _tell(self, told: Told) -> None:
        with contextlib.suppress(OSError):  # the driver is gone, which is seen in a moment
            tell(self._driver, told)


def _grow_up(birth: Birth) -> None:
    """Find everything as a process does that the driver starts itself."""
    for name in os.environ.keys() - birth.environment.keys():
        del os.environ[name]
    for name, value in birth.environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if birth.folder is not None:
        with contextlib.suppress(OSError):  # it is gone
            os.chdir(birth.folder)
    sys.path[:] = birth.path
    sys.argv[:] = birth.argv


def _ended() -> list[tuple[int, int]]:
    """Return the children that have ended, with how."""
    ended = []
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended.append((found[0], os.waitstatus_to_exitcode(found[1])))
    return ended


def _children() -> list[int]:
    try:
        return list(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
    except OSError:  # this system does not say
        return []
