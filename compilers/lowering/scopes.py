"""Turn what was passed in one recording into bindings: of the pipeline itself, or of a part with a graph of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from attrs import define, field

from ...dsl.calls import AnyCall, Call
from ...dsl.errors import RecordingError
from ...dsl.locations import Location
from ...dsl.promises import ATOMS, Comparison, Promise, has_promise, promises_in
from ...dsl.recording import Recording
from ...dsl.steps import leaked
from ..errors import TypeMismatch
from ..graph import Binding, Collection, Literal, Operation, OutputRef, ParameterRef
from ..graph import Operator as OperatorName
from ..naming import Names
from ..rendering import render_binding
from ..values import is_plain
from .capturing import Captured, Captures
from .checks import shown
from .functions import module_name
from .units import Unit


@define(eq=False, repr=False)
class Scope:
    """One recording while it is lowered, to a graph called ``name``. ``captures`` is None for the pipeline itself, ``prefix`` tells parts apart.

    ``taken`` is what this part itself takes from around it, by the name of its parameter; ``closing`` is the cleanup that it
    is or stands in, for which nothing outside need have been made.
    """

    recording: Recording
    unit: Unit
    names: Names
    name: str = ""
    captures: Captures | None = None
    prefix: str = ""
    taken: dict[str, Captured] = field(factory=dict)
    closing: Recording | None = None

    def bind(self, value: object, where: Location, key: str = "result") -> Binding:
        """Turn a value into a binding. ``where`` is for the error that a misplaced promise gives."""
        if isinstance(value, Promise):
            return self._bind_promise(value, where)
        if has_promise(value):
            return self._bind_collection(value, where, key)
        value = self.unit.portable(value)
        return Literal(value) if is_plain(value) else self.unit.attach(value, f"{self.prefix}{key}")

    def _bind_promise(self, promise: Promise, where: Location) -> Binding:
        origin = promise._origin
        if origin.comparison is not None:
            return self._bind_comparison(origin.comparison, where)
        if origin.recording is not self.recording:
            return self._bind_outer(promise, where)
        if origin.call is None:
            return ParameterRef(origin.name, origin.path)
        if gives_nothing(origin.call):
            return Literal(None)
        return OutputRef(self.unit.ids[id(origin.call)], origin.name, origin.path)

    def _bind_outer(self, promise: Promise, where: Location) -> Binding:
        """Bind what comes from around this part: a parameter of the part's graph stands for it."""
        origin, captures = promise._origin, self.captures
        if captures is None or not origin.recording.encloses(self.recording):
            raise leaked(promise, where)
        if origin.call is not None and gives_nothing(origin.call):
            captures.order.append(promise)
            return Literal(None)
        captured = captures.take(origin, self.unit.ids)
        self.taken[captured.name] = captured
        return ParameterRef(captured.name, origin.path)

    def _bind_comparison(self, comparison: Comparison, where: Location) -> Binding:
        operands = tuple(self.bind(_scalar(operand), where) for operand in comparison.operands)
        for operand, value in zip(operands, comparison.operands, strict=True):
            if not isinstance(operand, Literal | ParameterRef | OutputRef | Operation):
                raise TypeMismatch(
                    f"a promise is compared with {shown(value)}, which no document can hold; compare with a plain value, "
                    "or in a step",
                    str(where),
                )
        return Operation(cast("OperatorName", comparison.operator), operands)

    def _bind_collection(self, value: Any, where: Location, key: str) -> Binding:
        kind, keys, items, type_ref = taken_apart(value)
        if not is_plain(keys):
            raise RecordingError(
                f"the dict {value!r} holds promises, so its keys must be plain values such as text", where
            )
        bound = tuple(self.bind(item, where, f"{key}.{index}") for index, item in enumerate(items))
        if kind == "set":
            return Collection(kind, in_order(bound))
        return Collection(kind, bound, keys, type_ref, self.unit.attach_class(value) if kind == "namedtuple" else None)

    def waits(self, call: AnyCall, wanted: Iterable[object]) -> tuple[str, ...]:
        """Collect the nodes that a call waits for without taking data from them; ``wanted`` are promises of some."""
        waits: list[object] = [*call.after, *wanted]
        group = call.group
        while group is not None:
            waits += group.after
            group = group.parent
        if not waits:
            return ()
        found: dict[str, None] = {}
        for promise in uncombined(waits):
            origin = promise._origin
            if origin.recording is not self.recording:
                self._wait_outside(promise, call.location)
            elif origin.call is not None:
                found[self.unit.ids[id(origin.call)]] = None
        return tuple(found)

    def _wait_outside(self, promise: Promise, where: Location) -> None:
        """Let the whole part wait for what something in it waits for."""
        if self.captures is None or not promise._origin.recording.encloses(self.recording):
            raise leaked(promise, where)
        self.captures.order.append(promise)


def gives_nothing(call: AnyCall) -> bool:
    """Say whether a call is one of a step without output."""
    return isinstance(call, Call) and call.step.signature.outputs.kind == "none"


def uncombined(value: object) -> Iterator[Promise]:
    """Yield the promises in a value; of a comparison those that are compared."""
    for promise in promises_in(value):
        comparison = promise._origin.comparison
        if comparison is None:
            yield promise
        else:
            yield from uncombined(comparison.operands)


def effects(values: Iterable[object]) -> list[Promise]:
    """Find the promises of steps that return None: passing one is a wish for order."""
    found = [promise for value in values if type(value) not in ATOMS for promise in promises_in(value)]
    return [promise for promise in found if promise._origin.call and gives_nothing(promise._origin.call)]


def taken_apart(value: Any) -> tuple[Any, tuple[Any, ...], list[object], str | None]:
    """Return kind, keys, items and class of a collection."""
    if isinstance(value, dict):
        return "dict", tuple(value), list(value.values()), None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return (
            "namedtuple",
            value._fields,
            list(value),
            f"{module_name(type(value).__module__)}:{type(value).__qualname__}",
        )
    kind = next(kind for kind in (list, tuple, set, frozenset) if isinstance(value, kind))
    return kind.__name__.removeprefix("frozen"), (), list(value), None


def in_order(items: tuple[Binding, ...]) -> tuple[Binding, ...]:
    """Sort the items of a set, which come in another order each time."""
    return tuple(sorted(items, key=render_binding))


def _scalar(value: Any) -> object:
    """Return a scalar of NumPy as Python's own; anything else as it is."""
    is_numpy = type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0
    return value.item() if is_numpy else value
