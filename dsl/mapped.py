"""Mark an argument whose items are meant: ``use(each(values))`` calls the step once for each."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import DefinitionError
from .locations import Location, caller
from .placeholders import Each
from .promises import Promise
from .signatures import Hint, is_unknown, origin_of, type_name
from .structures import union


def each(values: Iterable[object], limit: int | None = None) -> Each:
    """Pass a list item by item: a call with an ``each`` among its arguments is made once for each item.

    ``values`` is a list or anything else with an order and an end, or a promise of a list or dict; of a dict the values are
    meant. The results come as a list in the order of the items; as a dict with the same keys where the first ``each`` of a
    call has a dict. Several in one call are taken side by side, and must be equally long. At most ``limit`` of the calls run
    at a time.

    Raises DefinitionError for what has no items.
    """
    where = caller()
    if limit is not None and (type(limit) is not int or limit < 1):
        raise DefinitionError(f"each(limit={limit!r}) is wrong; expected a whole number from 1, or None", where)
    if isinstance(values, Promise):
        _check_promise(values, where)
        return Each(values, limit)
    return Each(_listed(values, where), limit)


def _check_promise(promise: Promise, where: Location) -> None:
    hint = promise._origin.hint
    origin = origin_of(hint) or hint
    if is_unknown(hint):
        return
    if isinstance(origin, type) and (origin in (str, bytes) or not _has_items(origin)):
        raise DefinitionError(
            f"each() needs a list, and {promise._origin} is a {type_name(hint)}; annotate the step `-> list[...]` if it "
            "returns one, or pass the value itself",
            where,
        )


def _has_items(kind: type) -> bool:
    return hasattr(kind, "__iter__") or hasattr(kind, "__getitem__")


def _listed(values: Any, where: Location) -> Any:
    """Return a list or dict of one's own. Raises DefinitionError for what has no items, or none in an order."""
    if isinstance(values, Mapping):
        return dict(values)
    problem = None
    if isinstance(values, str | bytes):
        problem = f"{values!r} is a text; write `each(list(text))` for its characters, or `each([text])`"
    elif isinstance(values, set | frozenset):
        problem = "a set has no order; write `each(sorted(values))`"
    elif isinstance(values, Each):
        problem = "the values are an each(...) already; write it once"
    elif not isinstance(values, Iterable):
        problem = f"{values!r} is a {type(values).__name__}, which has no items; pass the value itself, without each()"
    if problem is not None:
        raise DefinitionError(f"each() needs a list: {problem}", where)
    return list(values)


def items_of(each: Each) -> list[Any]:
    """Return the items of an ``each`` over a plain list or dict."""
    return list(each.values.values()) if isinstance(each.values, dict) else each.values


def item_type(values: Any) -> Hint:
    """Return the type of the items of a promised list or dict; ``Any`` for those of a plain one, which are checked one by one."""
    if not isinstance(values, Promise):
        return Any
    hint = values._origin.hint
    origin, items = origin_of(hint), typing.get_args(hint)
    if not isinstance(origin, type) or not items:
        return Any
    if issubclass(origin, Mapping):
        return items[-1]
    if origin is tuple:
        return union([item for item in items if item is not Ellipsis])
    return items[0] if issubclass(origin, Iterable) else Any


def check_lengths(name: str, mapped: Mapping[str, Each], where: Location) -> None:
    """Raise DefinitionError where lists that are taken side by side are known not to be equally long, or have other keys."""
    plain = {parameter: each for parameter, each in mapped.items() if not isinstance(each.values, Promise)}
    if len({len(each.values) for each in plain.values()}) > 1:
        sizes = ", ".join(f"{parameter!r} has {len(each.values)}" for parameter, each in plain.items())
        raise DefinitionError(
            f"{name}() is called with several each(...), which are taken side by side and must be equally long: {sizes}. "
            "Nest two pipelines for every combination, or pass one of the values whole",
            where,
        )
    keys = {tuple(each.values) for each in plain.values() if isinstance(each.values, dict)}
    if len(keys) > 1:
        raise DefinitionError(f"{name}() is called with each(...) over dicts that do not have the same keys", where)
