"""Expand a module that escapes: bound to a local name, passed on, or read by computed names."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from .encoding import scalar, seal, texts
from .externals import external
from .nodes import Node

if TYPE_CHECKING:
    from .reach import Walker

_KEPT_DUNDERS = frozenset({"__getattr__", "__all__", "__dir__"})


def expand_module(walker: Walker, node: Node, module: types.ModuleType) -> None:
    """Fill the node of a whole module: all its members where it belongs to the project, else its name."""
    owner = walker.ownership.of_module(module)
    if owner.kind != "project":
        whole = external(walker, owner, module.__name__)
        node.kind, node.name, node.content, node.edges = whole.kind, whole.name, whole.content, list(whole.edges)
        return
    node.kind, node.name = "module", module.__name__
    members = {name: value for name, value in sorted(module.__dict__.items()) if _is_member(name)}
    node.content = seal("module", texts(members))
    node.edges = [walker.bindings.reference(module.__dict__, name, value) for name, value in members.items()]
    node.edges.extend(walker.bindings.effects(module))
    node.tell = lambda: {"doc": scalar(module.__doc__) or b""}
    file = module.__dict__.get("__file__")
    node.file = walker.ownership.relative(file) if isinstance(file, str) else ""


def _is_member(name: str) -> bool:
    return name in _KEPT_DUNDERS or not (name.startswith("__") and name.endswith("__"))
