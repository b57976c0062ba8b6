"""Refuse, at the user's line, what could only fail later: values that do not fit, and work that nobody can use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...dsl.errors import RecordingError
from ...dsl.locations import Location
from ...dsl.promises import Promise, has_promise
from ...dsl.recording import Call, Recordable, Recording
from ...dsl.signatures import Hint, item_hint, type_name
from ..compatibility import coerce, fits, is_compatible
from ..errors import TypeMismatch
from .functions import definition_of


def check_arguments(taker: Recordable, arguments: Mapping[str, object], where: Location) -> None:
    """Raise TypeMismatch where an argument of a step or of a nested pipeline does not fit its parameter."""
    for name, value in arguments.items():
        check_argument(taker, name, value, where)


def check_argument(taker: Recordable, name: str, value: object, where: Location) -> None:
    """Raise TypeMismatch where one argument does not fit its parameter."""
    _check(f"the argument {name!r} of {taker.name}()", taker.signature.inputs[name].hint, value, taker, where)


def _check(what: str, hint: Hint, value: Any, taker: Recordable, where: Location) -> None:
    if isinstance(value, Promise):
        _check_promise(what, hint, value, taker, where)
    elif not has_promise(value):
        if not fits(coerce(value, hint), hint):
            raise TypeMismatch(f"{what} must be {type_name(hint)}, and is given {shown(value)}", str(where))
    elif not is_compatible(type(value), hint):
        raise TypeMismatch(
            f"{what} must be {type_name(hint)}, and is given a {type(value).__name__} of promises", str(where)
        )
    elif isinstance(value, dict | list | tuple):
        for key in value if isinstance(value, dict) else range(len(value)):
            _check(f"item {key!r} of {what}", item_hint(hint, key), value[key], taker, where)


def _check_promise(what: str, hint: Hint, promise: Promise, taker: Recordable, where: Location) -> None:
    origin = promise._origin
    if not is_compatible(origin.hint, hint):
        made = f" ({definition_of(origin.call.step)})" if origin.call else ""
        raise TypeMismatch(
            f"{what} must be {type_name(hint)}, and is given {type_name(origin.hint)}\n"
            f"  it comes from {origin}{made}\n"
            f"  {taker.name} is defined at {definition_of(taker)}",
            str(where),
        )


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
    """Return a value as an error shows it: shortened, with its type."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:60] + '...'} ({type(value).__name__})"
