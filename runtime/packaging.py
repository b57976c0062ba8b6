"""Gather the files that a step needs where nothing of the project is: the modules it reaches, what it declares, Penstock.

A module is laid out under its own name, so that it imports from the folder's top. Along with the modules that the fingerprint
covers go those that importing them needs. What is covered decides how the package is called, not what is in it: after a
comment was edited, the package that was made before still means the same.
"""

from __future__ import annotations

import ast
import functools
import io
import os
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TypeAlias, final

from attrs import frozen
from blake3 import blake3

from ..compilers.errors import CompileError
from ..compilers.fingerprints import Manifest
from ..compilers.fingerprints.declared import DeclaredPaths, counted_files
from ..compilers.fingerprints.ownership import Ownership
from ..compilers.graph import Node
from ..compilers.targets.azureml import Lock
from ..compilers.targets.azureml.parts import meaning, steps_within
from .store.trees import hash_file

_PENSTOCK = Path(__file__).resolve().parents[1]
_LAYERS = ("dsl", "compilers", "runtime")
_KINDS = frozenset({".py", ".json", ".sql", ".typed"})
_STAYS = ("runtime/server", "runtime/cli", "runtime/azure/emulator", "compilers/linting")
"""Parts of Penstock that nothing on the other machine asks for."""


_ARCHIVE = "penstock.zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LOADER = f'''"""Load Penstock out of the archive beside this file."""

import os
import zipimport

_archive = os.path.join(os.path.dirname(os.path.abspath(__file__)), {_ARCHIVE!r})
__path__ = [os.path.join(_archive, "penstock")]
exec(zipimport.zipimporter(_archive).get_code("penstock"), globals())
'''.encode()

Content: TypeAlias = Path | bytes
"""A file of a package: where it is, or what is in it."""


@frozen
class Package:
    """What travels for a step: files by their paths in the folder, and what must be installed there."""

    files: Mapping[str, Content]
    lock: Lock

    @property
    def digest(self) -> str:
        """The blake3 of all names and contents."""
        lines = [f"{name}\0{_hash(content)}\n" for name, content in sorted(self.files.items())]
        return blake3("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()

    def write(self, folder: Path) -> None:
        """Copy the files into a folder, which is made anew unless it is there. Raises OSError."""
        for name, content in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read_bytes() if isinstance(content, Path) else content)


@final
class Packaging:
    """Makes the packages of one pipeline; what several steps have in common is looked up once."""

    def __init__(self, root: Path, manifests: Mapping[str, Manifest], *, with_penstock: bool = True) -> None:
        self._root = root
        self._manifests = manifests
        self._ownership = Ownership((root,))
        self._declared = DeclaredPaths()
        self._own: dict[str, Content] = {}
        if with_penstock:
            self._own |= {"penstock/__init__.py": _LOADER, f"penstock/{_ARCHIVE}": own_archive()}
        self._loaded: dict[str, str] = {}
        self._imports: dict[str, tuple[str, ...]] = {}

    def package(self, node: Node) -> Package:
        """Gather the files of a step. Raises CompileError for a declared file that is not there, or outside of the project."""
        manifest = self._manifest(node)
        modules = self._closure(self._start(node, manifest))
        files: dict[str, Content] = {
            **dict(_placed(modules)),
            **self._other(node, manifest, modules),
            **dict(self._declared_files(node)),
        }
        distributions = dict(manifest.distributions if manifest else ()) | dict(self._installed(modules))
        package = Package(files | self._own, Lock(_pins(distributions), *([manifest.python] if manifest else [])))
        return Package(package.files, _marked(package, self._mark(node, package)))

    def _manifest(self, node: Node) -> Manifest | None:
        """Return what the code of a node covers, that of everything inside it together; None where that is not known."""
        found = [self._manifests.get(inner.fingerprint or "") for inner in steps_within(node)]
        known = [manifest for manifest in found if manifest is not None]
        if not found or len(known) < len(found):
            return None if found else Manifest(())
        if len(known) == 1:
            return known[0]
        definitions = {part.key: part for manifest in known for part in manifest.definitions}
        distributions = {pair for manifest in known for pair in manifest.distributions}
        return Manifest(tuple(definitions.values()), tuple(sorted(distributions)), known[0].python)

    def _mark(self, node: Node, package: Package) -> str:
        """Return what tells packages of one fingerprint apart: declared contents, or all of it where there is no fingerprint."""
        if meaning(node) is None:
            return package.digest
        paths = {path for inner in steps_within(node) for path in inner.options.hash_paths}
        found = [f"{path}={self._declared.digest(self._root / path)}" for path in sorted(paths)]
        return blake3("\n".join(found).encode()).hexdigest() if found else ""

    def _start(self, node: Node, manifest: Manifest | None) -> dict[str, ModuleType]:
        """Return the modules that a step's function is in and reaches; of unknown code all that the project has loaded."""
        names = [inner.function.module for inner in steps_within(node) if not inner.function.attached]
        if manifest is None:
            names += [name for name in list(sys.modules) if self._is_projects(name)]
        else:
            by_file = self._modules_by_file()
            reached = (str(self._root / part.file) for part in manifest.definitions if part.file)
            names += [by_file[file] for file in reached if file in by_file]
        return {name: sys.modules[name] for name in dict.fromkeys(names) if self._is_projects(name)}

    def _closure(self, start: Mapping[str, ModuleType]) -> dict[str, ModuleType]:
        """Add what importing some modules imports, packages above them included."""
        found: dict[str, ModuleType] = {}
        waiting = list(start)
        while waiting:
            name = waiting.pop()
            if name in found or name not in sys.modules:
                continue
            module = found[name] = sys.modules[name]
            waiting += [above for above in _above(name) if above in sys.modules]
            waiting += [other for other in self._imported(module) if self._is_projects(other)]
        return found

    def _imported(self, module: ModuleType) -> tuple[str, ...]:
        file = _file_of(module)
        if file not in self._imports:
            self._imports[file] = tuple(imported_names(module)) if file.endswith(".py") else ()
        return self._imports[file]

    def _is_projects(self, name: str) -> bool:
        """Say whether a module is loaded from a file of the project. The main program travels by value."""
        module = sys.modules.get(name)
        if module is None or name == "__main__" or name.partition(".")[0] == "penstock":
            return False
        file = _file_of(module)
        return bool(file) and os.path.isfile(file) and self._ownership.of_file(file).kind == "project"  # noqa: PTH113 -- as the fingerprint asks

    def _modules_by_file(self) -> Mapping[str, str]:
        if not self._loaded:
            self._loaded = {os.path.realpath(_file_of(sys.modules[name])): name for name in list(sys.modules) if self._is_projects(name)}  # fmt: skip
        return self._loaded

    def _other(self, node: Node, manifest: Manifest | None, modules: Mapping[str, ModuleType]) -> dict[str, Path]:
        """Return the files that a fingerprint covers and that are no loaded modules: scripts and what they import.

        They lie to the modules as they do in the project, since a script is found from the module that names it.
        """
        roots = sorted({*map(_import_root, modules.values()), str(self._root)}, key=len, reverse=True)
        known = self._modules_by_file()
        main = (
            os.path.realpath(_file_of(sys.modules["__main__"]))
            if any(inner.function.attached for inner in steps_within(node))
            else ""
        )
        parts = {part.file: self._root / part.file for part in (manifest.definitions if manifest else ()) if part.file}
        found = [file for file in parts.values() if file.is_file() and str(file.resolve()) not in {*known, main}]
        return {_below(file, roots): file for file in found}

    def _declared_files(self, node: Node) -> Iterator[tuple[str, Path]]:
        for path in dict.fromkeys(path for inner in steps_within(node) for path in inner.options.hash_paths):
            place = self._root / path
            if not place.exists():
                raise CompileError(
                    f"step {node.id!r} declares {path!r}, which does not exist, so that it cannot be sent along"
                )
            inside = _relative(place, self._root, node)
            if place.is_file():
                yield inside, place
            else:
                yield from ((f"{inside}/{name}", Path(file)) for name, file in counted_files(str(place)))

    def _installed(self, modules: Mapping[str, ModuleType]) -> Iterator[tuple[str, str]]:
        """Yield the distributions that importing some modules needs, besides what the fingerprint covers."""
        for module in modules.values():
            for name in self._imported(module):
                file = _file_of(sys.modules[name]) if name in sys.modules else ""
                owner = self._ownership.of_file(file) if file else None
                if owner is not None and owner.distribution is not None and owner.kind == "distribution":
                    yield owner.distribution.name, owner.distribution.version


@functools.cache
def own_archive() -> bytes:
    """Return Penstock itself as one archive, the same wherever it is made: hundreds of small files are slow to send."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in own_files():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def own_files() -> Iterator[tuple[str, Path]]:
    """Yield the files of Penstock itself that a worker may need, by their paths in a package."""
    yield "penstock/__init__.py", _PENSTOCK / "__init__.py"
    for layer in _LAYERS:
        for file in sorted((_PENSTOCK / layer).rglob("*")):
            name = file.relative_to(_PENSTOCK).as_posix()
            if file.suffix in _KINDS and file.is_file() and not name.startswith(_STAYS):
                yield f"penstock/{name}", file


def imported_names(module: ModuleType) -> Iterator[str]:
    """Yield the dotted names that importing a module may load, by its source; what functions import later is not among them."""
    package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    try:
        tree = ast.parse(Path(_file_of(module)).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for statement in _statements(tree):
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        else:
            names = list(_from(statement, package))
        for name in names:
            yield from (*_above(name), name)


def _statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _statements(child)


def _from(statement: ast.ImportFrom, package: str) -> Iterator[str]:
    parts = package.split(".")
    kept = parts[: len(parts) - statement.level + 1] if statement.level else []
    base = ".".join(filter(None, [*kept, statement.module or ""]))
    yield base
    yield from (f"{base}.{alias.name}" for alias in statement.names)


def _hash(content: Content) -> str:
    if isinstance(content, bytes):
        return blake3(content).hexdigest()
    return hash_file(str(content), content.stat().st_size)


def _above(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:depth]) for depth in range(1, len(parts)))


def _file_of(module: ModuleType) -> str:
    file = module.__dict__.get("__file__")
    return file if isinstance(file, str) else ""


def _import_root(module: ModuleType) -> str:
    """Return the folder on the import path that a module was found in."""
    place = Path(_file_of(module)).resolve()
    depth = module.__name__.count(".") + (1 if hasattr(module, "__path__") else 0)
    return str(place.parents[min(depth, len(place.parents) - 1)])


def _below(file: Path, roots: Sequence[str]) -> str:
    """Write a file relative to the innermost of some folders that it lies in."""
    root = next((root for root in roots if file.resolve().is_relative_to(root)), str(file.parent))
    return file.resolve().relative_to(Path(root).resolve()).as_posix()


def _placed(modules: Mapping[str, ModuleType]) -> Iterator[tuple[str, Path]]:
    for name, module in modules.items():
        file = _file_of(module)
        if file and Path(file).is_file():
            place = name.replace(".", "/")
            yield f"{place}/{Path(file).name}" if hasattr(module, "__path__") else f"{Path(place).parent.joinpath(Path(file).name).as_posix()}", Path(file)  # fmt: skip


def _relative(place: Path, root: Path, node: Node) -> str:
    try:
        return place.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise CompileError(
            f"step {node.id!r} declares {str(place)!r}, which lies outside of the project ({root}), so that it would not be found "
            "on another machine; pass it to the step as a Path"
        ) from None


def _pins(distributions: Mapping[str, str]) -> tuple[str, ...]:
    """Return requirement lines; the local part of a version, as in ``2.2.0+cpu``, is known on the machine that built it only."""
    return tuple(f"{name}=={version.partition('+')[0]}" for name, version in sorted(distributions.items()) if version)


def _marked(package: Package, mark: str) -> Lock:
    return Lock(package.lock.packages, package.lock.python, mark)
