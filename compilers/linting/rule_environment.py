"""Find what a step reads out of its process's environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .examined import Examined, Scene, constant, shown
from .findings import Remark
from .scoping import Local
from .tables import Names

_VARIABLES = Names("os.environ", "os.environb")
_GETTERS = Names("os.getenv", "os.getenvb", "os.environ.get", "os.environ.pop")
_EXPANDING = Names("os.path.expandvars")
_WRITING = frozenset({"update", "setdefault", "clear", "__setitem__"})

NAMES = _VARIABLES | _GETTERS | _EXPANDING

_WHOLE = "all of them"


def environment_read(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark environment variables that are read and not declared."""
    for node, variable in _reads(code):
        if variable in scene.subject.env or (variable is None and scene.subject.env):
            continue
        which = "an environment variable" if variable is None else f"the environment variable {variable}"
        if variable == _WHOLE:
            which = "the whole environment"
        name = "NAME" if variable in (None, _WHOLE) else str(variable)
        yield Remark(
            node,
            f"{shown(node)} reads {which}, which is not part of what identifies a result",
            f'declare it, @step(env=["{name}"]), or take the value as a parameter',
        )


def _reads(code: Examined) -> Iterator[tuple[ast.AST, str | None]]:
    """Yield each read with the variable's name: None where that is computed."""
    for called in code.calls:
        if called.name in _GETTERS:
            yield called.node, _named(code, called.argument(0, "key"))
        elif called.name in _EXPANDING:
            yield called.node, None
    for node in code.nodes:
        if isinstance(node, ast.Name | ast.Attribute) and _is_variables(code, node):
            yield from _uses(code, node)


def _uses(code: Examined, node: ast.AST) -> Iterator[tuple[ast.AST, str | None]]:
    """Yield what is read from ``os.environ`` at one of its uses; calls of its methods are seen by name."""
    match code.parent(node):
        case ast.Subscript(ctx=ast.Load(), slice=key) as read:
            yield read, _named(code, key)
        case ast.Compare(left=key, comparators=[ast.Name() | ast.Attribute()]) as test:
            yield test, _named(code, key)
        case ast.Attribute(attr=method) as read:
            if method not in _WRITING and f"os.environ.{method}" not in _GETTERS:
                yield read, _WHOLE
        case ast.Subscript() | ast.AugAssign() | None:
            return
        case _:
            yield node, _WHOLE


def _is_variables(code: Examined, node: ast.AST) -> bool:
    if isinstance(node, ast.Name) and isinstance(binding := code.scoping.binding(node), Local) and not binding.origins:
        return False  # what was read before, under a name of its own
    found = code.known(node)
    return found is not None and found.name in _VARIABLES


def _named(code: Examined, key: ast.expr | None) -> str | None:
    """Return the name of a variable that is written out, here or as a constant of the module."""
    value = constant(key)
    if value is None and key is not None:
        found = code.known(key)
        value = found.value if found is not None else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None
