"""Give a step its environment variables, and undo what it changes in the process that it shares with other steps."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, final

try:
    import resource
except ImportError:  # there is none on Windows
    _LIMITS: tuple[int, ...] = ()
else:
    _LIMITS = tuple(
        getattr(resource, f"RLIMIT_{name}") for name in ("AS", "CORE", "CPU", "DATA", "FSIZE", "NOFILE", "STACK")
    )

_TIMERS = (signal.ITIMER_REAL,) if hasattr(signal, "setitimer") else ()

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGALRM", "SIGCHLD", "SIGPIPE") if hasattr(signal, name))
"""Those on which other steps depend: who waits for processes, say. To ask for each takes half a microsecond."""

_ENVIRONMENT: Any = os.environb if os.supports_bytes_environ else os.environ


Take: TypeAlias = Callable[[], Any]
Restore: TypeAlias = Callable[[Any], object]


@final
class Surroundings:
    """What a step finds in its process: its environment variables; afterwards every variable is as it was before.

    So are the working folder, the mask of new files' permissions, the soft limits of the process, ``sys.path``, the limit of
    recursion, the timer, and who handles signals of processes, pipes and timers. In a process that ``is_own``, where nothing
    happens between two steps but that modules are imported, one look at all that is enough.
    """

    def __init__(self, variables: Mapping[str, str], *, is_own: bool = False) -> None:
        self._given = variables
        self._is_own = is_own
        known = _KNOWN.get(len(sys.modules)) if is_own else None
        self._before = known or [take() for take, _ in _SHARED]

    def __enter__(self) -> Surroundings:
        if self._given:
            os.environ.update(self._given)
        return self

    def __exit__(self, *_: object) -> None:
        for value, (_take, restore) in zip(self._before, _SHARED, strict=True):
            restore(value)
        _KNOWN.clear()
        if self._is_own:
            _KNOWN[len(sys.modules)] = self._before

    def keep(self) -> None:
        """Take for given what has changed by now: what modules do when they are imported stays, since they do it once."""
        before, own = self._before[0], {_key(name) for name in self._given}
        self._before = [take() for take, _ in _SHARED]
        now = {name: value for name, value in self._before[0].items() if name not in own}
        self._before[0] = now | {name: before[name] for name in own & before.keys()}


_KNOWN: dict[int, list[Any]] = {}
"""How everything was after the last step of a process of its own, by how many modules had been imported by then."""


def _folder() -> str | None:
    try:
        return os.getcwd()
    except FileNotFoundError:  # somebody removed it
        return None


def _restore_folder(before: str | None) -> None:
    if before is not None and _folder() != before:
        with contextlib.suppress(OSError):  # the step may have removed it
            os.chdir(before)


def _mask() -> int:
    mask = os.umask(0o077)  # it cannot be read without being set
    os.umask(mask)
    return mask


def _limits() -> list[tuple[int, int]]:
    """Return the soft and hard limits of the process: memory, time, open files, sizes."""
    return [resource.getrlimit(number) for number in _LIMITS]


def _restore_limits(before: Sequence[tuple[int, int]]) -> None:
    now = _limits()
    if now == before:
        return
    for number, (soft, _), (_, hard) in zip(_LIMITS, before, now, strict=True):
        with contextlib.suppress(ValueError, OSError):  # a hard limit is lowered for good
            resource.setrlimit(number, (soft, hard))


def _variables() -> dict[Any, Any]:
    """Return all variables as the interpreter keeps them: decoding them takes a hundred times as long."""
    return dict(getattr(_ENVIRONMENT, "_data", _ENVIRONMENT))


def _key(name: str) -> Any:
    encode = getattr(os.environ, "encodekey", None)
    return name if encode is None else encode(name)


def _restore_variables(before: Mapping[Any, Any]) -> None:
    now = _variables()
    if now == before:
        return
    for name in now.keys() - before.keys():
        del _ENVIRONMENT[name]
    for name, value in before.items():
        if now.get(name) != value:
            _ENVIRONMENT[name] = value


def _path() -> list[str]:
    return sys.path.copy()


def _restore_path(before: list[str]) -> None:
    if sys.path != before:
        sys.path[:] = before


def _timers() -> list[bool]:
    """Say which timers run: one that a step leaves would end the process while another step runs."""
    return [signal.getitimer(timer)[0] > 0 for timer in _TIMERS]


def _restore_timers(before: list[bool]) -> None:
    now = _timers()
    if now == before:
        return
    for timer, ran, runs in zip(_TIMERS, before, now, strict=True):
        if runs and not ran:
            signal.setitimer(timer, 0)


def _handlers() -> list[Any]:
    return list(map(signal.getsignal, _SIGNALS))


def _restore_handlers(before: list[Any]) -> None:
    found = _handlers()
    if found == before:
        return
    for number, was, now in zip(_SIGNALS, before, found, strict=True):
        if was != now and was is not None:  # None: not set from Python
            with contextlib.suppress(ValueError):  # another thread than the main one may not, and could not
                signal.signal(number, was)


_SHARED: Final[Sequence[tuple[Take, Restore]]] = (
    (_variables, _restore_variables),
    (_folder, _restore_folder),
    (_mask, os.umask),
    (_limits, _restore_limits),
    (_path, _restore_path),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (_timers, _restore_timers),
    (_handlers, _restore_handlers),
)
"""How each thing is taken and put back."""
