"""Find the text of live functions: the syntax tree that a function was compiled from, at its place in its file."""

from __future__ import annotations

import ast
import io
import tokenize
import types
from collections.abc import Iterator, Mapping
from typing import TypeAlias, final

from attrs import frozen

from ..fingerprints.sources import Sources, source_bytes
from .ignores import read_ignores

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@frozen(eq=False)
class SourceFile:
    """A parsed file: its lines, the functions in it, and where rules are silenced."""

    path: str
    lines: tuple[str, ...]
    functions: Mapping[tuple[str, int], tuple[FunctionNode, ...]]
    """By name and first line, that of the first decorator."""
    ignores: Mapping[int, frozenset[str]]

    def line(self, number: int) -> str:
        """Return a line by its number; empty beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@frozen(eq=False)
class Definition:
    """The tree of one live function, and the file that it is in."""

    node: FunctionNode
    file: SourceFile


@final
class Definitions:
    """Reads each file once. A function whose file says something else by now has no definition."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._files: dict[str, SourceFile | None] = {}

    def find(self, function: types.FunctionType) -> Definition | None:
        """Return the definition of a function; None without source, or where the source has been edited since."""
        code = function.__code__
        file = self.file(code.co_filename)
        if file is None or self._sources.definition(code) is None:
            return None
        found = file.functions.get((code.co_name, code.co_firstlineno), ())
        node = found[0] if len(found) == 1 else _by_columns(code, found)
        return None if node is None else Definition(node, file)

    def file(self, path: str) -> SourceFile | None:
        """Return a file, or a cell of a notebook; None where there is no Python."""
        if path not in self._files:
            self._files[path] = _read(path)
        return self._files[path]


def _read(path: str) -> SourceFile | None:
    data = source_bytes(path)
    if data is None:
        return None
    try:
        tree = ast.parse(data)
        text = _decoded(data)
    except (SyntaxError, ValueError, RecursionError):
        return None
    functions: dict[tuple[str, int], tuple[FunctionNode, ...]] = {}
    for name, line, node in _functions(tree):
        functions[name, line] = (*functions.get((name, line), ()), node)
    return SourceFile(path, tuple(text.splitlines()), functions, read_ignores(text))


def _decoded(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read()


def _functions(tree: ast.AST) -> Iterator[tuple[str, int, FunctionNode]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, min([node.lineno, *(mark.lineno for mark in node.decorator_list)]), node
        elif isinstance(node, ast.Lambda):
            yield "<lambda>", node.lineno, node


def _by_columns(code: types.CodeType, found: tuple[FunctionNode, ...]) -> FunctionNode | None:
    """Choose, of several lambdas on a line, the one whose body the instructions stand for."""
    places = {(line, column) for line, _, column, _ in code.co_positions()}
    bodies = ((node, node.body) for node in found if isinstance(node, ast.Lambda))
    fitting = [node for node, body in bodies if (body.lineno, body.col_offset) in places]
    return fitting[0] if fitting else None
