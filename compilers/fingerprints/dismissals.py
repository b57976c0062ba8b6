"""Decide, over live objects, which calls a project declares not to count."""

from __future__ import annotations

import builtins
import importlib
import inspect
import sys
import types
from collections.abc import Iterator, Sequence
from typing import final

from .forms import Call, ImportOrigin
from .ownership import Ownership
from .resolution import absolute
from .sources import Sources
from .tables import Table

_NOTHING = object()


@final
class Dismissals:
    """Chooses the table of a source without the calls that ``listed`` names: modules, functions, classes or objects.

    A call counts as listed if its function is defined in a listed module, or is, or belongs to, a listed object. A method
    counts so only on an instance of a class that is defined there too: what the project derives from it is the project's.
    """

    def __init__(self, listed: Sequence[str], sources: Sources, ownership: Ownership) -> None:
        """Load what is listed, so that nothing hangs on whether something else did."""
        self._listed = tuple(listed)
        named = [item for item in map(_named, listed) if item is not _NOTHING]
        self._named = [item for item in named if not isinstance(item, types.ModuleType)]
        self._ownership = ownership
        self._sources = sources
        self._tables: dict[tuple[str, int], tuple[Table | None, object]] = {}

    def table(self, file: str, namespace: dict[str, object]) -> Table | None:
        """Return the table of a file as a module with these globals runs it."""
        if not self._listed:
            return self._sources.table(file)
        key = (file, id(namespace))
        if key not in self._tables:
            self._tables[key] = self._chosen(file, namespace), namespace
        return self._tables[key][0]

    def _chosen(self, file: str, namespace: dict[str, object]) -> Table | None:
        table = self._sources.table(file)
        calls = table.calls if table is not None else ()
        gone = frozenset(call for call in calls if self._is_listed(call, namespace))
        return self._sources.table(file, gone) if gone else table

    def _is_listed(self, call: Call, namespace: dict[str, object]) -> bool:
        found = list(self._objects(call, namespace))
        if not found or found[-1] is _NOTHING or not callable(found[-1]):
            return False
        if any(item is listed or type(item) is listed for item in found for listed in self._named):
            return True
        return self._is_defined_there(found[-1]) and all(map(self._may_lead_there, found[:-1]))

    def _may_lead_there(self, holder: object) -> bool:
        """Tell whether what a function is read from is a module, or a listed class or an instance of one."""
        if isinstance(holder, types.ModuleType):
            return True
        return self._is_defined_there(holder if isinstance(holder, type) else type(holder))

    def _is_defined_there(self, value: object) -> bool:
        receiver = getattr(value, "__self__", None)
        if receiver is not None and not isinstance(receiver, types.ModuleType) and not self._may_lead_there(receiver):
            return False
        home = inspect.getattr_static(value, "__module__", None)
        home = home if isinstance(home, str) else getattr(getattr(value, "__func__", value), "__module__", None)
        return isinstance(home, str) and self._is_below(home)

    def _objects(self, call: Call, namespace: dict[str, object]) -> Iterator[object]:
        """Yield what the parts of a call's name stand for, without running any of it; a mark where one stands for nothing."""
        name, origin, attributes = call
        value = namespace.get(name, getattr(builtins, name, _NOTHING)) if not origin else self._taken(origin, namespace)
        yield value
        for attribute in attributes:
            value = _attribute(value, attribute)
            yield value

    def _taken(self, origin: ImportOrigin, namespace: dict[str, object]) -> object:
        """Return what an import inside a function binds, if that does not hang on what else happens to be loaded."""
        name = absolute(namespace, origin[0], origin[1])
        found = sys.modules.get(name)
        if not isinstance(found, types.ModuleType):
            return _NOTHING
        if not self._is_below(name) and self._ownership.of_module(found).kind != "project":
            return _NOTHING
        return found if origin[2] is None else _attribute(found, origin[2])

    def _is_below(self, module: str) -> bool:
        return any(module == name or module.startswith(f"{name}.") for name in self._listed)


def _attribute(value: object, name: str) -> object:
    found = inspect.getattr_static(value, name, _NOTHING)
    return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found


def _named(name: str) -> object:
    """Return what a dotted name stands for: in the longest part of it that is a module, or a builtin."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        found: object = _loaded(".".join(parts[:length]))
        if found is None:
            continue
        for part in parts[length:]:
            found = _attribute(found, part)
        return found
    return getattr(builtins, name, _NOTHING)


def _loaded(name: str) -> object:
    try:
        return importlib.import_module(name)
    except Exception:  # it is not there, or its own code fails, and then none of its functions is called
        return None
