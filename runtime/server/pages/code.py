"""Find the code of a step: the file that the graph names, if it is there, and the definitions that identify the step."""

from __future__ import annotations

import ast
from pathlib import Path

from attrs import frozen

from ....compilers.fingerprints.manifests import Definition
from ....compilers.graph import Node
from ...history import History

_MOST_BYTES = 1024 * 1024
_DEFINITIONS = 60


@frozen
class Listing:
    """Lines of a file as it is now, the first of them having the number ``first``."""

    file: str
    first: int
    text: str


@frozen
class Code:
    """What is known of a step's code.

    ``definitions`` are what counted when it ran, in normal form: without comments, docstrings and layout.
    """

    function: str
    called: str
    listing: Listing | None
    definitions: tuple[Definition, ...]
    left_out: int
    packages: tuple[tuple[str, str], ...]


def code_of(history: History, root: Path, node: Node | None) -> Code | None:
    """Return the code of a step; None where the graph does not have it."""
    if node is None:
        return None
    manifest = history.cache.manifest(node.fingerprint) if node.fingerprint else None
    definitions = manifest.definitions if manifest else ()
    return Code(
        str(node.function),
        str(node.source or ""),
        _listing(root, definitions[0]) if definitions else None,
        definitions[:_DEFINITIONS],
        max(0, len(definitions) - _DEFINITIONS),
        manifest.distributions if manifest else (),
    )


def _listing(root: Path, entry: Definition) -> Listing | None:
    """Return a definition as it stands in its file now; None where the file lies elsewhere or is another by now."""
    path = root / entry.file
    try:
        if not entry.file or not path.resolve().is_relative_to(root.resolve()) or path.stat().st_size > _MOST_BYTES:
            return None
        text = path.read_text(encoding="utf-8")
        found = _definition(ast.parse(text), entry.name.rpartition(".")[2].rpartition(":")[2])
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None
    if found is None or found.end_lineno is None:
        return None
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    return Listing(entry.file, first, "\n".join(text.splitlines()[first - 1 : found.end_lineno]))


def _definition(tree: ast.AST, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return next((node for node in ast.walk(tree) if isinstance(node, kinds) and node.name == name), None)
