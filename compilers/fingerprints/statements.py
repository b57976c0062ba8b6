"""Describe the statements at the top of a module: what they bind, mention and do."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from .forms import ImportOrigin, NormalForm
from .normalisation import normal_statements
from .scopes import import_binding, module_names
from .tables import Statement
from .trees import children, descendants
from .uses import chain

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def read_statements(tree: ast.Module, forms: Mapping[int, NormalForm]) -> tuple[Statement, ...]:
    """Describe the statements of a stripped module; ``forms`` are those of its functions, by node."""
    return tuple(_statement(node, forms) for node in tree.body if not isinstance(node, ast.Pass))


def imports_of(tree: ast.Module) -> dict[str, ImportOrigin]:
    """Return what the import statements anywhere at the top of a module bind, by name, the last one winning."""
    found: dict[str, ImportOrigin] = {}
    for node in _executed(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(_bindings(node))
    return found


def _bindings(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, ImportOrigin]]:
    for index, alias in enumerate(node.names):
        name, origin = import_binding(node, alias)
        whole = isinstance(node, ast.Import) and not alias.asname and "." in alias.name
        if whole:
            yield f"{alias.name} {index}", (alias.name, 0, None)  # the submodule is imported too
        yield (f"* {origin[0]}" if name == "*" else name), origin


def _statement(node: ast.stmt, forms: Mapping[int, NormalForm]) -> Statement:
    executed = list(_executed([node]))
    names = module_names([node])
    form = normal_statements([node], forms)
    return Statement(
        _kind(node),
        node.lineno,
        tuple(sorted(names.bound | names.module)),
        tuple(sorted(_loads(executed))),
        tuple(sorted(form.names)) if any(isinstance(item, (*_DEFINITIONS, ast.Lambda)) for item in executed) else (),
        tuple(dict.fromkeys(_acted_on(executed))),
        form.written(),
        _text(node),
    )


def _kind(node: ast.stmt) -> str:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return "import"
    if isinstance(node, _DEFINITIONS):
        return "class" if isinstance(node, ast.ClassDef) else "def"
    names = (
        {item.id for item in descendants(node.test) if isinstance(item, ast.Name)}
        if isinstance(node, ast.If)
        else set()
    )
    return "main" if "__name__" in names else "code"


def _text(node: ast.stmt) -> str:
    if isinstance(node, _DEFINITIONS):
        return ""  # shown as a definition of its own
    try:
        return ast.unparse(node)
    except (ValueError, AttributeError, RecursionError):
        return ast.dump(node)


def _executed(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module does: everything but the bodies of functions."""
    pending = list(nodes)[::-1]
    while pending:
        node = pending.pop()
        yield node
        inner = children(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = [*node.decorator_list, *node.args.defaults, *(item for item in node.args.kw_defaults if item)]
        if isinstance(node, ast.Lambda):
            inner = []
        pending.extend(inner[::-1])


def _loads(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _acted_on(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the root names of calls made for their effect, and of attributes and items assigned or deleted."""
    for node in nodes:
        if isinstance(node, ast.Expr):
            yield from _roots(node.value)
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            yield from _roots(node)


def _roots(node: ast.AST) -> Iterator[str]:
    """Yield the name that ``a.b[0].c(x).d`` starts from."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    found = chain(node)
    if found is not None:
        yield found[0].id
