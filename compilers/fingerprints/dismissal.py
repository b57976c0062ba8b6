"""Take from a syntax tree the calls that a project declares not to count, as those for logging."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from attrs import frozen

from .forms import Call
from .scopes import Scope, Scopes, scope_of
from .trees import blocks
from .uses import chain

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Body: TypeAlias = list[ast.AST]


@frozen(eq=False)
class Candidate:
    """A statement that is nothing but a call, with arguments that do nothing: what it calls, and where it stands."""

    call: Call
    body: _Body
    statement: ast.AST


def candidates(tree: ast.Module) -> list[Candidate]:
    """Return the statements of a tree that can be left out, if what they call is declared not to count."""
    return list(_candidates(tree, (), {}))


def dismiss(found: Sequence[Candidate], calls: Collection[Call]) -> None:
    """Take the statements with these calls from their tree, in place."""
    gone = [candidate for candidate in found if candidate.call in calls]
    for candidate in gone:
        place = next(index for index, item in enumerate(candidate.body) if item is candidate.statement)
        candidate.body[place] = ast.copy_location(ast.Pass(), candidate.statement)


def _candidates(node: ast.AST, scopes: tuple[ast.AST, ...], known: Scopes) -> Iterator[Candidate]:
    for body in blocks(node):
        for statement in body:
            call = _call(statement, scopes, known)
            if call is not None:
                yield Candidate(call, body, statement)
            inside = (*scopes, statement) if isinstance(statement, _SCOPES) else scopes
            yield from _candidates(statement, inside, known)


def _call(statement: ast.AST, scopes: Sequence[ast.AST], known: Scopes) -> Call | None:
    """Return what a statement calls, if it does nothing else and the name it starts from is no local."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(value, ast.Call) or not _is_harmless(value):
        return None
    found = chain(value.func)
    if found is None or found[0].id.startswith("__"):  # may be mangled
        return None
    name, attributes = found[0].id, found[1]
    for index in range(len(scopes) - 1, -1, -1):
        scope = scope_of(scopes[index], known)
        if scope.kind == "class" and index < len(scopes) - 1:
            continue
        if name in scope.module:
            break
        if scope.owns(name) or name in scope.outer:
            return _imported(scope, name, attributes)
    return name, (), attributes


def _imported(scope: Scope, name: str, attributes: tuple[str, ...]) -> Call | None:
    """Return a call of what one import inside a function binds, and nothing else does."""
    origins = scope.origins(name)
    return ("", origins[0], attributes) if len(origins) == 1 and name not in scope.rebound else None


def _is_harmless(call: ast.Call) -> bool:
    """Tell whether the arguments of a call only look at names, attributes and constants, and at texts made of these."""
    named = [keyword.value for keyword in call.keywords if keyword.arg is not None]
    return len(named) == len(call.keywords) and all(map(_only_looks, [*call.args, *named]))


def _only_looks(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return _only_looks(node.value)
    if isinstance(node, ast.JoinedStr):
        return all(map(_only_looks, node.values))
    if isinstance(node, ast.FormattedValue):
        return _only_looks(node.value) and (node.format_spec is None or _only_looks(node.format_spec))
    if isinstance(node, ast.Tuple):
        return all(map(_only_looks, node.elts))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return isinstance(node.left, ast.Constant) and isinstance(node.left.value, str) and _only_looks(node.right)
    return isinstance(node, (ast.Name, ast.Constant))
