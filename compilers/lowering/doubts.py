"""Tell which inputs may be bound to what was skipped, and whether None will do there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...dsl.calls import AnyCall
from ...dsl.placeholders import Each
from ...dsl.promises import Promise
from ...dsl.signatures import Hint, item_hint
from ..compatibility import is_compatible
from .scopes import Scope, uncombined


def is_doubtful(scope: Scope, value: object) -> bool:
    """Say whether something in a value may be skipped."""
    return any(_may_be_skipped(scope, promise) for promise in uncombined(value))


def _may_be_skipped(scope: Scope, promise: Promise) -> bool:
    origin, closing = promise._origin, scope.closing
    if origin.call is None:
        return (id(origin.recording), origin.name) in scope.unit.doubtful
    return id(origin.call) in scope.unit.doubtful or (closing is not None and origin.recording.encloses(closing))


def optional_inputs(
    scope: Scope, call: AnyCall, arguments: Mapping[str, object], hints: Mapping[str, Hint]
) -> tuple[str, ...]:
    """Name the arguments that may be skipped where None will do; where it will not, the call itself may be skipped."""
    if not scope.unit.doubtful and scope.closing is None:
        return ()
    found = [name for name, value in arguments.items() if is_doubtful(scope, value)]
    optional = tuple(name for name in found if _admits_none(scope, arguments[name], hints[name]))
    if len(optional) < len(found):
        scope.unit.doubtful.add(id(call))
    return optional


def _admits_none(scope: Scope, value: Any, hint: Hint) -> bool:
    """Say whether None fits wherever a promise that may be skipped stands in a value."""
    if isinstance(value, Promise) or not isinstance(value, dict | list | tuple):
        return not is_doubtful(scope, value) or is_compatible(type(None), hint)
    keys = value if isinstance(value, dict) else range(len(value))
    return all(_admits_none(scope, value[key], item_hint(hint, key)) for key in keys)


def doubtful_items(scope: Scope, values: object) -> bool:
    """Say whether single items of a mapped list may be skipped; a list that is skipped as a whole is another matter."""
    return not isinstance(values, Promise) and is_doubtful(scope, values)


def unmapped(value: object) -> object:
    """Return what an ``each(...)`` is over, and anything else as it is."""
    return value.values if isinstance(value, Each) else value
