"""Give a step its environment variables, and undo what it changes in the process that it shares with other steps."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

try:
    import resource
except ImportError:  # there is none on Windows
    _LIMITS: tuple[int, ...] = ()
else:
    _LIMITS = tuple(
        getattr(resource, f"RLIMIT_{name}") for name in ("AS", "CORE", "CPU", "DATA", "FSIZE", "NOFILE", "STACK")
    )

_ENVIRONMENT: Any = os.environb if os.supports_bytes_environ else os.environ


@contextlib.contextmanager
def surroundings(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables; afterwards every variable is as it was before.

    So are the working folder, the mask of new files' permissions, and the soft limits of the process.
    """
    before, folder, mask, limits = _variables(), _folder(), _mask(), _limits()
    os.environ.update(variables)
    try:
        yield
    finally:
        _restore(before)
        os.umask(mask)
        _restore_limits(limits)
        if folder is not None and _folder() != folder:
            with contextlib.suppress(OSError):  # the step may have removed it
                os.chdir(folder)


def _folder() -> str | None:
    try:
        return os.getcwd()
    except FileNotFoundError:  # somebody removed it
        return None


def _mask() -> int:
    mask = os.umask(0o077)  # it cannot be read without being set
    os.umask(mask)
    return mask


def _limits() -> dict[int, int]:
    """Return the soft limits of the process: memory, time, open files, sizes."""
    return {number: resource.getrlimit(number)[0] for number in _LIMITS}


def _restore_limits(before: Mapping[int, int]) -> None:
    for number, soft in before.items():
        now, hard = resource.getrlimit(number)
        if now != soft:
            with contextlib.suppress(ValueError, OSError):  # a hard limit is lowered for good
                resource.setrlimit(number, (soft, hard))


def _variables() -> dict[Any, Any]:
    """Return all variables as the interpreter keeps them: decoding them takes a hundred times as long."""
    return dict(getattr(_ENVIRONMENT, "_data", _ENVIRONMENT))


def _restore(before: Mapping[Any, Any]) -> None:
    now = _variables()
    if now == before:
        return
    for name in now.keys() - before.keys():
        del _ENVIRONMENT[name]
    for name, value in before.items():
        if now.get(name) != value:
            _ENVIRONMENT[name] = value
