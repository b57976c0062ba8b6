"""Mutate modules of the standard library, copied into a project: each real change must show, each cosmetic one must not."""

from __future__ import annotations

import ast
import importlib
import inspect
import random
import re
from collections.abc import Callable, Iterator

import pytest
from fingerprint_pairs import STEP, Pair, rerun, reuse

MODULES = ("textwrap", "shlex", "graphlib", "difflib", "colorsys", "configparser", "pprint", "netrc")
MUTANTS = 12
SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Eq: ast.NotEq,
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.In: ast.NotIn,
    ast.Is: ast.IsNot,
}


def source(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))


def using(module: str, text: str) -> dict[str, str]:
    """Write a project whose step takes all members of a copy of a module."""
    return {
        "main.py": f"{STEP}import copied_{module} as copied\n\n@step\ndef train(name):\n    return getattr(copied, name)\n",
        f"copied_{module}.py": text,
    }


def bodies(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what runs inside the functions and methods of a module, without docstrings and annotations."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for statement in function.body:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                yield from (node for node in ast.walk(statement) if not isinstance(node, ast.AnnAssign))


def mutate(node: ast.AST) -> bool:
    """Change what a node does; tell whether that was possible."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, str) and node.value not in ("", "__name__"):
        node.value = node.value + 1 if isinstance(node.value, int) else f"{node.value}x"
        return True
    if isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in SWAPPED:
        node.op = SWAPPED[type(node.op)]()
        return True
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        node.ops[0] = SWAPPED[type(node.ops[0])]()
        return True
    if isinstance(node, ast.Call) and node.args:
        node.args.pop()
        return True
    return mutate_statement(node)


def mutate_statement(node: ast.AST) -> bool:
    if isinstance(node, ast.Return) and node.value is not None:
        node.value = ast.Constant(value=12345)
        return True
    if isinstance(node, ast.If):
        node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
        return True
    return False


def mutants(module: str) -> Iterator[Pair]:
    text = source(module)
    dice = random.Random(module)
    count = len(list(bodies(ast.parse(text))))
    made = 0
    for index in dice.sample(range(count), count):
        if made == MUTANTS:
            return
        tree = ast.parse(text)
        node = list(bodies(tree))[index]
        if "__doc__" not in ast.dump(node) and mutate(node):
            made += 1
            yield rerun(
                f"{module} {made}: {type(node).__name__}",
                using(module, text),
                using(module, ast.unparse(ast.fix_missing_locations(tree))),
            )


def cosmetic(module: str) -> Iterator[Pair]:
    text = source(module)
    before = using(module, text)
    commented = re.sub(r"^(    )(return|if|for) ", r"\1# note\n\1\2 ", text, flags=re.MULTILINE)
    yield reuse(f"{module} written anew", before, using(module, ast.unparse(ast.parse(text))))
    yield reuse(f"{module} moved down", before, using(module, "#\n" * 50 + text))
    yield reuse(f"{module} without docstrings", before, using(module, without_docstrings(text)))
    yield reuse(f"{module} with renamed locals", before, using(module, with_renamed_locals(text)))
    yield reuse(f"{module} annotated", before, using(module, annotated(text)))
    if compiles(commented):
        yield reuse(f"{module} commented", before, using(module, commented))


def compiles(text: str) -> bool:
    try:
        return bool(compile(text, "x", "exec"))
    except SyntaxError:
        return False


def without_docstrings(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


def with_renamed_locals(text: str) -> str:
    """Rename what simple functions assign: those without nested scopes, ``global`` or a look at their locals."""
    tree = ast.parse(text)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        inside = [node for node in ast.walk(function) if node is not function]
        kinds = (
            ast.FunctionDef,
            ast.ClassDef,
            ast.Lambda,
            ast.Global,
            ast.Nonlocal,
            ast.ListComp,
            ast.GeneratorExp,
            ast.DictComp,
            ast.SetComp,
        )
        if any(isinstance(node, kinds) for node in inside) or "locals" in ast.dump(function):
            continue
        names = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        names -= {node.arg for node in inside if isinstance(node, ast.arg)}
        for node in inside:
            if isinstance(node, ast.Name) and node.id in names:
                node.id = f"{node.id}_renamed"
    return ast.unparse(tree)


def annotated(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            node.returns = ast.Constant(value="object")
            for argument in node.args.args[1:]:
                argument.annotation = ast.Name(id="object", ctx=ast.Load())
    return ast.unparse(ast.fix_missing_locations(tree))


PAIRS = [pair for module in MODULES for pair in (*cosmetic(module), *mutants(module))]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_mutations(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)
