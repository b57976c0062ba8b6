"""Say how a step is to be run and reused, apart from what it computes."""

from __future__ import annotations

import datetime
import difflib
import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

from .errors import DefinitionError
from .locations import caller

T = TypeVar("T")


class StaticMarker:
    """Mark a parameter as a plain value while recording; see :data:`Static`."""

    def __repr__(self) -> str:
        return "Static"


Static: TypeAlias = Annotated[T, StaticMarker()]
"""Annotate a pipeline's parameter so that it is a plain value while the pipeline is recorded.

``def sweep(rounds: Static[int] = 3)`` may loop over ``range(rounds)``. In a published version it is fixed.
"""

ELSEWHERE = "PENSTOCK_ELSEWHERE"
"""The environment variable of a machine that has the code and the files of one step only: those of others may be missing."""

_UNITS = {"": 1, "B": 1}
_UNITS |= {f"{prefix}B": 1000**power for power, prefix in enumerate("kMGT", start=1)}
_UNITS |= {f"{prefix}iB": 1024**power for power, prefix in enumerate("KMGT", start=1)}
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_AGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def _wrong(problem: str) -> DefinitionError:
    return DefinitionError(problem, caller())


def _to_bytes(memory: int | str | None) -> int | None:
    if memory is None or (isinstance(memory, int) and not isinstance(memory, bool) and memory > 0):
        return memory
    match = _SIZE.fullmatch(memory) if isinstance(memory, str) else None
    if match is None or match[2] not in _UNITS:
        raise _wrong(
            f"memory={memory!r} is no amount of memory; write bytes as an int, or text like '512MiB' or '4GiB'"
        )
    size = int(float(match[1]) * _UNITS[match[2]])
    if size == 0:
        raise _wrong(f"memory={memory!r} is less than one byte; expected an amount above 0")
    return size


def _to_seconds(age: float | str | datetime.timedelta | None) -> float | None:
    if age is None:
        return None
    match = _AGE.fullmatch(age) if isinstance(age, str) else None
    seconds: object = age.total_seconds() if isinstance(age, datetime.timedelta) else age
    if match is not None and match[2] in _SECONDS:
        seconds = float(match[1]) * _SECONDS[match[2]]
    if not _is_number(seconds) or seconds <= 0:  # type: ignore[operator]  # it is a number
        raise _wrong(
            f"max_age={age!r} is no age; write seconds, a timedelta, or text like '12h' or '7d' ({', '.join(_SECONDS)})"
        )
    return float(seconds)  # type: ignore[arg-type]  # as above


def _check(expected: str, accepts: Callable[[Any], bool]) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """Make a validator that says what was expected, at the user's line."""

    def validator(_instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not accepts(value):
            raise _wrong(f"{attribute.name}={value!r} is wrong; expected {expected}")

    return validator


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _strings(values: object) -> tuple[str, ...]:
    """Accept one or several texts or paths."""
    several: Any = (values,) if isinstance(values, str | os.PathLike) else values
    try:
        texts = tuple(os.fspath(value) for value in several)
    except TypeError:
        texts = (b"",)
    if not all(isinstance(text, str) for text in texts):
        raise _wrong(f"{values!r} is wrong; expected text or a path, or a list of them")
    return texts


_positive = _check("a finite number above 0", lambda value: value is None or (_is_number(value) and value > 0))
_count = _check("a whole number from 0", lambda value: _is_whole(value) and value >= 0)
_text = _check("text", lambda value: value is None or isinstance(value, str))
_text_map = _check("a dict of text to text", _is_text_map)


@frozen
class Resources:
    """What a step asks of the machine that runs it.

    ``memory`` is in bytes or text such as ``"4GiB"``. A machine with less clips the request and warns once.
    """

    cpus: float | None = field(default=None, validator=_positive)
    memory: int | None = field(default=None, converter=_to_bytes)
    gpus: int = field(default=0, validator=_count)
    nodes: int = field(default=1, validator=_check("a whole number from 1", lambda n: _is_whole(n) and n >= 1))


def _exceptions(kinds: Any) -> tuple[type[BaseException], ...]:
    """Accept one or several classes of exceptions."""
    several = tuple(kinds) if isinstance(kinds, list | tuple | set | frozenset) else (kinds,)
    if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in several):
        raise _wrong(
            f"on={kinds!r} is wrong; expected a class of exceptions such as ConnectionError, or a list of them"
        )
    return several


@frozen
class Retries:
    """How often a step is tried again after it failed, and when.

    ``times`` further attempts follow the first, ``delay`` seconds after it; each later wait is ``factor`` times as long
    as the one before, and none is longer than ``longest``. Only a failure of a class in ``on`` is followed by another
    attempt; a dead worker is a ``WorkerDied`` and a time-out a ``StepTimedOut``, both in ``penstock.runtime.errors``. An
    empty ``on`` means any failure.
    """

    times: int = field(validator=_count)
    delay: float = field(
        default=0.5, validator=_check("seconds, from 0", lambda value: _is_number(value) and value >= 0)
    )
    factor: float = field(
        default=2.0, validator=_check("a number from 1", lambda value: _is_number(value) and value >= 1)
    )
    longest: float = field(default=60.0, validator=_positive)
    on: tuple[type[BaseException], ...] = field(default=(), converter=_exceptions)


def _to_retries(retries: Any) -> Retries:
    if isinstance(retries, Retries):
        return retries
    if not _is_whole(retries) or retries < 0:
        raise _wrong(f"retries={retries!r} is wrong; expected a whole number from 0, or Retries(...)")
    return Retries(retries)


@frozen
class Environment:
    """What must be installed and set where a step runs.

    ``packages`` are requirement lines, ``image`` is a container image and ``variables`` are environment variables.
    A local run sets the variables and uses the current interpreter.
    """

    packages: tuple[str, ...] = field(default=(), converter=_strings)
    image: str | None = field(default=None, validator=_text)
    variables: Mapping[str, str] = field(factory=dict, validator=_text_map)


def _instance_of(kind: type) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    return _check(f"{kind.__name__}(...)", lambda value: value is None or isinstance(value, kind))


@frozen(kw_only=True)
class Options:
    """The options of a step; None means that the step leaves it to the default.

    ``timeout`` is in seconds for one attempt. ``retries`` is how many further attempts follow a failed one, or a
    :class:`Retries`. A result older than ``max_age`` (seconds, a timedelta, or text like ``"7d"``) is not reused.
    ``version``, ``hash_paths`` (files and folders, by content) and ``env`` (names of environment variables, by value) are
    part of what identifies a result, ``modules`` narrows what a computed import may reach; the other options never count.
    """

    name: str | None = field(
        default=None,
        validator=_check(
            "a name of letters, digits, '_', '-' and '.', starting with a letter or '_'",
            lambda name: name is None or (isinstance(name, str) and _NAME.fullmatch(name) is not None),
        ),
    )
    resources: Resources | None = field(default=None, validator=_instance_of(Resources))
    compute: str | None = field(default=None, validator=_text)
    environment: Environment | None = field(default=None, validator=_instance_of(Environment))
    retries: Retries = field(default=Retries(0), converter=_to_retries)
    timeout: float | None = field(default=None, validator=_positive)
    allow_reuse: bool | None = field(
        default=None, validator=_check("True or False", lambda value: value is None or isinstance(value, bool))
    )
    max_age: float | None = field(default=None, converter=_to_seconds)
    version: str | None = field(default=None, validator=_text)
    hash_paths: tuple[str, ...] = field(default=(), converter=_strings)
    env: tuple[str, ...] = field(default=(), converter=_strings)
    modules: tuple[str, ...] = field(default=(), converter=_strings)
    tags: Mapping[str, str] = field(factory=dict, validator=_text_map)

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """Return a copy with some options set. Raises DefinitionError for an option that does not exist."""
        known = {attribute.name for attribute in attrs.fields(Options)}
        for name in changes:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(known))}"
                raise _wrong(f"a step has no option {name!r}{hint}")
        return attrs.evolve(self, **changes)

    def resolved(self, folder: Path) -> Options:
        """Return a copy whose ``hash_paths`` are absolute, starting from ``folder``. Raises for a missing one."""
        paths = [Path(os.path.normpath(folder / path)) for path in self.hash_paths]
        for path in paths:
            if not path.exists() and ELSEWHERE not in os.environ:
                raise _wrong(
                    f"hash_paths names {str(path)!r}, which does not exist; write it relative to {folder} or absolute"
                )
        return attrs.evolve(self, hash_paths=[str(path) for path in paths])
