"""Stand for a value that will exist when the pipeline runs, and refuse to be used as if it were there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, final

from attrs import define, field

from .errors import PromiseUsedAsValue
from .locations import Location, caller
from .signatures import Hint, item_hint, type_name

if TYPE_CHECKING:
    from .recording import Call, Recording


@define(eq=False)  # treated as frozen; attrs takes three times as long to fill a frozen one, and there is one a call
class Origin:
    """Where a promise comes from: a call's output, or a pipeline's parameter (then ``call`` is None)."""

    recording: Recording
    call: Call | None
    name: str
    hint: Hint
    path: tuple[str | int, ...] = ()
    location: Location | None = field(default=None)

    def __str__(self) -> str:
        items = "".join(f"[{item!r}]" for item in self.path)
        if self.call is None:
            return f"the parameter {self.name}{items} of pipeline {self.recording.name!r}"
        output = "" if self.name == "output" else f"output {self.name!r} of "
        return f"{output}{self.call.step.name}(){items}, called at {self.call.location}"


@final
class Promise:
    """What a step call gives back inside a pipeline: a value that will exist when the step has run.

    Pass it on to other steps, select an item with ``promise["key"]`` or ``promise[0]``, or return it. Whatever needs
    the value itself (``if``, ``for``, ``len``, arithmetic, attributes) belongs into a step and is refused here.
    """

    __slots__ = ("_origin",)
    _origin: Origin

    def __init__(self, origin: Origin) -> None:
        object.__setattr__(self, "_origin", origin)

    def __getitem__(self, key: str | int) -> Promise:
        """Select an item at run time."""
        origin = self._origin
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise _refusal(self, f"selected by {key!r}", "Select by a text or whole number, or do it in a step")
        if origin.hint in (int, float, bool, type(None)):
            raise _refusal(self, f"indexed with [{key!r}]", f"It is a {type_name(origin.hint)}, which has no items")
        hint = item_hint(origin.hint, key)
        return Promise(Origin(origin.recording, origin.call, origin.name, hint, (*origin.path, key), caller()))

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith(("__", "_repr_", "_ipython_")):  # protocols that Python and notebooks merely probe for
            raise AttributeError(name)
        raise _refusal(
            self, f"asked for its attribute {name!r}", f"Write a step that takes it and returns `value.{name}`"
        )

    def __repr__(self) -> str:
        return f"<promise of {type_name(self._origin.hint)}: {self._origin}>"


_IN_A_STEP = "Put this code into a step, which gets the value itself"
_NO_BRANCH = "Decide inside a step"
_NO_LOOP = (
    "Loop inside a step; or annotate the step `-> tuple[A, B]` to unpack its outputs; or loop over a plain list "
    "and call the step in the loop"
)
_NO_TEXT = "Format inside a step; repr(promise) describes the promise itself"

_REFUSED: Mapping[str, tuple[str, str]] = {
    "__bool__": ("used as a condition (`if`, `and`, `or`, `not`, `while`)", _NO_BRANCH),
    "__iter__": ("iterated over (`for`, unpacking, `list()`)", _NO_LOOP),
    "__next__": ("iterated over (`next()`)", _NO_LOOP),
    "__reversed__": ("iterated over (`reversed()`)", _NO_LOOP),
    "__len__": ("measured with len()", "Return the length from a step"),
    "__contains__": ("searched with `in`", _NO_BRANCH),
    "__int__": ("converted with int()", _IN_A_STEP),
    "__float__": ("converted with float()", _IN_A_STEP),
    "__complex__": ("converted with complex()", _IN_A_STEP),
    "__index__": ("used as a whole number (`range()`, an index, a slice)", _IN_A_STEP),
    "__str__": ("converted to text (`str()`, `print()`)", _NO_TEXT),
    "__format__": ("formatted (an f-string or format())", _NO_TEXT),
    "__bytes__": ("converted with bytes()", _IN_A_STEP),
    "__fspath__": ("opened as a path", "Open it inside a step whose parameter is annotated `Path`"),
    "__call__": ("called", _IN_A_STEP),
    "__enter__": ("used in `with`", _IN_A_STEP),
    "__exit__": ("used in `with`", _IN_A_STEP),
    "__aenter__": ("used in `async with`", _IN_A_STEP),
    "__aexit__": ("used in `async with`", _IN_A_STEP),
    "__aiter__": ("iterated over (`async for`)", _NO_LOOP),
    "__await__": ("awaited", "Steps are awaited by the run itself: drop the `await`"),
    "__setattr__": (
        "changed (attribute set)",
        "A step's result is changed by another step that returns the changed value",
    ),
    "__delattr__": (
        "changed (attribute deleted)",
        "A step's result is changed by another step that returns the changed value",
    ),
    "__setitem__": ("changed (item set)", "A step's result is changed by another step that returns the changed value"),
    "__delitem__": (
        "changed (item deleted)",
        "A step's result is changed by another step that returns the changed value",
    ),
    "__array__": ("converted to an array", _IN_A_STEP),
    "__array_ufunc__": ("used in a NumPy function", _IN_A_STEP),
    "__reduce_ex__": (
        "copied or pickled",
        "Pass it to a step as an argument of its own, or inside a list, tuple or dict",
    ),
}

_ARITHMETIC = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "lshift": "<<", "rshift": ">>", "and": "&", "or": "|", "xor": "^", "divmod": "divmod()",
}  # fmt: skip
_UNARY = {"neg": "-", "pos": "+", "abs": "abs()", "invert": "~", "round": "round()", "trunc": "trunc()"}
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _refusal(promise: Promise, usage: str, instead: str) -> PromiseUsedAsValue:
    hint = instead
    if promise._origin.call is None:
        name = type_name(promise._origin.hint)
        hint = f"{instead}; or annotate `{promise._origin.name}: Static[{name}]`, which makes it a plain value while recording"
    problem = f"{promise._origin} is only a promise of a value here, and was {usage}. Nothing has run yet. {hint}."
    refusal = PromiseUsedAsValue(problem, caller())
    promise._origin.recording.refusal = refusal  # a library may swallow what is raised
    return refusal


def _refuse(usage: str, instead: str) -> Callable[..., NoReturn]:
    def method(self: Promise, *_args: object, **_kwargs: object) -> NoReturn:
        raise _refusal(self, usage, instead)

    return method


def _forbid() -> Iterator[tuple[str, Callable[..., NoReturn]]]:
    """List every special method that would need the value."""
    for name, (usage, instead) in _REFUSED.items():
        yield name, _refuse(usage, instead)
    for name, sign in _ARITHMETIC.items():
        refused = _refuse(f"used in arithmetic ({sign})", _IN_A_STEP)
        yield from ((f"__{name}__", refused), (f"__r{name}__", refused))
    for name, sign in _UNARY.items():
        yield f"__{name}__", _refuse(f"used in arithmetic ({sign})", _IN_A_STEP)
    for name, sign in _COMPARISONS.items():
        yield f"__{name}__", _refuse(f"compared ({sign})", "Return the comparison from a step")


for _name, _method in _forbid():
    setattr(Promise, _name, _method)
Promise.__hash__ = object.__hash__  # type: ignore[method-assign]  # __eq__ refuses, identity still works


ATOMS = frozenset({int, float, str, bool, bytes, type(None)})
"""The commonest types of values that hold no promise, told without looking."""


def promises_in(value: Any) -> Iterator[Promise]:
    """Find the promises in a value and in the lists, tuples, sets and dicts inside it."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from promises_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from promises_in(item)


def has_promise(value: object) -> bool:
    """Say whether there is a promise in a value."""
    return type(value) not in ATOMS and next((True for _ in promises_in(value)), False)
