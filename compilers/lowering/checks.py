"""Refuse, at the user's line, what could only fail later: values that do not fit, and work that nobody can use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...dsl.calls import AnyCall, Call, Recordable, Repetition, parts_of
from ...dsl.errors import RecordingError
from ...dsl.locations import Location
from ...dsl.mapped import item_type
from ...dsl.promises import Promise, has_promise
from ...dsl.recording import Recording
from ...dsl.signatures import Hint, item_hint, type_name
from ...dsl.structures import type_of
from ..compatibility import coerce, fits, is_compatible
from ..errors import TypeMismatch
from ..graph import STATE
from .functions import definition_of


def check_arguments(taker: Recordable, arguments: Mapping[str, object], where: Location) -> None:
    """Raise TypeMismatch where an argument of a step or of a nested pipeline does not fit its parameter."""
    for name, value in arguments.items():
        check_argument(taker, name, value, where)


def check_argument(taker: Recordable, name: str, value: object, where: Location) -> None:
    """Raise TypeMismatch where one argument does not fit its parameter."""
    _check(f"the argument {name!r} of {taker.name}()", taker.signature.inputs[name].hint, value, taker, where)


def check_items(taker: Recordable, name: str, values: object, where: Location) -> None:
    """Raise TypeMismatch where an item of what is mapped does not fit its parameter."""
    hint = taker.signature.inputs[name].hint
    if isinstance(values, Promise):
        item = item_type(values)
        if not is_compatible(item, hint):
            origin = values._origin
            raise TypeMismatch(
                f"each item of the argument {name!r} of {taker.name}() must be {type_name(hint)}, and is {type_name(item)}\n"
                f"  the items come from {origin}\n  {taker.name} is defined at {definition_of(taker)}",
                str(where),
            )
    elif isinstance(values, dict | list):
        for key in values if isinstance(values, dict) else range(len(values)):
            what = f"item {key!r} of each(...) for the argument {name!r} of {taker.name}()"
            _check(what, hint, values[key], taker, where)


def check_state(call: Repetition) -> None:
    """Raise TypeMismatch where the first state, or what a round returns, is not what a round takes."""
    hint = call.body.parameters[STATE].hint
    for what, value in (("starts with", call.first), ("returns", call.body.result)):
        given = type_of(coerce(value, hint))
        if not is_compatible(given, hint):
            raise TypeMismatch(
                f"the body of repeat({call.name}) takes {type_name(hint)}, and {what} {type_name(given)}; every round must "
                "return what the next one takes",
                str(call.location),
            )


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
        maker = origin.call.step if isinstance(origin.call, Call) else getattr(origin.call, "taker", None)
        made = f" ({definition_of(maker)})" if maker else ""
        raise TypeMismatch(
            f"{what} must be {type_name(hint)}, and is given {type_name(origin.hint)}\n"
            f"  it comes from {origin}{made}\n"
            f"  {taker.name} is defined at {definition_of(taker)}",
            str(where),
        )


def check_something_is_used(recording: Recording, pipeline: Recordable) -> None:
    """Raise RecordingError for a pipeline without steps, or one whose steps make values that nobody can use."""
    where = definition_of(pipeline)
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
            f"pipeline {recording.name!r} returns nothing, so nobody can use what {last.name}() makes; "
            f"return it, or annotate {last.name}() with `-> None` if it is called for its effect",
            last.location,
        )


def _has_effect(calls: Iterable[AnyCall]) -> bool:
    """Say whether some call may be there for its effect: it says so, or its annotation does not tell."""
    steps = [call for call in calls if isinstance(call, Call)]
    kinds = [call.step.signature.outputs for call in steps]
    if any(outputs.kind == "none" or outputs.hints == (Any,) for outputs in kinds):
        return True
    return any(_has_effect(part.calls) for call in calls if not isinstance(call, Call) for part in parts_of(call))


def shown(value: object) -> str:
    """Return a value as an error shows it: shortened, with its type."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:60] + '...'} ({type(value).__name__})"
