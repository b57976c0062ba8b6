"""Load what a package offers when it is first asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping

from .garbage import collection_held_back


def loaded_on_first_use(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package; ``homes`` maps the names it loads to the modules that they are in, as seen from the package.

    Type checkers and readers get the same names by imports under ``TYPE_CHECKING``.
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        with collection_held_back():  # what modules of ours make stays
            value = getattr(importlib.import_module(f".{homes[name]}", package), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
