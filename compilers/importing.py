"""Say what another process of this program could import."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec


def importable(module: str, qualname: str) -> object:
    """Return what another process would get by importing a name, or None. What ``__main__`` defines travels by value."""
    if module == "__main__" or module not in sys.modules or not is_findable(module):
        return None
    found: object = sys.modules[module]
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


@functools.lru_cache(maxsize=4096)
def is_findable(name: str) -> bool:
    """Say whether another process with the same ``sys.path`` would import this very file under that name."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return True
    path: Sequence[str] | None = None
    spec = None
    parts = name.split(".")
    for count in range(1, len(parts) + 1):  # not by the parents in sys.modules: a test runner makes them up
        spec = _find_spec(".".join(parts[:count]), path)
        if spec is None:
            return False
        path = spec.submodule_search_locations
    file = getattr(sys.modules[name], "__file__", None)
    return spec is not None and (file is None or spec.origin == file)


def _find_spec(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    found = (finder.find_spec(name, path) for finder in sys.meta_path)
    return next((spec for spec in found if spec is not None), None)
