"""Hold the normal form of a function, and list what is watched for while it is written."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from .uses import Use

READS_LOCALS = frozenset({"locals", "eval", "exec", "vars", "dir", "currentframe", "_getframe"})
"""A function that mentions one of these may see the names of its locals, which then are not numbered."""

LOOKS_INTO_LOCALS = frozenset({"currentframe", "_getframe", "f_locals", "eval", "query"})
"""Attributes that do the same: of frames, and of tables (``frame.query("a > @limit")``)."""

WATCHED_ATTRIBUTES = {
    "__doc__": "doc",
    "__annotations__": "annotations",
    "__type_params__": "annotations",
    "__name__": "names",
    "__qualname__": "names",
    "__module__": "modules",
    "__code__": "source",
    "f_locals": "source",
    "f_lineno": "source",
    "tb_lineno": "source",
    "co_firstlineno": "source",
    "__firstlineno__": "source",
    "__subclasses__": "loaded",
    "__globals__": "loaded",
    "f_globals": "loaded",
    "f_back": "loaded",
    "tb_frame": "loaded",
    "gi_frame": "loaded",
}
"""What code that reads an attribute depends on besides normal forms: see :mod:`.aspects`."""


@frozen
class NormalForm:
    """What stripped code does, and which names from outside it does it with."""

    digest: str
    names: tuple[str, ...]
    """Global and builtin names, in order of first use: the digest only knows their positions."""
    stored: tuple[str, ...]
    """Global names that the code binds or deletes."""
    free: tuple[str, ...]
    """Names of the functions around it, in order of first use."""
    uses: tuple[Use, ...]
    watched: tuple[str, ...]
    """Aspects that the code reads, from :data:`WATCHED_ATTRIBUTES`."""

    def to_json(self) -> list[Any]:
        """Return the form as plain lists."""
        return [self.digest, self.names, self.stored, self.free, [use.to_json() for use in self.uses], self.watched]

    @classmethod
    def from_json(cls, data: list[Any]) -> NormalForm:
        """Read what :meth:`to_json` wrote."""
        digest, names, stored, free, uses, watched = data
        parsed = tuple(Use.from_json(use) for use in uses)
        return cls(digest, tuple(names), tuple(stored), tuple(free), parsed, tuple(watched))


def mentions_locals(nodes: Sequence[ast.AST]) -> bool:
    """Tell whether code may see the names of its locals; ``vars(x)`` and ``dir(x)`` look at ``x`` instead."""
    names = [node for node in nodes if type(node) is ast.Name and node.id in READS_LOCALS]
    if any(type(node) is ast.Attribute and node.attr in LOOKS_INTO_LOCALS for node in nodes):
        return True
    if not names:
        return False
    own = {node.arg for node in nodes if type(node) is ast.arg} | {
        node.id for node in names if type(node.ctx) is not ast.Load
    }
    elsewhere = {
        id(node.func)
        for node in nodes
        if type(node) is ast.Call and node.args and getattr(node.func, "id", "") in ("vars", "dir")
    }
    return any(node.id not in own and id(node) not in elsewhere for node in names)
