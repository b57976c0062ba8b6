"""Start workers by joblib's loky, quietly: a pool of one worker each, whose one task is to serve."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import select
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, final

from .processes import Ended
from .workers import begin, serve

if TYPE_CHECKING:
    from ..channels import WorkerListener

_STARTING = threading.Lock()


def start_pool(listener: WorkerListener, name: str, environment: Mapping[str, str], ended: Ended) -> Pool:
    """Start a worker, with some environment variables set, that connects to who listens and says ``name``."""
    from joblib.externals.loky.process_executor import ProcessPoolExecutor

    with _STARTING, _interrupts_held(), _tracker_silenced():
        pool = ProcessPoolExecutor(max_workers=1, initializer=begin, initargs=(os.getpid(),), env=dict(environment))
        future = pool.submit(serve, listener.address, name)  # starts the worker
    started = Pool(pool)
    future.add_done_callback(functools.partial(_tell, ended))
    return started


def _tell(ended: Ended, future: Future[None]) -> None:
    """Tell how a worker ended, by the exit code that loky reports."""
    error = future.exception() or EOFError("it ended")
    codes = re.search(r"exit codes of the workers are \{(.*?)\}", str(error), re.DOTALL)
    ended(codes[1] if codes else str(error))


@final
class Pool:
    """A loky pool with its one worker."""

    def __init__(self, pool: Any) -> None:
        self.pid: int | None = next(iter(pool._processes), None)
        self._pool = pool

    @property
    def alive(self) -> bool:
        """Whether the worker is there; loky itself notices a death only after a while."""
        sentinels = [process.sentinel for process in list(self._pool._processes.values())]
        if hasattr(select, "poll"):  # ten times as fast as wait(), and asked before each task
            poll = select.poll()
            for sentinel in sentinels:
                poll.register(sentinel, select.POLLIN)
            return not poll.poll(0)
        from multiprocessing.connection import wait

        return not wait(sentinels, timeout=0)

    def condemn(self) -> None:
        """Do nothing: killing does it all."""

    def kill(self) -> None:
        """End the worker and its children. Not to be called by what is told of its end."""
        self._pool.shutdown(wait=True, kill_workers=True)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let the worker start with Ctrl-C blocked: it would print a traceback if it came during its imports."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _tracker_silenced() -> Iterator[None]:
    """Start loky's resource tracker with its warnings off.

    It removes the semaphores of killed workers, as it should, and would tell every user that they were leaked.
    """
    from joblib.externals.loky.backend import resource_tracker

    option = "ignore:resource_tracker"
    sys.warnoptions.append(option)
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(option)
    yield
