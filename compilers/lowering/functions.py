"""Refer to a step's function: by the name under which it can be imported, or by value."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import attrs

from ...dsl.calls import Recordable
from ...dsl.locations import Location, definition
from ...dsl.steps import Step, innermost_function
from ..fingerprints.programs import PROTOCOL
from ..graph import Attached, FunctionRef
from ..importing import importable
from ..naming import Names

if TYPE_CHECKING:
    from ...dsl.library import Program


class FunctionTable:
    """The functions of a graph. Those that nobody can import are put into ``attachments``."""

    def __init__(self, attachments: dict[str, object]) -> None:
        self._attachments = attachments
        self._known: dict[int, FunctionRef] = {}

    def refer(self, step: Recordable) -> FunctionRef:
        """Return the reference to a step's function."""
        key = id(step.function)
        if key not in self._known:
            self._known[key] = self._new(step)
        return self._known[key]

    def _new(self, step: Recordable) -> FunctionRef:
        module, qualname = home_of(step)
        ref = FunctionRef(module_name(module), qualname)
        if is_importable(step, module, qualname):
            return ref
        key = Names(self._attachments).next(f"function:{ref}")
        self._attachments[key] = step.function
        return attrs.evolve(ref, attached=Attached(key))


def home_of(step: Recordable) -> tuple[str, str]:
    """Return module and name under which a step's function should be found; a script's step is where its maker put it."""
    function: object = step.function
    if _is_program(function):
        module = function.module
        held = vars(sys.modules[module]).items() if module in sys.modules else ()
        return module, next((name for name, value in held if _holds(value, step)), function.name)
    inner = innermost_function(step.function)
    return inner.__module__, inner.__qualname__


def _is_program(function: object) -> TypeGuard[Program]:
    """Say whether a step calls a program. Most do not, and what runs programs is not loaded to find out."""
    return hasattr(type(function), PROTOCOL)


def _holds(value: object, step: Recordable) -> bool:
    return isinstance(value, Step) and value.function is step.function


def module_name(module: str) -> str:
    """Return the name that a module has when it is imported: a script run as ``__main__`` has its file's."""
    main = sys.modules.get("__main__")
    if module != "__main__" or not getattr(main, "__file__", None):
        return module
    spec = getattr(main, "__spec__", None)
    return spec.name if spec else Path(main.__file__).stem  # type: ignore[union-attr, arg-type]


def is_importable(step: Recordable, module: str, qualname: str) -> bool:
    """Say whether importing gives this very step, or its function."""
    found = importable(module, qualname)
    if found is None:
        return False
    return found is step or found is step.function or _holds(found, step)


def definition_of(recordable: Recordable) -> Location:
    """Return where the function of a step or pipeline is written."""
    function: object = recordable.function
    while function is not None:
        if _is_program(function) and function.made is not None:
            return function.made
        function = getattr(function, "__wrapped__", None)
    return definition(innermost_function(recordable.function).__code__)
