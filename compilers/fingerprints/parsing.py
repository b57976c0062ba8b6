"""Parse one source text: list its definitions and statements in normal form."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from attrs import frozen

from .codes import code_digest, nested_codes
from .dismissal import candidates, dismiss
from .encoding import seal, texts
from .forms import Call, NormalForm, Uses
from .normalisation import FunctionNode, normal_function, normal_statements
from .scopes import Scopes, scope_of
from .statements import imports_of, read_statements
from .stripping import drop_unused_type_imports, strip, takes_type_checking
from .tables import ClassSource, Definition, write_table
from .trees import blocks, children, descendants, fields

_DEFAULT = ast.Constant(...)
_OPENING = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef})


def read_table(source: bytes, gone: Collection[Call] = ()) -> bytes:
    """Parse a source text into its table, as the memo keeps it, without the calls that are ``gone``.

    Raises SyntaxError or ValueError for what is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a source's own invalid escapes are told when it is imported
        tree = ast.parse(source)
        found = _functions(tree)
        lines = source.splitlines()
        details = [_Detail(node, lines, place) for node, place in found]
        codes = _codes(tree, [node for node, _ in found])
    calls = candidates(tree)
    dismiss(calls, gone)
    annotated = [(node, qualname, _fields(node)) for node, qualname in _classes(tree, ())]
    strip(tree, type_checking=b"TYPE_CHECKING" in source and takes_type_checking(descendants(tree)))
    drop_unused_type_imports([node for node, _ in found])
    scopes: Scopes = {}
    forms = {id(detail.node): detail.form(scopes) for detail in details}
    definitions = [(codes[id(item.node)], item.definition(forms)) for item in details if id(item.node) in codes]
    classes = {name: ClassSource(node.lineno, found, _heading(node)) for node, name, found in annotated}
    statements = read_statements(tree, forms)
    whole = seal("module", *(item.form.digest + texts(item.form.names) for item in statements))
    return write_table(imports_of(tree), whole, definitions, classes, statements, [item.call for item in calls])


def uses_in(source: str) -> Uses:
    """Return what code that is written out as a text takes from outside. Raises SyntaxError for what is not Python."""
    return normal_statements(ast.parse(source.strip()).body).uses


@frozen
class _Place:
    """Where a function stands: the names around it, and the nodes whose scopes it sees."""

    qualname: str
    around: tuple[ast.AST, ...]


class _Detail:
    """What has to be read of a function before its tree is compiled and stripped."""

    def __init__(self, node: FunctionNode, lines: Sequence[bytes], place: _Place) -> None:
        self.node = node
        self.place = place
        self.line = first_line(node)
        self.annotations = _annotations(node)
        self.segment = seal("segment", b"%d" % self.line, *lines[self.line - 1 : node.end_lineno]).hex()

    def form(self, scopes: Scopes) -> NormalForm:
        around = [scope_of(node, scopes) for node in self.place.around]
        classes = [node.name for node in self.place.around if isinstance(node, ast.ClassDef)]
        return normal_function(self.node, around, classes, scopes)

    def definition(self, forms: dict[int, NormalForm]) -> Definition:
        form = forms[id(self.node)]
        return Definition(_name(self.node), self.line, form, _shown(self.node), self.annotations, self.segment)


def first_line(node: ast.AST) -> int:
    """Return the line that ``co_firstlineno`` names: that of the first decorator, if there is one."""
    first: Any = (getattr(node, "decorator_list", None) or [node])[0]
    return int(first.lineno)


def _functions(tree: ast.AST) -> list[tuple[FunctionNode, _Place]]:
    """Return all functions and lambdas of a tree, each with its place, those around others first."""
    found: list[tuple[FunctionNode, _Place]] = []
    _collect(tree, _Place("", ()), found)
    return found


def _collect(node: ast.AST, place: _Place, found: list[tuple[FunctionNode, _Place]]) -> None:
    """Add the functions under a node; ``place`` tells what names begin with there, and what is around."""
    for child in children(node):
        kind = type(child)
        if kind not in _OPENING:
            if fields(kind):
                _collect(child, place, found)
            continue
        name = place.qualname + getattr(child, "name", "<lambda>")
        around = (*place.around, child)
        if isinstance(child, FunctionNode):
            found.append((child, _Place(name, place.around)))
            name += ".<locals>"
        _collect(child, _Place(f"{name}.", around), found)


def _codes(tree: ast.Module, nodes: Sequence[FunctionNode]) -> dict[int, bytes]:
    """Compile a tree and return the digest of the code of each function node, by the node's identity."""
    keys = [(first_line(node), _name(node)) for node in nodes]
    codes = list(nested_codes(compile(tree, "<source>", "exec", dont_inherit=True)))
    marks = codes
    if len(set(keys)) < len(keys):  # lambdas that share a line
        keys = _marked(nodes)
        marks = list(nested_codes(compile(tree, "<source>", "exec", dont_inherit=True)))
    wanted = dict(zip(keys, nodes, strict=True))
    if len(marks) != len(codes):
        return {}  # equal lambdas on one line became one: their code stands for itself
    matches = [(wanted.get((mark.co_firstlineno, mark.co_name)), code) for mark, code in zip(marks, codes, strict=True)]
    return {id(node): code_digest(code) for node, code in matches if node is not None}


def _marked(nodes: Sequence[FunctionNode]) -> list[tuple[int, str]]:
    """Give each function of a tree a line of its own, and return these with the names.

    Lines shape the instructions a little, so that only the order of what is compiled from such a tree is of use; the tree
    itself has no use for its lines afterwards.
    """
    for number, node in enumerate(nodes, 1):
        first: Any = (getattr(node, "decorator_list", None) or [node])[0]
        if first is node or not isinstance(first, ast.Lambda):
            first.lineno = first.end_lineno = number
            first.col_offset = first.end_col_offset = 0
    return [(first_line(node), _name(node)) for node in nodes]


def _name(node: FunctionNode) -> str:
    return getattr(node, "name", "<lambda>")


def _annotations(node: FunctionNode) -> str:
    """Return the annotations of a function as text."""
    arguments = node.args
    every = (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg)
    written = [
        f"{argument.arg}: {_unquoted(argument.annotation)}" for argument in every if argument and argument.annotation
    ]
    returns = getattr(node, "returns", None)
    return ", ".join([*written, f"-> {_unquoted(returns)}"] if returns else written)


def _unquoted(annotation: ast.expr) -> str:
    """Write an annotation the same whether it is quoted or not."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return _readable(annotation)


def _shown(node: FunctionNode) -> str:
    """Write a function for people, with ``...`` for its defaults: what these are worth is told apart."""
    arguments = node.args
    kept = arguments.defaults, arguments.kw_defaults
    arguments.defaults = [_DEFAULT for _ in kept[0]]
    arguments.kw_defaults = [default and _DEFAULT for default in kept[1]]
    try:
        return _readable(node)
    finally:
        arguments.defaults, arguments.kw_defaults = kept


def _readable(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (ValueError, AttributeError, RecursionError):  # f-strings that 3.11 cannot quote
        return ast.dump(node)


def _classes(node: ast.AST, names: tuple[str, ...]) -> Iterator[tuple[ast.ClassDef, str]]:
    for child in (child for block in blocks(node) for child in block):
        inner = names
        if isinstance(child, ast.ClassDef):
            inner = (*names, child.name)
            yield child, ".".join(inner)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = (*names, child.name, "<locals>")
        yield from _classes(child, inner)


def _fields(node: ast.ClassDef) -> tuple[tuple[str, str], ...]:
    annotated = [item for item in node.body if isinstance(item, ast.AnnAssign)]
    return tuple(
        (item.target.id, _unquoted(item.annotation)) for item in annotated if isinstance(item.target, ast.Name)
    )


def _heading(node: ast.ClassDef) -> str:
    """Write a stripped class without its methods, which are definitions of their own."""
    body = [item for item in node.body if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))]
    heading = ast.ClassDef(node.name, node.bases, node.keywords, body, node.decorator_list)
    heading.type_params = []  # type: ignore[attr-defined]  # from 3.12 on
    return _readable(heading)
