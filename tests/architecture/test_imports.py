"""The layers: who may import whom, proven on every module; and the proof itself is tested on wrong trees."""

from __future__ import annotations

import ast
import functools
import graphlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import penstock
import pytest

PACKAGE = Path(penstock.__file__).parent.resolve()
FOLDERS = ("dsl", "compilers", "runtime")

LAYERS = {
    "dsl": "dsl",
    "compilers": "compilers",
    "compilers.datapaths": "compilers.errors",  # hands on a class of dsl, as errors does
    "compilers.deferral": "compilers.errors",
    "compilers.errors": "compilers.errors",
    "compilers.garbage": "compilers.errors",
    "compilers.lowering": "compilers.lowering",
    "compilers.statuses": "compilers.errors",
    "runtime": "runtime",
    "runtime.asking": "runners",
    "runtime.bundles": "runners",
    "runtime.client": "runners",
    "runtime.explaining": "runners",
    "runtime.launching": "runners",
    "runtime.preparing": "runners",
    "runtime.publishing": "drivers",
    "runtime.runners": "runners",
    "runtime.cli": "drivers",
    "runtime.server": "drivers",
}
"""Which layer a module belongs to: its own entry, or that of the nearest package above it."""

ALLOWED = {
    "dsl": {"dsl"},
    "compilers.errors": {"compilers.errors", "dsl"},
    "compilers.lowering": {"compilers.lowering", "compilers.errors", "compilers", "dsl"},
    "compilers": {"compilers", "compilers.errors"},
    "runtime": {"runtime", "compilers", "compilers.errors"},
    "runners": {"runners", "runtime", "compilers", "compilers.errors", "compilers.lowering"},
    "drivers": {"drivers", "runners", "runtime", "compilers", "compilers.errors", "compilers.lowering"},
}
"""What each layer may import. The root gathers and is imported by nobody."""

PACKAGES = {
    "dsl", "dsl.library", "compilers", "compilers.fingerprints", "compilers.linting", "compilers.lowering", "compilers.passes", "compilers.targets", "compilers.targets.azureml", "runtime",
    "runtime.azure", "runtime.azure.emulator", "runtime.bundles", "runtime.cli", "runtime.clusters", "runtime.client", "runtime.datastores", "runtime.endpoints", "runtime.executors", "runtime.history", "runtime.history.migrations", "runtime.runners",
    "runtime.server", "runtime.server.hosts", "runtime.server.pages", "runtime.server.routes", "runtime.store", "runtime.store.codecs", "runtime.terminal",
}  # fmt: skip
"""Every package there may be. A new one is put here, and into a layer, on purpose."""

VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "misc", "base"}


class Import(NamedTuple):
    """One import of our own: ``target`` is the module that is loaded, ``is_top`` whether at import time."""

    source: str
    target: str
    line: int
    is_top: bool
    is_typing: bool


def modules(root: Path) -> dict[str, Path]:
    """Return every module under the package's folders by its dotted name; the root's is empty."""
    files = [root / "__init__.py", *(file for folder in FOLDERS for file in sorted((root / folder).rglob("*.py")))]
    return {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix("__init__").rstrip("."): file
        for file in files
    }


def imports(root: Path) -> Iterator[Import]:
    """Yield every import of our own modules in a tree."""
    known = modules(root)
    for source, file in known.items():
        for node, is_top, is_typing in statements(file.read_text(encoding="utf-8")):
            for target in targets(node, source, file.name == "__init__.py", known):
                yield Import(source, target, node.lineno, is_top, is_typing)


@functools.cache
def statements(text: str) -> tuple[tuple[ast.Import | ast.ImportFrom, bool, bool], ...]:
    """Return the import statements of a module; the copies of a tree have nearly all modules in common."""
    return tuple(walk(ast.parse(text), True, False))


def walk(node: ast.AST, is_top: bool, is_typing: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool, bool]]:
    """Yield import statements, with whether they stand outside functions and whether under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, is_top, is_typing
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guarded = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from walk(child, is_top and not inside, is_typing or guarded)


def targets(node: ast.Import | ast.ImportFrom, source: str, is_package: bool, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of ours that an import statement loads."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
        yield from (name.partition(".")[2] for name in names if name.split(".")[0] == "penstock")
        return
    if node.level:
        parts = source.split(".") if source else []
        here = parts if is_package else parts[:-1]
        base = ".".join([*here[: len(here) - node.level + 1], *filter(None, [node.module])])
    elif (node.module or "").split(".")[0] == "penstock":
        base = (node.module or "").partition(".")[2]
    else:
        return
    for alias in node.names:
        inner = f"{base}.{alias.name}".lstrip(".")
        yield inner if inner in known else base


def layer(module: str) -> str:
    """Return the layer of a module."""
    while module not in LAYERS:
        module = module.rpartition(".")[0]
    return LAYERS[module]


def faults(root: Path) -> Iterator[str]:
    """Yield everything that is wrong with the imports of a tree."""
    found = list(imports(root))
    for one in found:
        if one.source == "":
            continue
        where = f"{one.source}:{one.line}"
        if one.target == "":
            yield f"{where} imports the root"
        elif layer(one.target) not in ALLOWED[layer(one.source)]:
            yield f"{where} ({layer(one.source)}) imports {one.target} ({layer(one.target)})"
        if not one.is_top and not one.source.startswith("runtime.cli"):
            yield f"{where} imports {one.target} inside a function"
    yield from cycles(found)
    yield from misplaced(root)


def cycles(found: list[Import]) -> Iterator[str]:
    """Yield the circle in what is imported at import time, if there is one."""
    needs: dict[str, set[str]] = {}
    for one in found:
        if one.is_top and not one.is_typing and one.source and one.target != one.source:
            needs.setdefault(one.source, set()).add(one.target)
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        yield f"modules import each other in a circle: {' <- '.join(error.args[1])}"


def misplaced(root: Path) -> Iterator[str]:
    """Yield modules in no layer, packages that nobody listed, vague names, and strangers at the root."""
    known = modules(root)
    for module in known:
        package = module if known[module].name == "__init__.py" else module.rpartition(".")[0]
        if package and package not in PACKAGES:
            yield f"{module} is in the package {package}, which no layer lists"
        if module.rpartition(".")[2] in VAGUE:
            yield f"{module} has a name that says nothing"
    for stranger in {file.name for file in root.glob("*.py")} - {"__init__.py"}:
        yield f"{stranger} at the root would be installed as penstock.{stranger.removesuffix('.py')}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package's modules, to break."""
    for file in modules(PACKAGE).values():
        copy = tmp_path / file.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    return tmp_path


def test_the_layers_hold():
    assert list(faults(PACKAGE)) == []


def test_every_module_is_seen():
    files = {file for folder in FOLDERS for file in (PACKAGE / folder).rglob("*.py")} | {PACKAGE / "__init__.py"}
    assert set(modules(PACKAGE).values()) == files


def test_only_the_runners_and_drivers_compile():
    lowering = {one.source for one in imports(PACKAGE) if one.target.startswith("compilers.lowering")}
    assert {layer(source) for source in lowering if source} <= {"compilers.lowering", "runners", "drivers"}


@pytest.mark.parametrize(
    ("file", "line", "fault"),
    [
        ("dsl/steps.py", "from ..compilers.graph import Graph", "(dsl) imports compilers.graph (compilers)"),
        ("dsl/steps.py", "import penstock.runtime.runs", "(dsl) imports runtime.runs (runtime)"),
        ("dsl/steps.py", "from .. import step", "imports the root"),
        ("compilers/graph.py", "from ..dsl import steps", "(compilers) imports dsl.steps (dsl)"),
        ("compilers/targets/json.py", "from ...dsl.errors import PenstockError", "(compilers) imports dsl.errors (dsl)"),
        ("compilers/graph.py", "from .lowering import lower", "(compilers) imports compilers.lowering"),
        ("compilers/values.py", "from penstock.runtime import runs", "(compilers) imports runtime.runs (runtime)"),
        ("runtime/runs.py", "from ..dsl.steps import Step", "(runtime) imports dsl.steps (dsl)"),
        ("runtime/runners/local.py", "from penstock.dsl import Step", "(runners) imports dsl (dsl)"),
        ("runtime/store/local.py", "from ..runners.local import Local", "(runtime) imports runtime.runners.local (runners)"),
        ("runtime/scheduling.py", "from .cli import main", "(runtime) imports runtime.cli (drivers)"),
        ("runtime/runners/local.py", "from ..cli import main", "(runners) imports runtime.cli (drivers)"),
        ("compilers/graph.py", "if TYPE_CHECKING:\n    from ..runtime.runs import Run", "(compilers) imports runtime.runs (runtime)"),
        ("compilers/graph.py", "def f():\n    from .values import is_plain", "imports compilers.values inside a function"),
        ("compilers/graph.py", "class A:\n    def f(self):\n        from . import values", "imports compilers.values inside a function"),
        ("compilers/values.py", "from .serialisation import to_json", "modules import each other in a circle: "),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_import_is_found(tree, file, line, fault):
    with (tree / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")
    assert any(fault in found for found in faults(tree))


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        (
            "runtime/plumbing/pipes.py",
            "runtime.plumbing.pipes is in the package runtime.plumbing, which no layer lists",
        ),
        ("dsl/inner/steps.py", "dsl.inner.steps is in the package dsl.inner, which no layer lists"),
        ("compilers/utils.py", "compilers.utils has a name that says nothing"),
        ("setup.py", "setup.py at the root would be installed as penstock.setup"),
    ],
)
def test_a_misplaced_module_is_found(tree, file, fault):
    (tree / file).parent.mkdir(exist_ok=True)
    (tree / file).touch()
    assert fault in list(faults(tree))


def test_imports_for_types_make_no_cycle_at_run_time(tree):
    with (tree / "compilers/values.py").open("a", encoding="utf-8") as stream:
        stream.write("\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .serialisation import to_json\n")
    assert list(cycles(list(imports(tree)))) == list(cycles(list(imports(PACKAGE))))
