"""Read the imports of every module, without importing any."""

import ast
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LAYERS = ("dsl", "compilers", "runtime")


class Import(NamedTuple):
    """An import of one of our modules by another; ``where`` is "module", "function" or "typing"."""

    importer: str
    imported: str
    where: str
    line: int


def modules(root):
    """Map dotted names, without the package's own, to files."""
    found = {}
    for path in [root / "__init__.py", *(path for layer in LAYERS for path in sorted((root / layer).rglob("*.py")))]:
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root):
    """List the imports of our own modules by our own modules."""
    known = modules(root)
    return [found for name, path in known.items() for found in _imports_of(name, path, known)]


def _imports_of(name, path, known):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node, where in _with_place(tree, "module"):
        for target in _targets(node, package, known):
            yield Import(name, target, where, node.lineno)


def _with_place(tree, where):
    for node in ast.iter_child_nodes(tree):
        inner = where
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner = "function"
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            inner = "typing"
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, where
        yield from _with_place(node, inner)


def _targets(node, package, known):
    if isinstance(node, ast.Import):
        names = [alias.name.removeprefix("penstock.") for alias in node.names if alias.name.startswith("penstock")]
        return [name for name in names if name in known]
    if node.level == 0:
        if not (node.module or "").startswith("penstock"):
            return []
        base = (node.module or "").removeprefix("penstock").lstrip(".")
    else:
        parts = package.split(".") if package else []
        base = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
    return [
        f"{base}.{alias.name}".lstrip(".") if f"{base}.{alias.name}".lstrip(".") in known else base
        for alias in node.names
    ]
