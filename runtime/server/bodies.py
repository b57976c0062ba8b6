"""Read the body of a request as a typed document."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from starlette.requests import Request

from .errors import Problem

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
    """Return a JSON document as ``kind``. Raises Problem."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        text = str(error)
        place = _PLACE.search(text)
        raise Problem(
            422, "the body is not what is expected here", {place[1] if place else "body": _PLACE.sub("", text)}
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is no JSON: {error}") from None
