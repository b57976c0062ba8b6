"""Start loky's pools of one worker, quietly."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from .workers import begin, nothing

_STARTING = threading.Lock()


def start_pool(environment: Mapping[str, str]) -> Any:
    """Return a pool whose one worker is starting, with some environment variables set."""
    from joblib.externals.loky.process_executor import ProcessPoolExecutor

    with _STARTING, _interrupts_held(), _tracker_silenced():
        pool = ProcessPoolExecutor(max_workers=1, initializer=begin, initargs=(os.getpid(),), env=dict(environment))
        pool.submit(nothing)  # the worker is started by the first task
    return pool


def alive(pool: Any) -> bool:
    """Say whether a pool's worker is there; loky itself notices a death only after a while."""
    from multiprocessing.connection import wait

    return not wait([process.sentinel for process in list(pool._processes.values())], timeout=0)


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
