"""Read a function's signature: what goes in, what comes out, and what an item of a type is."""

from __future__ import annotations

import functools
import inspect
import itertools
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from attrs import frozen

from .errors import DefinitionError
from .locations import Location
from .options import StaticMarker

Hint: TypeAlias = Any
"""A type annotation, as Python objects: a class, ``list[int]``, ``int | None``. ``Any`` stands for unknown."""

OutputKind: TypeAlias = Literal["none", "one", "tuple", "namedtuple", "typeddict"]

NO_DEFAULT = inspect.Parameter.empty


@frozen(eq=False, repr=False)
class Input:
    """A parameter of a step or pipeline."""

    name: str
    hint: Hint
    default: object
    static: bool = False

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is NO_DEFAULT


@frozen(eq=False, repr=False)
class Outputs:
    """What a call gives back: its shape, and the names and types of its parts."""

    kind: OutputKind
    names: tuple[str, ...]
    hints: tuple[Hint, ...]
    container: type | None = None


@frozen(eq=False, repr=False)
class Signature:
    """The inputs and outputs of a function, and Python's own signature to bind calls with."""

    name: str
    python: inspect.Signature
    inputs: Mapping[str, Input]
    outputs: Outputs

    def bind(self, args: tuple[object, ...], kwargs: dict[str, object], where: Location) -> dict[str, object]:
        """Return every parameter with its value, defaults filled in. Raises DefinitionError at ``where``."""
        quick = self._quickly_bound(args, kwargs)
        if quick is not None:
            return quick
        try:
            bound = self.python.bind(*args, **kwargs)
        except TypeError as error:
            raise DefinitionError(f"{self.name}(): {error}{self._nearest(kwargs)}. It is {self}", where) from None
        bound.apply_defaults()
        return bound.arguments

    def _quickly_bound(self, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object] | None:
        """Bind the common call to the common function without asking inspect, which takes ten times as long.

        None where the function has other parameters than ``f(a, b=1)``, or the call does not fit it.
        """
        defaults = self._defaults
        if defaults is None or len(args) > len(defaults):
            return None
        if kwargs and not (defaults.keys() - itertools.islice(defaults, len(args)) >= kwargs.keys()):
            return None  # one is unknown, or given twice
        bound = {**defaults, **kwargs}
        bound.update(zip(defaults, args, strict=False))
        is_complete = len(args) + len(kwargs) == len(defaults)
        return bound if is_complete or not any(value is NO_DEFAULT for value in bound.values()) else None

    @functools.cached_property
    def _defaults(self) -> Mapping[str, object] | None:
        """The parameters with their defaults, in order; None where some are not plain ``a`` or ``b=1``."""
        parameters = self.python.parameters.values()
        if any(parameter.kind is not parameter.POSITIONAL_OR_KEYWORD for parameter in parameters):
            return None
        return {parameter.name: parameter.default for parameter in parameters}

    def bind_given(self, args: tuple[object, ...], kwargs: dict[str, object], where: Location) -> dict[str, object]:
        """Return the parameters that a call gives, without defaults; missing ones are allowed."""
        try:
            return dict(self.python.bind_partial(*args, **kwargs).arguments)
        except TypeError as error:
            raise DefinitionError(f"{self.name}(): {error}{self._nearest(kwargs)}. It is {self}", where) from None

    def _nearest(self, given: Mapping[str, object]) -> str:
        """Guess which parameter was meant by a name that there is not."""
        import difflib  # only a mistyped name needs it

        for name in given:
            close = difflib.get_close_matches(name, self.inputs, n=1)
            if name not in self.inputs and close:
                return f"; did you mean {close[0]!r}?"
        return ""

    def __str__(self) -> str:
        """Write it as people do, without the quotes that annotations kept as text would have."""
        parameters = [_unquoted(parameter, "annotation") for parameter in self.python.parameters.values()]
        return f"{self.name}{_unquoted(self.python.replace(parameters=parameters), 'return_annotation')}"


def read_signature(function: Callable[..., object], name: str) -> Signature:
    """Read the signature of a function. Annotations that cannot be evaluated count as unknown.

    A generator function makes a list: what it yields is collected before anything else may use it.
    """
    python = inspect.signature(function)
    scope = _scope(function)
    inputs = {
        parameter.name: _read_input(parameter, evaluate(parameter.annotation, scope))
        for parameter in python.parameters.values()
    }
    returned = evaluate(python.return_annotation, scope)
    outputs = _read_outputs(_listed(returned) if is_generator(function) else returned)
    return Signature(name, python, inputs, outputs)


class _Text(str):
    """Text whose repr is itself, as inspect writes annotations by their repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _unquoted(owner: Any, field: str) -> Any:
    annotation = getattr(owner, field)
    return owner.replace(**{field: _Text(annotation)}) if isinstance(annotation, str) else owner


def is_generator(function: Callable[..., object]) -> bool:
    """Say whether calling a function gives a generator."""
    call = inspect.getattr_static(type(function), "__call__", None)
    return inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(call)


def _listed(hint: Hint) -> Hint:
    items = typing.get_args(plain(hint))
    return list[items[0]] if items else list  # type: ignore[valid-type]  # the type that is yielded


def _scope(function: Callable[..., object]) -> dict[str, object]:
    """Collect the names that annotations may use."""
    inner = inspect.unwrap(getattr(function, "func", function))
    inner = getattr(inner, "__func__", inner)
    scope = dict(getattr(inner, "__globals__", {}))
    code, cells = getattr(inner, "__code__", None), getattr(inner, "__closure__", None) or ()
    for name, cell in zip(getattr(code, "co_freevars", ()), cells, strict=False):
        try:
            scope[name] = cell.cell_contents
        except ValueError:  # an empty cell: the name is not bound yet
            continue
    return scope


def evaluate(annotation: object, scope: dict[str, object]) -> Hint:
    """Turn an annotation into a type; ``Any`` where there is none or where its names are not there at run time."""
    if annotation is inspect.Parameter.empty:
        return Any
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, scope, include_extras=True)["it"]
    except Exception:  # names under TYPE_CHECKING, syntax of a later Python: unknown, never an error
        return Any


def _read_input(parameter: inspect.Parameter, hint: Hint) -> Input:
    static = any(isinstance(extra, StaticMarker) for extra in getattr(hint, "__metadata__", ()))
    hint = plain(hint)
    if parameter.default is None and hint is not Any:
        hint = hint | None if _is_joinable(hint) else Any  # `x: int = None` is written often, and means this
    if parameter.kind is parameter.VAR_POSITIONAL:
        return Input(parameter.name, tuple[hint, ...], ())
    if parameter.kind is parameter.VAR_KEYWORD:
        return Input(parameter.name, dict[str, hint], {})
    has_value = parameter.default is not parameter.empty and parameter.default is not None
    if parameter.annotation is parameter.empty and has_value:
        hint = type(parameter.default)
    return Input(parameter.name, hint, parameter.default, static)


def is_unknown(hint: Hint) -> bool:
    """Say whether a type says nothing: ``Any``, ``object``, a type variable, a name that could not be evaluated."""
    return hint is Any or hint is object or isinstance(hint, typing.TypeVar | str | typing.ForwardRef)


def origin_of(hint: Hint) -> Any:
    """Return what a generic type is made from: ``list`` for ``list[int]``; None for a class."""
    return typing.get_origin(hint)


def _is_joinable(hint: Hint) -> bool:
    try:
        return bool(hint | None)
    except TypeError:
        return False


def plain(hint: Hint) -> Hint:
    """Strip ``Annotated``."""
    return plain(hint.__origin__) if origin_of(hint) is typing.Annotated else hint


def _read_outputs(hint: Hint) -> Outputs:
    hint = plain(hint)
    if hint is None or hint is type(None):
        return Outputs("none", (), ())
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        fields = _field_hints(hint)
        return Outputs("namedtuple", hint._fields, tuple(fields.get(name, Any) for name in hint._fields), hint)
    if typing.is_typeddict(hint) and not _has_optional_keys(hint):
        fields = _field_hints(hint)
        return Outputs("typeddict", tuple(fields), tuple(fields.values()), hint)
    items = typing.get_args(hint)
    if origin_of(hint) is tuple and items and Ellipsis not in items:
        return Outputs("tuple", tuple(f"output_{index}" for index in range(len(items))), items, tuple)
    return Outputs("one", ("output",), (hint,))


def assembled(outputs: Outputs, parts: Sequence[object]) -> object:
    """Put the parts of several outputs together as the signature says: a tuple, a NamedTuple, or the dict of a TypedDict."""
    if outputs.kind == "tuple":
        return tuple(parts)
    if outputs.kind == "typeddict":
        return dict(zip(outputs.names, parts, strict=True))
    return outputs.container(*parts)  # type: ignore[misc]  # a NamedTuple class


def _has_optional_keys(hint: Any) -> bool:
    """Say whether a TypedDict may lack keys; ``__optional_keys__`` does not know where annotations are text."""
    try:
        marked = typing.get_type_hints(hint, include_extras=True)
    except Exception:  # as in evaluate()
        marked = {}
    return bool(hint.__optional_keys__) or any(origin_of(field) is typing.NotRequired for field in marked.values())


def _field_hints(hint: type) -> dict[str, Hint]:
    try:
        return typing.get_type_hints(hint)
    except Exception:  # as in evaluate()
        return dict.fromkeys(hint.__annotations__, Any)


def item_hint(hint: Hint, key: str | int) -> Hint:
    """Return the type of ``value[key]`` for a value of type ``hint``; ``Any`` when unknown."""
    origin, items = origin_of(hint), typing.get_args(hint)
    if typing.is_typeddict(hint):
        return _field_hints(hint).get(str(key), Any)
    if origin is tuple and Ellipsis not in items:
        return items[key] if isinstance(key, int) and -len(items) <= key < len(items) else Any
    if not isinstance(origin, type) or not items:
        return Any
    if issubclass(origin, abc.Mapping):
        return items[-1]
    if issubclass(origin, abc.Sequence):
        return items[0]
    return Any


def type_name(hint: Hint) -> str:
    """Write a type as people write it: ``DataFrame``, ``list[int]``, ``str | None``; the same on every Python."""
    if hint is None or hint is type(None):
        return "None"
    if hint is Ellipsis:
        return "..."
    origin, items = origin_of(hint), typing.get_args(hint)
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, items))}]"
    if origin is typing.Union or origin is types.UnionType:
        return " | ".join(map(type_name, items))
    if origin is None or not items:
        return str(getattr(hint, "__name__", hint))
    if isinstance(items[0], list):  # Callable[[int], str]
        return f"Callable[[{', '.join(map(type_name, items[0]))}], {type_name(items[1])}]"
    return f"{getattr(origin, '__name__', origin)}[{', '.join(map(type_name, items))}]"
