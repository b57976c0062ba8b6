"""Resolve expressions to what they stand for: live objects where there are any, dotted names where not, never by text alone."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, final

from attrs import evolve, frozen

from ..fingerprints.externals import builtins_of, unwrapped
from ..fingerprints.functions import cell_value
from ..fingerprints.ownership import Ownership
from ..fingerprints.resolution import absolute
from .scoping import Binding, Local, Outer, Parameter, Scoping
from .tables import Catalogue

ABSENT = object()

_READ_FOR_SIGNATURES = frozenset({"numpy", "pandas", "scipy", "sklearn"})
"""Libraries that are imported where only a function does so, since their signatures say what is random."""

_DEEPEST = 12
"""How many expressions may be followed from one to the next."""


@frozen(eq=False)
class Known:
    """What an expression stands for.

    ``name`` is the public dotted name of something beyond the project, empty for what is the project's. An instance has
    its class here, and its own ``value`` if it is alive already.
    """

    name: str
    live: Any = ABSENT
    is_instance: bool = False
    value: Any = ABSENT
    place: str = ""
    """The name of the module's global that this is, dotted."""
    is_method: bool = False


Resolved: TypeAlias = Known | None


@final
class Namer:
    """Resolves what stands in one function."""

    def __init__(
        self, function: types.FunctionType, scoping: Scoping, ownership: Ownership, catalogue: Catalogue
    ) -> None:
        self._globals = function.__globals__
        self._cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        self._scoping = scoping
        self._ownership = ownership
        self._catalogue = catalogue
        self._found: dict[int, Resolved] = {}

    def known(self, expression: ast.AST, depth: int = 0) -> Resolved:
        """Return what an expression stands for; None where that cannot be told."""
        key = id(expression)
        if key not in self._found:
            self._found[key] = None  # what refers to itself, as a name that is assigned twice
            self._found[key] = self._resolve(expression, depth) if depth < _DEEPEST else None
        return self._found[key]

    def binding(self, name: ast.Name) -> Binding:
        """Return whose a name is."""
        return self._scoping.binding(name)

    def _resolve(self, expression: ast.AST, depth: int) -> Resolved:
        match expression:
            case ast.Name():
                return self._name(self._scoping.binding(expression), depth + 1)
            case ast.Attribute(value=base, attr=attribute):
                found = self.known(base, depth + 1)
                return None if found is None else self._attribute(found, attribute)
            case ast.Call(func=function):
                found = self.known(function, depth + 1)
                return None if found is None else self._result(found)
            case ast.BinOp(left=left, op=ast.Div()):
                found = self.known(left, depth + 1)
                return _made(found) if found is not None and found.name.startswith("pathlib.") else None
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self.known(value, depth + 1)
            case ast.Constant(value=str()) | ast.JoinedStr():
                return Known("builtins.str", str, is_instance=True)
        return None

    # -- names ----------------------------------------------------------------------------------------------------

    def _name(self, binding: Binding, depth: int) -> Resolved:
        match binding:
            case Outer(name):
                value, place = self._outer(name)
                return None if value is ABSENT else self._of_value(value, name, place)
            case Parameter(annotation=annotation):
                return self._annotated(annotation, depth)
            case Local(values=values, origins=origins, parameter=parameter):
                for origin in origins:
                    return self._imported(*origin)
                assigned = (self.known(value, depth + 1) for value in values)
                first = next((found for found in assigned if found is not None), None)
                return first if first is not None or parameter is None else self._annotated(parameter.annotation, depth)

    def _outer(self, name: str) -> tuple[object, str]:
        if name in self._cells:
            value = cell_value(self._cells[name])
            return (value, name) if not _is_empty(value) else (ABSENT, "")
        if name in self._globals:
            return self._globals[name], f"{self._globals.get('__name__', '')}.{name}"
        return builtins_of(self._globals).get(name, ABSENT), ""

    def _annotated(self, annotation: ast.expr | None, depth: int) -> Resolved:
        """Return an instance of the class that an annotation names, or of the first class of a union."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = _parsed(annotation.value)
        if isinstance(annotation, ast.BinOp):
            annotation = annotation.left
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        if annotation is None:
            return None
        found = self.known(annotation, depth + 1)
        return _made(found) if found is not None and isinstance(found.live, type) else None

    def _imported(self, module: str, level: int, taken: str | None) -> Resolved:
        """Return what an import inside the function binds."""
        name = absolute(self._globals, module, level)
        if name.partition(".")[0] in _READ_FOR_SIGNATURES and name not in sys.modules:
            _load(name)
        loaded = sys.modules.get(name)
        found = self._of_value(loaded, name) if loaded is not None else Known(name)
        if taken is None or found is None:
            return found
        below = sys.modules.get(f"{name}.{taken}")
        inner = self._attribute(found, taken)
        return self._of_value(below, taken) if below is not None and (inner is None or inner.live is ABSENT) else inner

    # -- live objects ---------------------------------------------------------------------------------------------

    def _of_value(self, value: object, fallback: str, place: str = "") -> Known:
        value = unwrapped(value)
        if isinstance(value, types.ModuleType):
            return Known("" if self._is_ours(value) else value.__name__, value, place=place)
        if _is_callable_thing(value):
            return Known(self._public(value, fallback), value, place=place)
        listed = self._catalogue.name(value)
        if listed is not None:
            return Known(listed, value, place=place)
        kind = type(value)
        return Known(self._public(kind, kind.__name__), kind, is_instance=True, value=value, place=place)

    def _public(self, value: Any, fallback: str) -> str:
        """Return the dotted name of a function or class beyond the project; empty for one of the project."""
        listed = self._catalogue.name(value)
        if listed is not None and not self._is_ours(value):
            return listed
        if self._is_ours(value):
            return ""
        receiver = getattr(value, "__self__", None)
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or fallback
        if isinstance(receiver, type) and not isinstance(value, type):
            return f"{self._public(receiver, '')}.{value.__name__}"
        module = getattr(value, "__module__", None) or ("builtins" if receiver is builtins else "")
        return f"{module}.{name}" if module else str(name)

    def _is_ours(self, value: Any) -> bool:
        if isinstance(value, types.ModuleType):
            return self._ownership.of_module(value).kind == "project"
        function = getattr(value, "__func__", value)
        if isinstance(function, types.FunctionType) and not function.__code__.co_filename.startswith("<"):
            return self._ownership.of_file(function.__code__.co_filename).kind == "project"
        if not isinstance(value, type | types.FunctionType):
            return False
        module = sys.modules.get(str(getattr(value, "__module__", "")))
        return module is not None and self._ownership.of_module(module).kind == "project"

    # -- attributes and results -----------------------------------------------------------------------------------

    def _attribute(self, base: Known, attribute: str) -> Resolved:
        live = base.live
        if live is ABSENT:
            return Known(f"{base.name}.{attribute}")
        if isinstance(live, types.ModuleType):
            return self._member(base, live, attribute)
        if isinstance(live, type):
            return self._class_attribute(base, live, attribute)
        return Known(f"{base.name}.{attribute}") if base.name else None

    def _member(self, base: Known, module: types.ModuleType, attribute: str) -> Resolved:
        value = vars(module).get(attribute, ABSENT)
        if value is ABSENT and base.name:
            value = _lazily(module, attribute)
        if value is ABSENT:
            return Known(f"{base.name}.{attribute}") if base.name else None
        place = "" if base.name else f"{module.__name__}.{attribute}"
        found = self._of_value(value, attribute, place)
        return evolve(found, name=f"{base.name}.{attribute}") if base.name and found.is_instance else found

    def _class_attribute(self, base: Known, kind: type, attribute: str) -> Resolved:
        if base.is_instance and attribute in {"parent", "parents"} and base.name.startswith("pathlib."):
            return base
        owner = next((part for part in kind.__mro__ if attribute in vars(part)), None)
        value = inspect.getattr_static(kind, attribute) if owner is not None else None
        function = getattr(value, "__func__", value)
        if owner is None or isinstance(value, property) or not callable(function):
            return None
        if isinstance(function, types.FunctionType) and self._is_ours(function):
            return Known("", function, is_method=base.is_instance)
        bound = functools.partial(_bound, kind) if isinstance(function, types.FunctionType) else None
        name = f"{self._home(kind, owner)}.{attribute}"
        return Known(name, function, is_method=base.is_instance, value=bound)

    def _home(self, kind: type, owner: type) -> str:
        """Return the name of the class that a method is known by: a listed one, else the one that defines it."""
        listed = (self._catalogue.name(part) for part in kind.__mro__)
        return next((name for name in listed if name), "") or self._public(owner, owner.__name__)

    def _result(self, called: Known) -> Resolved:
        """Return what calling something gives, as far as classes and annotations tell."""
        if isinstance(called.live, type):
            return _made(called)
        annotations = getattr(called.live, "__annotations__", None)
        if called.live is ABSENT or not isinstance(annotations, Mapping):
            return None
        returned = annotations.get("return")
        if isinstance(returned, str):
            returned = self._by_text(called, returned)
        return _made(self._of_value(returned, "")) if isinstance(returned, type) else None

    @staticmethod
    def _by_text(called: Known, text: str) -> object:
        """Return the class that an annotation names which was left as text."""
        name = text.partition("|")[0].strip()
        if name == "Self" and callable(called.value):
            return called.value()
        library = sys.modules.get(called.name.partition(".")[0])
        scope = getattr(called.live, "__globals__", {})
        return scope.get(name) or (vars(library).get(name) if library is not None else None)


def _bound(kind: type) -> type:
    return kind


def _made(found: Known) -> Known:
    return Known(found.name, found.live, is_instance=True)


def _is_callable_thing(value: object) -> bool:
    return isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.MethodType | type) or _is_generated(
        value
    )


def _is_generated(value: object) -> bool:
    """Tell whether a library wraps its function in a callable of its own, as ufuncs and cached functions are."""
    return callable(value) and hasattr(value, "__name__") and hasattr(value, "__module__")


def _is_empty(value: object) -> bool:
    return type(value) is object


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _load(name: str) -> None:
    try:
        importlib.import_module(name)
    except Exception:  # the step says so when it runs
        return


def _lazily(module: types.ModuleType, attribute: str) -> object:
    """Return what a library loads when it is first asked for."""
    try:
        return getattr(module, attribute, ABSENT)
    except Exception:  # a missing extra of the library
        return ABSENT


def parameters_of(live: object) -> Iterator[inspect.Parameter]:
    """Yield the parameters that calling something takes; none where it does not say."""
    try:
        found = inspect.signature(live) if callable(live) else None
    except (TypeError, ValueError):
        return
    yield from found.parameters.values() if found is not None else ()
