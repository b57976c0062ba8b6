"""Say how a step is to be run and reused, apart from what it computes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import attrs
from attrs import field, frozen

from .. import dsl
from .checks import check, count, is_number, is_whole, positive, strings, text, text_map, wrong

if TYPE_CHECKING:
    import datetime

    from .environments import Environment
    from .resources import Resources

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

_SECONDS = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_AGE = r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*"
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
"""Patterns are not compiled before they are used: a worker imports many steps and few options."""


def _to_seconds(age: float | str | datetime.timedelta | None) -> float | None:
    if age is None:
        return None
    import datetime  # only who names an age needs it

    match = re.fullmatch(_AGE, age) if isinstance(age, str) else None
    seconds: object = age.total_seconds() if isinstance(age, datetime.timedelta) else age
    if match is not None and match[2] in _SECONDS:
        seconds = float(match[1]) * _SECONDS[match[2]]
    if not is_number(seconds) or seconds <= 0:  # type: ignore[operator]  # it is a number
        raise wrong(
            f"max_age={age!r} is no age; write seconds, a timedelta, or text like '12h' or '7d' ({', '.join(_SECONDS)})"
        )
    return float(seconds)  # type: ignore[arg-type]  # as above


def _exceptions(kinds: Any) -> tuple[type[BaseException], ...]:
    """Accept one or several classes of exceptions."""
    several = tuple(kinds) if isinstance(kinds, list | tuple | set | frozenset) else (kinds,)
    if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in several):
        raise wrong(f"on={kinds!r} is wrong; expected a class of exceptions such as ConnectionError, or a list of them")
    return several


@frozen
class Retries:
    """How often a step is tried again after it failed, and when.

    ``times`` further attempts follow the first, ``delay`` seconds after it; each later wait is ``factor`` times as long
    as the one before, and none is longer than ``longest``. Only a failure of a class in ``on`` is followed by another
    attempt; a dead worker is a ``WorkerDied`` and a time-out a ``StepTimedOut``, both in ``penstock.runtime.errors``. An
    empty ``on`` means any failure.
    """

    times: int = field(validator=count)
    delay: float = field(default=0.5, validator=check("seconds, from 0", lambda value: is_number(value) and value >= 0))
    factor: float = field(
        default=2.0, validator=check("a number from 1", lambda value: is_number(value) and value >= 1)
    )
    longest: float = field(default=60.0, validator=positive)
    on: tuple[type[BaseException], ...] = field(default=(), converter=_exceptions)


def _to_retries(retries: Any) -> Retries:
    if isinstance(retries, Retries):
        return retries
    if not is_whole(retries) or retries < 0:
        raise wrong(f"retries={retries!r} is wrong; expected a whole number from 0, or Retries(...)")
    return Retries(retries)


_resources = check("Resources(...)", lambda value: value is None or isinstance(value, dsl.Resources))
_environment = check("Environment(...)", lambda value: value is None or isinstance(value, dsl.Environment))


@frozen(eq=False, kw_only=True)
class Options:
    """The options of a step; None means that the step leaves it to the default.

    ``timeout`` is in seconds for one attempt. ``retries`` is how many further attempts follow a failed one, or a
    :class:`Retries`. A result older than ``max_age`` (seconds, a timedelta, or text like ``"7d"``) is not reused.
    ``version``, ``hash_paths`` (files and folders, by content) and ``env`` (names of environment variables, by value) are
    part of what identifies a result, ``modules`` narrows what a computed import may reach; the other options never count.
    """

    name: str | None = field(
        default=None,
        validator=check(
            "a name of letters, digits, '_', '-' and '.', starting with a letter or '_'",
            lambda name: name is None or (isinstance(name, str) and re.fullmatch(_NAME, name) is not None),
        ),
    )
    resources: Resources | None = field(default=None, validator=_resources)
    compute: str | None = field(default=None, validator=text)
    environment: Environment | None = field(default=None, validator=_environment)
    retries: Retries = field(default=Retries(0), converter=_to_retries)
    timeout: float | None = field(default=None, validator=positive)
    allow_reuse: bool | None = field(
        default=None, validator=check("True or False", lambda value: value is None or isinstance(value, bool))
    )
    max_age: float | None = field(default=None, converter=_to_seconds)
    version: str | None = field(default=None, validator=text)
    hash_paths: tuple[str, ...] = field(default=(), converter=strings)
    env: tuple[str, ...] = field(default=(), converter=strings)
    modules: tuple[str, ...] = field(default=(), converter=strings)
    tags: Mapping[str, str] = field(factory=dict, validator=text_map)

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """Return a copy with some options set. Raises DefinitionError for an option that does not exist."""
        known = {attribute.name for attribute in attrs.fields(Options)}
        for name in changes:
            if name not in known:
                import difflib  # only a mistyped name needs it

                close = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(known))}"
                raise wrong(f"a step has no option {name!r}{hint}")
        return attrs.evolve(self, **changes)

    def resolved(self, folder: Path) -> Options:
        """Return a copy whose ``hash_paths`` are absolute, starting from ``folder``. Raises for a missing one."""
        paths = [Path(os.path.normpath(folder / path)) for path in self.hash_paths]
        for path in paths:
            if not path.exists() and ELSEWHERE not in os.environ:
                raise wrong(
                    f"hash_paths names {str(path)!r}, which does not exist; write it relative to {folder} or absolute"
                )
        return attrs.evolve(self, hash_paths=[str(path) for path in paths])
