"""Let submitted runs end before the interpreter does."""

from __future__ import annotations

import functools
import sys
import threading
from typing import Any, Protocol


class Ending(Protocol):
    """A run that goes on in a thread of this process."""

    def wait(self, timeout: float | None = None) -> bool: ...


_GOING: set[Ending] = set()


def hold_exit(run: Ending, *, pools: bool) -> None:
    """Make the interpreter wait for a run, with its worker processes, when the main program ends before it.

    ``pools`` says that loky starts them.
    """
    _GOING.add(run)
    if pools:
        _come_before_loky()
    _register()


def release_exit(run: Ending) -> None:
    """Note that a run has ended."""
    _GOING.discard(run)


@functools.cache
def _register() -> None:
    register: Any = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(_wait)


@functools.cache
def _come_before_loky() -> None:
    """Come before loky, which takes all pools down when the main thread ends: what was registered last is called first.

    loky means to register itself once, when its first pool starts. This is done for it here, and its own way prevented.
    """
    from joblib.externals.loky import process_executor

    register: Any = getattr(threading, "_register_atexit", None)
    if register is not None and process_executor.process_pool_executor_at_exit is None:
        register(process_executor._python_exit)
        process_executor.process_pool_executor_at_exit = True
    _register.cache_clear()  # once more, after it


def _wait() -> None:
    for run in tuple(_GOING):
        try:
            run.wait()
        except KeyboardInterrupt:  # it cancelled the run, and waited
            continue
        except Exception:  # the run was broken off; there is nobody else to tell
            sys.excepthook(*sys.exc_info())
