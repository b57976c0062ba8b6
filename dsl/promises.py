"""Stand for a value that will exist when the pipeline runs, and refuse to be used as if it were there.

Only what can be computed without a worker is allowed: to compare, and to combine truth values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, final

from attrs import define, field, frozen

from .comparability import are_ordered, is_bool, is_truth
from .errors import PromiseUsedAsValue
from .locations import Location, caller
from .placeholders import Placeholder
from .signatures import Hint, item_hint, type_name

if TYPE_CHECKING:
    from .calls import AnyCall
    from .recording import Recording


@frozen(eq=False)
class Comparison:
    """A comparison of two values, or a combination of truth values, of which at least one is a promise."""

    operator: str
    operands: tuple[object, ...]

    def __str__(self) -> str:
        return f"the comparison ({self.operator}) with {self.operands[-1]!r}"


@define(eq=False)  # treated as frozen; attrs takes three times as long to fill a frozen one, and there is one a call
class Origin:
    """Where a promise comes from: a call's output, or a parameter or a comparison (then ``call`` is None)."""

    recording: Recording
    call: AnyCall | None
    name: str
    hint: Hint
    path: tuple[str | int, ...] = ()
    location: Location | None = field(default=None)
    comparison: Comparison | None = None

    def __str__(self) -> str:
        items = "".join(f"[{item!r}]" for item in self.path)
        if self.comparison is not None:
            return f"{self.comparison}, made at {self.location}"
        if self.call is None:
            return f"the parameter {self.name}{items} of {self.recording.title}"
        output = "" if self.name == "output" else f"output {self.name!r} of "
        return f"{output}{self.call.name}(){items}, called at {self.call.location}"


@final
class Promise(Placeholder):
    """What a step call gives back inside a pipeline: a value that will exist when the step has run.

    Pass it on to other steps, select an item with ``promise["key"]`` or ``promise[0]``, compare it, or return it. Whatever
    needs the value itself (``if``, ``for``, ``len``, arithmetic, attributes) belongs into a step and is refused here.
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
_NO_BRANCH = (
    "Decide inside a step, or with `when(condition, then, otherwise)`; combine conditions with `&`, `|` and `~`, as in "
    "`(a < b) & (b < c)`"
)
_NO_LOOP = (
    "Loop inside a step; or call a step for each item, `use(each(items))`; or annotate the step `-> tuple[A, B]` to unpack "
    "its outputs; or loop over a plain list and call the step in the loop"
)
_NO_TEXT = "Format inside a step; repr(promise) describes the promise itself"

_REFUSED: Mapping[str, tuple[str, str]] = {
    "__bool__": ("used as a condition (`if`, `and`, `or`, `not`, `while`)", _NO_BRANCH),
    "__iter__": ("iterated over (`for`, unpacking, `list()`)", _NO_LOOP),
    "__next__": ("iterated over (`next()`)", _NO_LOOP),
    "__reversed__": ("iterated over (`reversed()`)", _NO_LOOP),
    "__len__": ("measured with len()", "Return the length from a step"),
    "__contains__": ("searched with `in`", "Decide inside a step, or compare with `==` and combine with `|`"),
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
    "__reduce_ex__": (
        "copied or pickled",
        "Pass it to a step as an argument of its own, or inside a list, tuple or dict",
    ),
}

_ARITHMETIC = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "lshift": "<<", "rshift": ">>", "xor": "^", "divmod": "divmod()",
}  # fmt: skip
_UNARY = {"neg": "-", "pos": "+", "abs": "abs()", "round": "round()", "trunc": "trunc()"}
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_COMBINATIONS = {"and": "&", "or": "|"}
_UFUNCS = {
    "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
    "bitwise_and": "&", "bitwise_or": "|",
}  # fmt: skip
"""How NumPy calls the operators when its own scalars stand on the left."""


def _refusal(promise: Promise, usage: str, instead: str) -> PromiseUsedAsValue:
    origin, hint = promise._origin, instead
    if origin.call is None and origin.comparison is None and origin.recording.parent is None:
        name = type_name(origin.hint)
        hint = f"{instead}; or annotate `{origin.name}: Static[{name}]`, which makes it a plain value while recording"
    problem = f"{origin} is only a promise of a value here, and was {usage}. Nothing has run yet. {hint}."
    refusal = PromiseUsedAsValue(problem, caller())
    recording = origin.recording
    while recording.parent is not None:
        recording = recording.parent
    recording.refusal = refusal  # a library may swallow what is raised
    return refusal


def _promised(operator: str, *operands: object) -> Promise:
    """Promise the truth value of an operation; it belongs to the innermost recording that an operand belongs to."""
    recordings = [operand._origin.recording for operand in operands if isinstance(operand, Promise)]
    innermost = max(recordings, key=lambda recording: recording.depth)
    made = Origin(innermost, None, "comparison", bool, (), caller(), Comparison(operator, operands))
    return Promise(made)


def hint_of(value: object) -> Hint:
    """Return the type of a plain or promised value."""
    return value._origin.hint if isinstance(value, Promise) else type(value)


def _compared(sign: str) -> Callable[[Promise, object], Promise]:
    def method(self: Promise, other: object) -> Promise:
        if sign not in ("==", "!=") and not are_ordered(hint_of(self), hint_of(other)):
            names = f"{type_name(hint_of(self))} and {type_name(hint_of(other))}"
            raise _refusal(self, f"compared ({sign}) with {other!r}", f"There is no order between {names}")
        return _promised(sign, self, other)

    return method


def _combined(sign: str, *, reflected: bool = False) -> Callable[[Promise, object], Promise]:
    def method(self: Promise, other: object) -> Promise:
        plain = not isinstance(other, Promise)
        if not is_truth(hint_of(self)) or not (is_bool(other) if plain else is_truth(hint_of(other))):
            raise _refusal(self, f"used in arithmetic ({sign})", _IN_A_STEP)
        return _promised(sign, other, self) if reflected else _promised(sign, self, other)

    return method


def _negated(self: Promise) -> Promise:
    if not is_truth(hint_of(self)):
        raise _refusal(self, "used in arithmetic (~)", _IN_A_STEP)
    return _promised("~", self)


def _from_numpy(self: Promise, function: Any, method: str, *inputs: object, **_options: object) -> Promise:
    """Answer NumPy, which asks when one of its scalars is compared with a promise."""
    sign = _UFUNCS.get(function.__name__) if method == "__call__" and len(inputs) == 2 else None
    left: Any = inputs[0]
    if sign is None or (not isinstance(left, Promise) and left.ndim > 0):
        raise _refusal(self, "used in a NumPy function", _IN_A_STEP)
    return _promised(sign, *inputs)


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


def _allow() -> Iterator[tuple[str, Callable[..., Promise]]]:
    """List the special methods that promise a truth value."""
    for name, sign in _COMPARISONS.items():
        yield f"__{name}__", _compared(sign)
    for name, sign in _COMBINATIONS.items():
        yield from ((f"__{name}__", _combined(sign)), (f"__r{name}__", _combined(sign, reflected=True)))
    yield from (("__invert__", _negated), ("__array_ufunc__", _from_numpy))


for _name, _method in (*_forbid(), *_allow()):
    setattr(Promise, _name, _method)
Promise.__hash__ = object.__hash__  # type: ignore[method-assign]  # __eq__ promises, identity still works


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
