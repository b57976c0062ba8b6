"""Put back those functions of the standard library on which a worker itself depends, where a step has replaced them."""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import pickle
import time
from operator import attrgetter
from types import ModuleType
from typing import Any, Final, final

_NEEDED: Final[dict[ModuleType, tuple[str, ...]]] = {
    builtins: ("getattr", "isinstance", "len", "open", "print"),
    json: ("dumps", "loads"),
    os: ("close", "dup2", "fspath", "fstat", "getpid", "listdir", "lseek", "mkdir", "open", "read", "rename", "replace", "scandir", "stat", "unlink", "write"),
    pickle: ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"),
    time: ("monotonic", "perf_counter", "sleep", "time"),
}  # fmt: skip
"""Names by module. Another one of the library's that a step replaces stays replaced, as in any program."""

_TAKE: Final = tuple((module, attrgetter(*names)) for module, names in _NEEDED.items())


@final
class Originals:
    """Sees to it that the functions are the same after something is done as they were when they were kept last."""

    def __init__(self) -> None:
        self.keep()

    def keep(self) -> None:
        """Take what the functions are now for right: a module that is imported may replace some for good."""
        self._kept = _taken()

    def __enter__(self) -> None:
        """Nothing is looked at before."""

    def __exit__(self, *_: object) -> None:
        found: object = None
        with contextlib.suppress(AttributeError):  # one was deleted
            found = _taken()
        if found != self._kept:
            for (module, names), functions in zip(_NEEDED.items(), self._kept, strict=True):
                vars(module).update(zip(names, functions, strict=True))


def _taken() -> list[Any]:
    return [take(module) for module, take in _TAKE]


ORIGINALS: Final = Originals()
"""Those of this process."""
