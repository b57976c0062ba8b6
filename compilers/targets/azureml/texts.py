"""Write plain values as the text of a literal input, and read them back.

Azure substitutes the text of an input into the command line as it is. So what v2 has a type for is written plainly
(``0.1``, ``3``, ``True``, a text of harmless characters), and everything else as ``json:`` with the JSON of
:mod:`penstock.compilers.values`, in which no character means anything to a shell between single quotes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ...errors import GraphFormatError
from ...values import from_json, to_json

MARK = "json:"
"""Begins the text of a value that is written as JSON."""

_BIGGEST = 1 << 63
"""Azure's integers have 64 bits."""

ValueType: TypeAlias = str
"""A type of v2 for literals: ``number``, ``integer``, ``boolean`` or ``string``."""


def type_of(value: object) -> ValueType:
    """Return the v2 type whose plain text can stand for a value; ``string`` for all that needs JSON."""
    kind = type(value)
    if kind is bool:
        return "boolean"
    if kind is int:
        return "integer" if -_BIGGEST <= value < _BIGGEST else "string"  # type: ignore[operator]  # it is an int
    return "number" if kind is float and math.isfinite(value) else "string"  # type: ignore[arg-type]  # it is a float


def text_of(value: object) -> str:
    """Write a plain value. Raises TypeError for one that no document can hold."""
    if type_of(value) != "string":
        return repr(value)
    return value if isinstance(value, str) and type(value) is str and _is_harmless(value) else MARK + quoted_json(value)


def quoted_json(value: object) -> str:
    """Return a value as JSON that may stand between single quotes in a command, whatever is substituted around it."""
    return shell_safe(json.dumps(to_json(value), separators=(",", ":")))


def shell_safe(document: str) -> str:
    """Escape in a JSON document what ends a single-quoted text, and what Azure would substitute."""
    return document.replace("'", "\\u0027").replace("$", "\\u0024")


def read_text(text: str, kind: ValueType) -> object:
    """Return the value that a text of that type stands for. Raises GraphFormatError where it stands for none."""
    if text.startswith(MARK):
        return from_json(_parsed(text[len(MARK) :]))
    try:
        return _READERS[kind](text)
    except (ValueError, KeyError):
        raise GraphFormatError(f"{text!r} is no {kind}; Penstock writes {_EXAMPLES.get(kind, 'text')}") from None


def _parsed(document: str) -> Any:
    try:
        return json.loads(document)
    except ValueError as error:
        raise GraphFormatError(f"{MARK}{document!r} is not JSON: {error}") from None


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_READERS: Mapping[ValueType, Callable[[str], object]] = {
    "number": float,
    "integer": int,
    "boolean": _truth,
    "string": str,
}
_EXAMPLES = {"number": "0.1", "integer": "3", "boolean": "True or False"}


def _is_harmless(text: str) -> bool:
    """Say whether a text comes through a command line, a YAML file and Azure's own substitution as it is."""
    if not text or text != text.strip() or text.startswith(MARK):
        return False
    return text.isprintable() and not any(sign in text for sign in ("'", "${{", "$[["))
