"""The size of things is budgeted, and what is public says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import penstock
import pytest

PACKAGE = Path(penstock.__file__).parent.resolve()
FILES = [
    PACKAGE / "__init__.py",
    *(file for folder in ("dsl", "compilers", "runtime") for file in sorted((PACKAGE / folder).rglob("*.py"))),
]
NAMES = [str(file.relative_to(PACKAGE)) for file in FILES]

LONGEST_FILE = 400
LONGEST_FUNCTION = 45
"""Lines of code: neither blank, nor comment, nor docstring."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function of a module, however deep."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def code_lines(node: Function, source: list[str]) -> int:
    """Count the lines of a function that are code."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    lines = {number for part in body for number in range(part.lineno, (part.end_lineno or 0) + 1)}
    signature = body[0].lineno - node.lineno if body else 1
    text = (source[number - 1].strip() for number in lines)
    return sum(bool(line) and not line.startswith("#") for line in text) + min(signature, 1)


def public_definitions(node: ast.AST, *, is_in_function: bool = False) -> Iterator[Function | ast.ClassDef]:
    """Yield the classes, functions and methods that others may use."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef) and not is_in_function and not child.name.startswith("_"):
            yield child
        private = isinstance(child, ast.ClassDef) and child.name.startswith("_")
        yield from public_definitions(child, is_in_function=is_in_function or private or isinstance(child, Function))


def is_obvious(node: Function | ast.ClassDef, owner: ast.AST) -> bool:
    """Say whether a definition needs no text: an overload, or a method of a documented protocol or form."""
    decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    body = [part for part in node.body if not isinstance(part, ast.Expr) or not isinstance(part.value, ast.Constant)]
    return "overload" in decorators or (
        isinstance(owner, ast.ClassDef) and (not body or ast.get_docstring(owner) is not None)
    )


def owners(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    """Map every definition to what it stands in."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_file_is_short(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_each_function_is_short(file):
    source = file.read_text(encoding="utf-8")
    long = {node.name: code_lines(node, source.splitlines()) for node in functions(ast.parse(source))}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_module_says_its_role(file):
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert text
    assert text != "Package."


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_what_is_public_is_documented(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    above = owners(tree)
    bare = [
        node.name
        for node in public_definitions(tree)
        if not ast.get_docstring(node) and not is_obvious(node, above[node])
    ]
    assert bare == []


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_every_function_is_annotated(file):
    missing = []
    for node in functions(ast.parse(file.read_text(encoding="utf-8"))):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        bare = [one.arg for one in arguments if one and not one.annotation and one.arg not in ("self", "cls")]
        missing += [f"{node.name}({name})" for name in bare] + ([f"{node.name} ->"] if node.returns is None else [])
    assert missing == []
