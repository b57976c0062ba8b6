"""Say which libraries all of some steps import, so that a worker can import them while it waits for the first of these."""

from __future__ import annotations

import sys
from abc import ABCMeta
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Final

from ..compilers.fingerprints.codes import global_names
from ..compilers.graph import FunctionRef, Node
from ..compilers.traversal import bodies, nodes_within

LIBRARIES: Final = frozenset({"numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn"})
"""What may be imported before it is asked for: nobody can tell by what it does whether that was earlier.

These say nothing, start no thread of Python's, and change neither the working folder nor handlers of signals; variables that they add stay
with the worker, as they do when a step imports them. ``tests/runtime/test_libraries.py`` tries each. What reads a user's settings or
looks for devices when it is imported (matplotlib, TensorFlow) is not here.
"""

_INSTALLED: Final = ("site-packages", "dist-packages")
"""Folders of installed distributions: a file of the project may have a library's name."""

_MADE_IN: Final = (FunctionType, BuiltinFunctionType, type, ABCMeta)
"""What else than modules is asked where it comes from. Anything else, a subclass too, may do whatever it wants when it is asked."""


def shared_libraries(nodes: Iterable[Node], attachments: Mapping[str, object]) -> tuple[str, ...]:
    """Return the modules of :data:`LIBRARIES` that each of the nodes' functions imports, in order, as this process has them.

    A step never waits, then, for the import of what it does not need. Empty where a step has environment variables or
    GPUs of its own, after which a library may look when it is imported. ``attachments`` are functions that go by value.
    """
    if LIBRARIES.isdisjoint(sys.modules):
        return ()
    # Calls of a step share both objects, so that each is looked at once.
    steps = {(id(step.function), id(step.options)): step for step in _steps(nodes)}.values()
    if any(step.options.resources.gpus or step.options.environment for step in steps):
        return ()
    found = [_imported(function, attachments) for function in dict.fromkeys(step.function for step in steps)]
    return tuple(name for name in found[0] if all(name in others for others in found)) if found else ()


def _steps(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.control is None:
            yield node
            continue
        for body in bodies(node):
            yield from (inner for inner in nodes_within(body) if inner.control is None)


def _imported(function: FunctionRef, attachments: Mapping[str, object]) -> Mapping[str, None]:
    """Return the modules of libraries that a function's module has imported, or a function that goes by value refers to."""
    names = filter(None, map(_module_of, _around(function, attachments)))
    return dict.fromkeys(name for found in names for name in _with_parents(found) if name in sys.modules)


def _around(function: FunctionRef, attachments: Mapping[str, object]) -> Iterable[object]:
    """Return what is there by name where a function is made."""
    if function.attached is None:
        module = sys.modules.get(function.module)
        return list(vars(module).values()) if isinstance(module, ModuleType) else ()
    value = attachments.get(function.attached.key)
    if not isinstance(value, FunctionType):
        return ()
    return [value.__globals__[name] for name in global_names(value.__code__) if name in value.__globals__]


def _module_of(value: object) -> str | None:
    """Return the module of a library that a value is or comes from."""
    kind: object = type(value)  # compared by identity: its own class may compare, and hash, as it likes
    name = vars(value).get("__name__") if kind is ModuleType else None
    if any(kind is made for made in _MADE_IN):
        name = value.__module__
    return name if isinstance(name, str) and _is_library(name.partition(".")[0]) else None


def _is_library(root: str) -> bool:
    if root not in LIBRARIES or root not in sys.modules:
        return False
    file = getattr(sys.modules[root], "__file__", None)
    return isinstance(file, str) and any(folder in Path(file).parts for folder in _INSTALLED)


def _with_parents(name: str) -> Iterator[str]:
    """Yield the packages that a module is in, outermost first, and the module."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))
