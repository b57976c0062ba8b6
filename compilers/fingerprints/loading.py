"""Load the modules that code imports while it runs, where they belong to the project."""

from __future__ import annotations

import importlib.util
import sys
import types
import warnings
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

from attrs import frozen

from .ownership import Owner

if TYPE_CHECKING:
    from .reach import Walker


@frozen(eq=False, repr=False)
class Beyond:
    """A module outside the project, which is not loaded to be identified."""

    owner: Owner


@frozen(eq=False, repr=False)
class Absent:
    """A module that cannot be found."""

    name: str


@frozen(eq=False, repr=False)
class Broken:
    """A module of the project that fails when it is imported; its source stands for it."""

    name: str
    file: str
    reason: str


def load(walker: Walker, name: str) -> types.ModuleType | Beyond | Absent | Broken:
    """Return a module of the project, imported if it is not yet, or why there is none.

    What it binds and registers is part of what the step does, and only importing tells; the step would do so anyway.
    """
    owner = _top_owner(walker, name.partition(".")[0])
    if owner is None:
        return Absent(name)
    if owner.kind != "project":
        return Beyond(owner)
    loaded = sys.modules.get(name)
    return loaded if loaded is not None else _import(walker, name)


def _top_owner(walker: Walker, top: str) -> Owner | None:
    module = sys.modules.get(top)
    if module is not None:
        return walker.ownership.of_module(module)
    spec = find(top)
    return None if spec is None else owner_of_spec(walker, spec)


def find(name: str) -> ModuleSpec | None:
    """Return where a module would be imported from; None if nowhere."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None


def owner_of_spec(walker: Walker, spec: ModuleSpec) -> Owner:
    """Return who owns the file that a module would be imported from."""
    places = [*(spec.submodule_search_locations or ())]
    origin = spec.origin if spec.has_location else None
    if origin or places:
        return walker.ownership.of_file(origin or f"{places[0]}/__init__.py")
    return walker.ownership.of_missing_file(spec.name)


def _import(walker: Walker, name: str) -> types.ModuleType | Absent | Broken:
    """Import a module of the project. Whatever goes wrong in it is its own affair and tells that it cannot be loaded."""
    spec = find(name)
    if spec is None:
        return Absent(name)
    walker.imported = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except (Exception, SystemExit) as problem:
        return Broken(name, str(spec.origin or ""), f"{type(problem).__name__}: {problem}")
