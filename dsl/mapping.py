"""Call a step or a pipeline once for each item: at once in plain Python, as one part of the graph in a recording."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .calls import MappedCall, Recordable, RecordableStep
from .errors import DefinitionError
from .locations import Location, caller
from .mapped import check_lengths, item_type, items_of
from .placeholders import Each
from .promises import Origin, Promise, hint_of
from .signatures import Hint, Outputs, assembled, is_unknown, origin_of
from .structures import dict_of, list_of, type_of, union

if TYPE_CHECKING:
    from .recording import Recording


def mapped_at_once(
    taker: Recordable, args: tuple[object, ...], kwargs: Mapping[str, object], call: Callable[..., object]
) -> object:
    """Call a step or a pipeline for each item, one after the other, and return the results as the graph would."""
    where = caller()
    arguments = taker.signature.bind(args, dict(kwargs), where)
    mapped = _mapped(taker, arguments, where)
    columns = [items_of(each) for each in mapped.values()]
    results = [
        _called(taker, {**arguments, **dict(zip(mapped, items, strict=True))}, call)
        for items in zip(*columns, strict=True)
    ]
    outputs, first = taker.signature.outputs, next(iter(mapped.values())).values
    if outputs.kind in ("none", "one"):
        return _keyed(first, results)
    parts = [[_part(result, outputs, index) for result in results] for index in range(len(outputs.names))]
    return assembled(outputs, [_keyed(first, part) for part in parts])


def mapping_recorded(
    recording: Recording,
    taker: RecordableStep | Recordable,
    arguments: Mapping[str, object],
    after: tuple[object, ...],
    *,
    call: Callable[[Recording, Mapping[str, object]], object],
    binds_all: bool,
) -> object:
    """Write a mapped call down, and return what stands for its lists of results.

    ``call`` makes the call of one item, in a recording of its own. With ``binds_all`` every argument goes in as a parameter of
    that; else only the items and single promises do, and the others as they are.
    """
    where = caller()
    arguments = {name: _copied(recording, taker, value, where) for name, value in arguments.items()}
    mapped = _mapped(taker, arguments, where)
    bound = [name for name, value in arguments.items() if binds_all or isinstance(value, Promise | Each)]
    hints = {name: _parameter_type(taker, name, arguments[name]) for name in bound}
    with recording.part(taker.name, hints, None if binds_all else taker) as body:
        body.result = call(body, {**arguments, **{name: body.parameter(name) for name in bound}})
    limits = [each.limit for each in mapped.values() if each.limit is not None]
    first = next(iter(mapped.values())).values
    made = MappedCall(
        taker.name, where, recording.group, _outputs(taker, body, first), after, getattr(taker, "explicit_name", False),
        taker=taker, arguments=arguments, over=tuple(mapped), limit=min(limits, default=None), body=body, bound=tuple(bound),
    )  # fmt: skip
    recording.place(made)
    promises = [Promise(Origin(recording, made, name, hint)) for name, hint in made.outputs.items()]
    outputs = taker.signature.outputs
    return promises[0] if outputs.kind in ("none", "one") else assembled(outputs, promises)


def bound_arguments(taker: Recordable, arguments: Mapping[str, object]) -> inspect.BoundArguments:
    """Return arguments as Python's own signature passes them on."""
    return inspect.BoundArguments(taker.signature.python, dict(arguments))


def _called(taker: Recordable, arguments: Mapping[str, object], call: Callable[..., object]) -> object:
    bound = bound_arguments(taker, arguments)
    return call(*bound.args, **bound.kwargs)


def _copied(recording: Recording, taker: Recordable, value: object, where: Location) -> object:
    if isinstance(value, Each):
        return Each(recording.snapshot_of(value.values, taker.name, where), value.limit)
    return recording.snapshot_of(value, taker.name, where)


def _mapped(taker: Recordable, arguments: Mapping[str, object], where: Location) -> dict[str, Each]:
    mapped = {name: value for name, value in arguments.items() if type(value) is Each}
    for name in mapped:
        if taker.signature.inputs[name].static:
            raise DefinitionError(
                f"{taker.name}() needs a plain value for {name!r}, which is annotated Static, and was given {arguments[name]!r}; "
                f"call it in a loop: `[{taker.name}(value) for value in values]`",
                where,
            )
    check_lengths(taker.name, mapped, where)
    return mapped


def _parameter_type(taker: Recordable, name: str, value: object) -> Hint:
    """Return the type of a parameter of the body: as annotated, else that of what is passed."""
    hint = taker.signature.inputs[name].hint
    if hint is not Any:
        return hint
    return item_type(value.values) if isinstance(value, Each) else hint_of(value) if isinstance(value, Promise) else Any


def _outputs(taker: Recordable, body: Recording, first: object) -> dict[str, Hint]:
    outputs = taker.signature.outputs
    if outputs.kind == "none":
        return {"output": _keyed_type(first, type(None))}
    hints = [type_of(body.result)] if outputs.hints == (Any,) else outputs.hints
    return {name: _keyed_type(first, hint) for name, hint in zip(outputs.names, hints, strict=True)}


def _keyed_type(first: Any, hint: Hint) -> Hint:
    """Return the type of all results of one type: a dict where the first that is mapped is one, a list, or unknown."""
    if isinstance(first, dict):
        return dict_of(union([type(key) for key in first]), hint)
    if not isinstance(first, Promise):
        return list_of(hint)
    given = first._origin.hint
    origin = origin_of(given) or given
    if is_unknown(given) or not isinstance(origin, type):
        return Any
    if issubclass(origin, Mapping):
        return dict_of((typing.get_args(given) or (Any,))[0], hint)
    return list_of(hint)


def _keyed(first: Any, results: list[object]) -> object:
    return dict(zip(first, results, strict=True)) if isinstance(first, dict) else results


def _part(result: Any, outputs: Outputs, index: int) -> object:
    return result[outputs.names[index]] if outputs.kind == "typeddict" else result[index]
