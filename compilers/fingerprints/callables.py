"""Expand what can be called or sits in a class besides functions: methods, partials, properties, caches, C code."""

from __future__ import annotations

import functools
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .encoding import seal, text, texts
from .externals import external
from .nodes import Node

if TYPE_CHECKING:
    from .reach import Walker


def expand_method(walker: Walker, node: Node, method: types.MethodType) -> None:
    """Fill the node of a bound method: its receiver and its function."""
    _fill(walker, node, "method", method.__self__, method.__func__)


def expand_partial(walker: Walker, node: Node, partial: Any) -> None:
    """Fill the node of a partial: its function and what is bound already."""
    _fill(walker, node, "partial", partial.func, partial.args, dict(partial.keywords), dict(partial.__dict__))
    node.content = seal("partial", text(type(partial).__name__), texts(map(str, partial.keywords)))


def expand_wrapping(walker: Walker, node: Node, wrapper: Any) -> None:
    """Fill the node of a static or class method."""
    _fill(walker, node, type(wrapper).__name__, wrapper.__func__)


def expand_property(walker: Walker, node: Node, found: property) -> None:
    """Fill the node of a property."""
    _fill(walker, node, "property", found.fget, found.fset, found.fdel)


def expand_cached_property(walker: Walker, node: Node, found: functools.cached_property[Any]) -> None:
    """Fill the node of a cached property: its function, not its lock."""
    _fill(walker, node, "cached_property", found.func, found.attrname)


def expand_singledispatchmethod(walker: Walker, node: Node, found: functools.singledispatchmethod[Any]) -> None:
    """Fill the node of a method that dispatches on its first argument."""
    _fill(walker, node, "singledispatchmethod", found.func, found.dispatcher)


def expand_lru_cache(walker: Walker, node: Node, cached: Any) -> None:
    """Fill the node of a cached function: the function and the cache's settings, not its content."""
    _fill(walker, node, "lru_cache", cached.__wrapped__, dict(cached.cache_parameters()))


def expand_code(walker: Walker, node: Node, code: types.CodeType) -> None:
    """Fill the node of a bare code object."""
    node.kind = "code"
    node.content = seal("code object", walker.sources.code(code))


def expand_cell(walker: Walker, node: Node, cell: types.CellType) -> None:
    """Fill the node of a bare cell."""
    try:
        _fill(walker, node, "cell", cell.cell_contents)
    except ValueError:
        _fill(walker, node, "empty cell")


def _fill(walker: Walker, node: Node, kind: str, *parts: object) -> None:
    node.kind = kind
    node.content = seal("callable", text(kind), b"%d" % len(parts))
    node.edges = [walker.node(part) for part in parts]


def expand_descriptor(walker: Walker, node: Node, descriptor: Any) -> None:
    """Fill the node of a method, slot or attribute written in C: its class and its name."""
    kind = descriptor.__objclass__
    node.kind, node.name = "descriptor", f"{kind.__qualname__}.{descriptor.__name__}"
    node.content = seal("descriptor", text(type(descriptor).__name__), text(descriptor.__name__))
    if walker.owner_of_module_name(str(kind.__module__)).kind != "project":
        node.edges = [walker.node(kind)]


def expand_builtin(walker: Walker, node: Node, function: Any) -> None:
    """Fill the node of a C function: its module and name, with its receiver if it is bound to a value."""
    receiver = function.__self__
    if receiver is not None and not isinstance(receiver, types.ModuleType):
        _expand_bound(walker, node, function, receiver)
        return
    module = str(function.__module__ or getattr(receiver, "__name__", None) or "builtins")
    owner = walker.owner_of_module_name(module)
    name = f"{module}.{function.__qualname__}"
    whole = external(walker, owner, name, detail=_compiled(module) if owner.kind == "project" else b"")
    node.kind, node.name, node.content, node.edges = whole.kind, name, whole.content, list(whole.edges)


def _expand_bound(walker: Walker, node: Node, function: Any, receiver: object) -> None:
    node.kind = "bound"
    node.content = seal("bound", text(str(function.__name__)))
    node.edges = [walker.node(receiver)]


def _compiled(module: str) -> bytes:
    """Digest the file of an extension module that belongs to the project."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return seal("extension", Path(file).read_bytes()) if isinstance(file, str) and os.path.isfile(file) else b""
