"""Identify a program that a step runs in a process of its own: a command by its words, a script by all that it imports."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .. import fingerprints
from .encoding import joined, scalar, seal, text
from .externals import penstock
from .nodes import Node

if TYPE_CHECKING:
    from .reach import Walker
    from .scripts import Part

PROTOCOL = "__penstock_program__"
"""The method by which an object of Penstock says that it is a program: its script (None for a command) and its other facts."""


def expand_program(walker: Walker, node: Node, value: Any) -> bool:
    """Fill the node of a program, and say whether it is one."""
    tell = getattr(type(value), PROTOCOL, None)
    if tell is None:
        return False
    file, facts = tell(value)
    node.kind, node.name = "function", os.path.splitext(os.path.basename(file))[0] if file else "command"
    node.content = seal("program", joined(scalar(fact) or text(repr(fact)) for fact in facts))
    node.notes = lambda: [("attribute arguments", repr(facts))]
    node.edges = [penstock(walker)]
    if file:
        _add_script(walker, node, file)
    return True


def script_of(value: object) -> str | None:
    """Return the file of the script that an object runs; None for anything else."""
    tell = getattr(type(value), PROTOCOL, None)
    return None if tell is None else tell(value)[0]


def _add_script(walker: Walker, node: Node, file: str) -> None:
    script = fingerprints.Script(walker, file)
    _fill(walker, node, file, script.parts(file))
    for name, path in script.modules():
        module = Node("module", name)
        _fill(walker, module, path, script.parts(path))
        node.edges.append(module)
    node.edges += script.externals()
    for reason in script.computed():
        node.watch("sources", reason)


def _fill(walker: Walker, node: Node, file: str, parts: list[Part] | None) -> None:
    """Put what counts of a file into its node: the statements, or the bytes of what is no Python source."""
    node.file, node.line = walker.ownership.relative(file), 1
    if parts is None:
        node.content = seal("file", node.content, _bytes(file))
        return
    node.content = seal("source", node.content, *(part.digest for part in parts))
    node.text = "\n".join(part.shown for part in parts)


def _bytes(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return b"missing"
