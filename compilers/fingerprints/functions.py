"""Expand a Python function into its normal form, its defaults, its cells and all that its names stand for."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .codes import attribute_names, global_names, imported_names
from .encoding import scalar, seal, text, texts
from .externals import external, function_owner
from .forms import WATCHED_ATTRIBUTES, Use
from .nodes import Node
from .tables import Definition
from .values import summary

if TYPE_CHECKING:
    from .reach import Walker

_EMPTY = object()


def expand_function(walker: Walker, node: Node, function: types.FunctionType) -> None:
    """Fill the node of a function: by its source where that says what the code says, by its code otherwise."""
    owner = function_owner(walker, function)
    if owner.kind != "project":
        _expand_foreign(walker, node, function)
        return
    node.kind = "function"
    _describe(walker, node, function)
    definition = walker.definition(function)
    parts = _by_code(walker, node, function) if definition is None else _by_source(walker, node, function, definition)
    _close(walker, node, function, parts)


def _describe(walker: Walker, node: Node, function: types.FunctionType) -> None:
    code = function.__code__
    node.name = f"{module_label(function)}.{function.__qualname__}"
    node.own_name = function.__name__
    node.file = walker.ownership.relative(code.co_filename)
    node.line = code.co_firstlineno


def _aspects(function: types.FunctionType, annotations: str, source: str) -> dict[str, bytes]:
    return {
        "doc": scalar(function.__doc__) or b"doc",
        "names": text(function.__qualname__),
        "modules": text(str(function.__module__)),
        "annotations": text(annotations),
        "source": text(source),
    }


def module_label(function: types.FunctionType) -> str:
    """Return the name of a function's module as people know it, also when it runs as a script."""
    name = str(function.__module__ or "")
    if name != "__main__":
        return name
    file = function.__code__.co_filename.replace("\\", "/").rpartition("/")[2]
    return "__main__" if file.startswith("<") or not file.endswith(".py") else file[:-3]


def _by_source(walker: Walker, node: Node, function: types.FunctionType, definition: Definition) -> list[bytes]:
    form = definition.form
    node.text, node.line = definition.text, definition.line
    node.tell = lambda: _aspects(function, definition.annotations, definition.segment + node.file)
    for aspect in form.watched:
        node.watch(aspect, "reads attributes about code")
    names = walker.names(function.__globals__)
    names.follow(node, form.uses, function)
    if function.__closure__:
        _cells(walker, node, function, [name for name in form.free if name in function.__code__.co_freevars])
    return [b"source", form.digest, *names.labels(form)]


def _by_code(walker: Walker, node: Node, function: types.FunctionType) -> list[bytes]:
    """Identify a function without source, or whose source says something else by now, by its instructions."""
    code = function.__code__
    node.text = f"compiled code of {function.__qualname__}"
    annotations = ",".join(f"{name}: {value!s}" for name, value in sorted(function.__annotations__.items()))
    node.tell = lambda: _aspects(function, annotations, f"{node.file}:{code.co_firstlineno}")
    generated = (
        {"__qualname__", "__name__"} if code.co_filename.startswith("<") else set()
    )  # a record's __repr__ names its class
    for name in sorted(attribute_names(code) & WATCHED_ATTRIBUTES.keys() - generated):
        node.watch(WATCHED_ATTRIBUTES[name], f"reads {name}")
    uses = [Use("global", name, (), (), "unknown") for name in global_names(code)]
    uses += [Use("import", "", ((module, level, None),)) for module, level in imported_names(code)]
    walker.names(function.__globals__).follow(node, tuple(uses), function)
    _cells(walker, node, function, [])
    return [b"code", walker.sources.code(code), *map(text, global_names(code))]


def _cells(walker: Walker, node: Node, function: types.FunctionType, ordered: list[str]) -> None:
    """Add the values of the cells, those that the source names first and in its order."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    rest = sorted(cells.keys() - set(ordered))
    for name in [*ordered, *rest]:
        value = cell_value(cells[name])
        if not isinstance(value, types.ModuleType) or name in rest:
            node.edges.append(walker.missing(name) if value is _EMPTY else walker.node(value))


def cell_value(cell: types.CellType) -> object:
    """Return what a cell holds; a marker if nothing yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return _EMPTY


def _close(walker: Walker, node: Node, function: types.FunctionType, parts: list[bytes]) -> None:
    """Add what a function carries besides its code: attributes, defaults, and what its module did to the world."""
    attributes = {name: value for name, value in function.__dict__.items() if name != "__abstractmethods__"}
    node.edges += [walker.node(value) for value in attributes.values()]
    node.edges += walker.names(function.__globals__).effects
    if function.__closure__ or function.__defaults__ or function.__kwdefaults__:
        node.notes = functools.partial(_notes, function)
    positional, named = function.__defaults__ or (), function.__kwdefaults__ or None
    node.defaults = (walker.node(positional), walker.node(named)) if positional or named else walker.no_defaults
    sizes = b"%d %d %d" % (len(parts), len(attributes), len(node.edges))
    node.content = seal("function", sizes, *parts, *map(text, attributes))


def _notes(function: types.FunctionType) -> Iterator[tuple[str, str]]:
    """Yield the defaults of a function and what it closes over, but for what has a name of its own."""
    code = function.__code__
    defaults = function.__defaults__ or ()
    named = dict(zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
    for name, value in {**named, **(function.__kwdefaults__ or {})}.items():
        yield f"default {name}", summary(value)
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    for name, value in {name: cell_value(cell) for name, cell in cells.items()}.items():
        if value is not _EMPTY and not isinstance(value, (types.FunctionType, type, types.ModuleType)):
            yield f"closure {name}", summary(value)


def _expand_foreign(walker: Walker, node: Node, function: types.FunctionType) -> None:
    """Name a function beyond the project; one made at run time (a closure) counts with what it closes over."""
    owner = function_owner(walker, function)
    home = str(function.__globals__.get("__name__", function.__module__))
    qualname = function.__code__.co_qualname
    node.kind, node.name = "external", f"{home}.{qualname}"
    whole = external(walker, owner, node.name)
    node.kind = whole.kind
    node.content = whole.content
    node.edges = list(whole.edges)
    if not _is_found(home, qualname, function):
        _expand_closure(walker, node, function)


def _is_found(home: str, qualname: str, function: types.FunctionType) -> bool:
    found: object = sys.modules.get(home)
    for name in qualname.split("."):
        found = getattr(found, "__dict__", {}).get(name)
    found = getattr(found, "__func__", found)
    return found is function or (isinstance(found, types.FunctionType) and found.__code__ is function.__code__)


def _expand_closure(walker: Walker, node: Node, function: types.FunctionType) -> None:
    node.kind = "closure"
    node.own_name = function.__name__
    registry = function.__dict__.get("registry") if node.name == "functools.singledispatch.<locals>.wrapper" else None
    if registry is not None:
        _expand_dispatch(walker, node, registry)
        return
    _cells(walker, node, function, [])
    node.edges.extend(walker.node(value) for value in function.__dict__.values())
    node.edges.extend(walker.node(value) for value in (function.__defaults__ or (), function.__kwdefaults__ or None))
    node.content = seal("closure", node.content, texts(function.__dict__), b"%d" % len(node.edges))


def _expand_dispatch(walker: Walker, node: Node, registry: types.MappingProxyType[type, object]) -> None:
    """Add the registered implementations, in the order of the names of their classes: that of registration has no effect."""
    ordered = sorted(registry.items(), key=lambda item: (item[0].__module__, item[0].__qualname__))
    for kind, implementation in ordered:
        node.edges.extend((walker.node(kind), walker.node(implementation)))
    node.content = seal("singledispatch", node.content, b"%d" % len(node.edges))
