"""Start loky's pools of one worker, quietly."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from .workers import begin, serve

_STARTING = threading.Lock()


def start_pool(address: str, name: str, environment: Mapping[str, str]) -> tuple[Any, Future[None]]:
    """Return a pool whose one worker is starting, with some environment variables set, and a future of the worker's end.

    The worker connects to ``address`` and says ``name``.
    """
    from joblib.externals.loky.process_executor import ProcessPoolExecutor

    with _STARTING, _interrupts_held(), _tracker_silenced():
        pool = ProcessPoolExecutor(max_workers=1, initializer=begin, initargs=(os.getpid(),), env=dict(environment))
        future = pool.submit(serve, address, name)  # starts the worker
    return pool, future


def alive(pool: Any) -> bool:
    """Say whether a pool's worker is there; loky itself notices a death only after a while."""
    sentinels = [process.sentinel for process in list(pool._processes.values())]
    if hasattr(select, "poll"):  # ten times as fast as wait(), and asked before each task
        poll = select.poll()
        for sentinel in sentinels:
            poll.register(sentinel, select.POLLIN)
        return not poll.poll(0)
    from multiprocessing.connection import wait

    return not wait(sentinels, timeout=0)


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
