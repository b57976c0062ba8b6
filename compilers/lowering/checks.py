"""Refuse, at the user's line, what could only fail later: values that do not fit, and work that nobody can use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...dsl.errors import RecordingError
from ...dsl.promises import Promise, has_promise
from ...dsl.recording import Call, Recording
from ...dsl.signatures import Hint, type_name
from ..compatibility import coerce, fits, is_compatible
from ..errors import TypeMismatch
from .functions import definition_of


def check_argument(what: str, hint: Hint, value: object, call: Call) -> None:
    """Raise TypeMismatch where an argument does not fit its parameter."""
    if isinstance(value, Promise):
        origin = value._origin
        if not is_compatible(origin.hint, hint):
            maker = f"\n  it comes from {origin}" + (f" ({definition_of(origin.call.step)})" if origin.call else "")
            taker = f"\n  {call.step.name} is defined at {definition_of(call.step)}"
            raise TypeMismatch(
                f"{what} must be {type_name(hint)}, and is given {type_name(origin.hint)}{maker}{taker}",
                str(call.location),
            )
    elif not has_promise(value) and not fits(coerce(value, hint), hint):
        raise TypeMismatch(f"{what} must be {type_name(hint)}, and is given {shown(value)}", str(call.location))


def check_something_is_used(recording: Recording) -> None:
    """Raise RecordingError for a pipeline without steps, or one whose steps make values that nobody can use."""
    where = definition_of(recording.pipeline)
    if not recording.calls:
        raise RecordingError(
            f"pipeline {recording.name!r} calls no step; a step is a function decorated with @step", where
        )
    if has_promise(recording.result):
        return
    if recording.result is not None:
        raise RecordingError(
            f"pipeline {recording.name!r} returns {shown(recording.result)}, which no step made; "
            "return a step's result, or a tuple, list or dict of them",
            where,
        )
    last = recording.calls[-1]
    if not _has_effect(recording.calls):
        raise RecordingError(
            f"pipeline {recording.name!r} returns nothing, so nobody can use what {last.step.name}() makes; "
            f"return it, or annotate {last.step.name}() with `-> None` if it is called for its effect",
            last.location,
        )


def _has_effect(calls: Iterable[Call]) -> bool:
    """Say whether some call may be there for its effect: it says so, or its annotation does not tell."""
    kinds = [call.step.signature.outputs for call in calls]
    return any(outputs.kind == "none" or outputs.hints == (Any,) for outputs in kinds)


def shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:60] + '...'} ({type(value).__name__})"
