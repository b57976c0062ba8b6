"""Carry a failure through the log of a step that runs elsewhere, as its last line, for the driver that reads it."""

from __future__ import annotations

import base64
import json

from .failures import Failure

_MARK = "##penstock-failure "
_LARGEST = 32 * 1024
"""Bytes of an exception that is sent along; a bigger one is told in words only."""


def failure_line(failure: Failure) -> str:
    """Return a line from which :func:`split_log` makes the failure again."""
    pickled = failure.pickled if failure.pickled is not None and len(failure.pickled) <= _LARGEST else None
    document = {
        "step": failure.step,
        "kind": failure.kind,
        "message": failure.message,
        "frames": failure.frames,
        "inputs": failure.inputs,
        "attempts": failure.attempts,
        "pickled": None if pickled is None else base64.b64encode(pickled).decode("ascii"),
    }
    return _MARK + json.dumps(document)


def split_log(text: str) -> tuple[str, Failure | None]:
    """Return a log as people should see it, and the failure that it tells of, if it does so."""
    shown, mark, rest = text.rpartition(_MARK)
    if not mark:
        return text, None
    line, _, after = rest.partition("\n")
    try:
        return shown + after, _read(json.loads(line))
    except (ValueError, KeyError, TypeError):  # cut off, or printed by the step itself
        return text, None


def _read(document: dict[str, object]) -> Failure:
    pickled = document.pop("pickled")
    inputs = tuple((str(name), str(text)) for name, text in document.pop("inputs"))  # type: ignore[attr-defined]  # a wrong one raises
    return Failure(
        **document,  # type: ignore[arg-type]  # a wrong one raises
        inputs=inputs,
        pickled=None if pickled is None else base64.b64decode(pickled, validate=True),  # type: ignore[arg-type]  # as above
    )
