"""Check the values of options, and say at the user's line what was expected."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import DefinitionError
from .locations import caller

if TYPE_CHECKING:
    import attrs


def wrong(problem: str) -> DefinitionError:
    """Return the error for a wrong value, with the user's line."""
    return DefinitionError(problem, caller())


def check(expected: str, accepts: Callable[[Any], bool]) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """Make a validator that says what was expected, at the user's line."""

    def validator(_instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not accepts(value):
            raise wrong(f"{attribute.name}={value!r} is wrong; expected {expected}")

    return validator


def is_number(value: object) -> bool:
    """Say whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Say whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def strings(values: object) -> tuple[str, ...]:
    """Accept one or several texts or paths."""
    several: Any = (values,) if isinstance(values, str | os.PathLike) else values
    try:
        texts = tuple(os.fspath(value) for value in several)
    except TypeError:
        texts = (b"",)
    if not all(isinstance(text, str) for text in texts):
        raise wrong(f"{values!r} is wrong; expected text or a path, or a list of them")
    return texts


positive = check("a finite number above 0", lambda value: value is None or (is_number(value) and value > 0))
count = check("a whole number from 0", lambda value: is_whole(value) and value >= 0)
text = check("text", lambda value: value is None or isinstance(value, str))
text_map = check("a dict of text to text", _is_text_map)
