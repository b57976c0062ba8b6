"""Decide who owns a file: the project, an installed distribution, the standard library or Penstock."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from attrs import frozen

from ..roots import MARKERS
from .distributions import Distribution, Distributions

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))) + os.sep
_OWN_FOLDERS = frozenset({"dsl", "compilers", "runtime", "__init__.py"})
_COMPILERS = ("_cython_", "pybind11_", "nanobind")
"""Beginnings of the names of modules without a file in which compiled extensions keep their types."""

_INSTALLED = ("site-packages", "dist-packages")


@frozen(eq=False, repr=False)
class Owner:
    """Who a file belongs to: ``project``, ``distribution``, ``standard library`` or ``penstock``."""

    kind: str
    distribution: Distribution | None = None


PROJECT = Owner("project")
STANDARD = Owner("standard library")
PENSTOCK = Owner("penstock")


class Ownership:
    """Answers who owns what, remembering it by file."""

    def __init__(self, roots: Sequence[Path] = (), distributions: Distributions | None = None) -> None:
        self.distributions = distributions if distributions is not None else Distributions()
        self._roots = tuple(os.path.realpath(root) for root in roots)
        self.roots = tuple(sorted(self._roots, key=_longest_first))
        self._files: dict[str, Owner] = {}
        self._folders: dict[str, str] = {}
        self._found: dict[str, str] = {}
        self._relative: dict[str, str] = {}
        self._standard = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}

    def of_file(self, file: str) -> Owner:
        """Return the owner of a file, which may be an archive member or have gone."""
        owner = self._files.get(file)
        if owner is None:
            owner = self._files[file] = self._decide(self._real(file))
        return owner

    def _real(self, file: str) -> str:
        """Return the real path of a file, asking the file system for that of its folder once."""
        folder, name = os.path.split(file)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        real = os.path.join(self._folders[folder], name)
        return os.path.realpath(real) if os.path.islink(real) else real

    def of_module(self, module: ModuleType) -> Owner:
        """Return the owner of a loaded module."""
        found = module.__dict__.get("__file__") or self._origin(module)
        if isinstance(found, str) and found in self._files:
            return self._files[found]
        if isinstance(found, str) and found not in ("built-in", "frozen"):
            return self.of_file(found)
        return self.of_missing_file(str(module.__dict__.get("__name__", "")))

    def of_missing_file(self, name: str) -> Owner:
        """Return the owner of a module without a file: it is built in, or the project made it."""
        top = name.partition(".")[0]
        if top == "penstock":
            return PENSTOCK
        compiled = top.startswith(_COMPILERS) or (top in sys.stdlib_module_names and top != "__main__")
        return STANDARD if compiled else PROJECT

    @staticmethod
    def _origin(module: ModuleType) -> str | None:
        """Return what a namespace package or a frozen module came from."""
        spec = module.__dict__.get("__spec__")
        origin = getattr(spec, "origin", None)
        places = list(module.__dict__.get("__path__") or ())
        return origin or (str(places[0]) if places else None)

    def _decide(self, file: str) -> Owner:
        if file.startswith(_PACKAGE) and file[len(_PACKAGE) :].partition(os.sep)[0] in _OWN_FOLDERS:
            return PENSTOCK
        distribution = self.distributions.owner(file)
        if distribution is not None:
            return PENSTOCK if distribution.name == "penstock" else Owner("distribution", distribution)
        return STANDARD if self._is_standard(file) else PROJECT

    def _is_standard(self, file: str) -> bool:
        inside = any(file.startswith(folder + os.sep) for folder in self._standard)
        return inside and not any(f"{os.sep}{name}{os.sep}" in file for name in _INSTALLED)

    def root(self, file: str) -> str:
        """Return the folder that names of this project file are relative to."""
        folder = os.path.dirname(self._real(file))
        if folder not in self._found:
            self._found[folder] = self._given_root(folder) or _marked_root(folder) or _import_root(folder)
            self.roots = tuple(sorted({*self._roots, *self._found.values()} - {os.sep}, key=_longest_first))
        return self._found[folder]

    def _given_root(self, folder: str) -> str | None:
        holding = [root for root in self._roots if folder == root or folder.startswith(root + os.sep)]
        return max(holding, key=len, default=None)

    def place(self, path: str) -> str | None:
        """Write an absolute path relative to the root of the project it lies in; None if it lies in none that is known."""
        root = next((root for root in self.roots if path == root or path.startswith(root + os.sep)), None)
        return None if root is None else os.path.relpath(path, root).replace(os.sep, "/")

    def relative(self, file: str) -> str:
        """Write a file relative to its root with forward slashes; what is no file of the project as it is."""
        if file not in self._relative:
            self._relative[file] = self._relative_to_root(file)
        return self._relative[file]

    def _relative_to_root(self, file: str) -> str:
        if file.startswith("<") or not os.path.isabs(file):
            return file if file.startswith("<") else file.replace(os.sep, "/")
        real, root = self._real(file), self.root(file)
        inside = real[len(root) + 1 :] if real.startswith(root + os.sep) else os.path.relpath(real, root)
        return inside.replace(os.sep, "/")


def _longest_first(root: str) -> tuple[int, str]:
    return -len(root), root


def _marked_root(folder: str) -> str | None:
    path = Path(folder)
    marked = (place for place in (path, *path.parents) if any((place / marker).exists() for marker in MARKERS))
    found = next(marked, None)
    return str(found) if found is not None else None


def _import_root(folder: str) -> str:
    """Return the entry of the import path that a folder lies under, or the folder itself."""
    entries = {os.path.realpath(entry or os.getcwd()) for entry in sys.path}
    holding = [entry for entry in entries if folder == entry or folder.startswith(entry + os.sep)]
    return max(holding, key=len, default=folder)
