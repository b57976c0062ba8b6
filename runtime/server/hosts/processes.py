"""Start host processes, tell them what to do, and hear what became of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias, final

import msgspec

from ...offspring import end
from .orders import Order, Report, read_report, written

Program: TypeAlias = Literal["child", "mixed", "away"]
"""Modules of this package that are host processes."""

_LAST_WORDS = 2000
"""Bytes of what a process wrote last that are told when it has died."""


@final
class Host:
    """One host process, which is the module ``program``. ``on_report`` and ``on_death`` are called from a thread of its own.

    ``going`` are the runs that it has, ``begun`` how many it was given in all.
    """

    def __init__(
        self,
        root: Path,
        program: Program,
        on_report: Callable[[Host, Report], None],
        on_death: Callable[[Host, str], None],
    ) -> None:
        self.bundle = ""
        self.going: set[str] = set()
        self.begun = 0
        self._on_report = on_report
        self._on_death = on_death
        self._lock = threading.Lock()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed when the process has ended
        self._process = subprocess.Popen(  # noqa: S603 -- our own interpreter
            [sys.executable, "-P", "-m", f"{__package__}.{program}", str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, name="penstock-host-reports", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def tell(self, order: Order) -> None:
        """Give an order. A process that has just died is mourned by its own thread."""
        if order.bundle:
            self.bundle = order.bundle
        if order.word == "run":
            self.going.add(order.run)
            self.begun += 1
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.write(written(order))
                self._process.stdin.flush()

    def close(self) -> None:
        """Let the process end when it has nothing to do any more."""
        with self._lock, contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def kill(self) -> None:
        """Kill the process with all that it started."""
        with contextlib.suppress(Exception):  # it is gone already
            import psutil

            end(psutil.Process(self.pid).children(recursive=True))
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout: float) -> bool:
        """Wait until the process has ended; False when it has not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
            return True
        return False

    def _listen(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        with stream, contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
            for line in stream:
                self._on_report(self, read_report(line))
        code = self._process.wait()
        self._on_death(self, f"its process ended with {_named(code)}{self._last_words()}")

    def _last_words(self) -> str:
        with self._errors:
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - _LAST_WORDS))
            text = self._errors.read().decode("utf-8", "replace").strip()
        return f": {text.splitlines()[-1]}" if text else ""


def _named(code: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name if code < 0 else f"code {code}"
    return f"signal {-code}"
