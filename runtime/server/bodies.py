"""Read the body of a request as a typed document."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from starlette.requests import Request

from .errors import Problem

NO_NUL: Final = r"^[^\x00]*$"
"""No database keeps NUL in a text."""

Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=1000, pattern=NO_NUL)]
"""A text of a request that is kept as such."""

Tags: TypeAlias = Annotated[dict[Text, Text], msgspec.Meta(max_length=100)]

_DEEPEST = 64
"""Levels of lists and objects in a body. Python's own readers and writers give up between five hundred and a thousand."""

_LONGEST = 1000
"""Digits of a number."""

_PLACE = re.compile(r" - at `(?:key in )?\$\.?(.*)`$")


async def read_body(request: Request, kind: Any) -> Any:
    """Return the JSON document that was sent, as ``kind``. Raises Problem: 415, 400 for no JSON, 422 for another shape."""
    check_media(request, "application/json")
    return read_json(await request.body(), kind)


def check_media(request: Request, *expected: str) -> None:
    """Raise Problem 415 unless the body is of one of these types."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in expected:
        raise Problem(415, f"the body must be {' or '.join(expected)}, and Content-Type says {sent or 'nothing'!r}")


def read_json(data: bytes, kind: Any) -> Any:
    """Return a JSON document as ``kind``. Raises Problem, also for a name that is there twice: readers differ in which one counts."""
    try:
        document = msgspec.json.decode(data, type=kind)
        _check_form(data)
        return document
    except msgspec.ValidationError as error:
        raise _unfit(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is no JSON: {error}") from None


def convert(document: Any, kind: Any) -> Any:
    """Return a document that was read as ``kind``. Raises Problem 422."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _unfit(error) from None


def _unfit(error: msgspec.ValidationError) -> Problem:
    text = str(error)
    place = _PLACE.search(text)
    field = place[1] if place else "body"
    return Problem(422, "the body is not what is expected here", {field: _PLACE.sub("", text)})


def _check_form(data: bytes) -> None:
    """Raise Problem 400 for a name that an object has twice, and for too many levels."""
    found = json.loads(data, object_pairs_hook=_object, parse_int=_number, parse_float=_number)
    level, depth = [found], 0
    while level := [inner for one in level for inner in _inside(one)]:
        depth += 1
        if depth > _DEEPEST:
            raise Problem(400, f"the body has more than {_DEEPEST} levels")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise Problem(400, "the body is not the same to every reader", {name[:100]: "it is there twice"})
    return found


def _number(text: str) -> str:
    """Look at a number, also where nobody asks for it. Whole ones may have more digits than a float has room for."""
    if len(text) > _LONGEST or not (text.lstrip("-").isdecimal() or math.isfinite(float(text))):
        raise Problem(400, f"the body has a number that is too big: {text[:40]}")
    return text


def _inside(value: Any) -> Iterable[Any]:
    """Return the lists and objects in a list or an object."""
    items = value.values() if isinstance(value, dict) else value
    return [item for item in items if isinstance(item, list | dict)] if isinstance(value, list | dict) else ()
