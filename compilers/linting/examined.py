"""Hold one function as the rules look at it: its tree, what its calls call, and what its names are."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator, Mapping
from typing import final

from attrs import field, frozen

from .definitions import Definition
from .findings import Subject
from .naming import Known, Namer, parameters_of
from .scoping import Scoping
from .tables import Names


@frozen(eq=False)
class Called:
    """A call in the source, and what it calls."""

    node: ast.Call
    what: Known

    @property
    def name(self) -> str:
        """The dotted name of what is called; empty for what is the project's."""
        return self.what.name

    def argument(self, position: int, *keywords: str) -> ast.expr | None:
        """Return an argument by its place or by one of its keywords; None where it is not written."""
        named = (keyword.value for keyword in self.node.keywords if keyword.arg in keywords)
        found = next(named, None)
        if found is not None:
            return found
        before = self.node.args[: position + 1] if position >= 0 else []
        plain = len(before) > position >= 0 and not any(isinstance(one, ast.Starred) for one in before)
        return before[position] if plain else None

    @property
    def is_open(self) -> bool:
        """Whether arguments come out of a list or a dict that is not written here."""
        starred = any(isinstance(one, ast.Starred) for one in self.node.args)
        return starred or any(keyword.arg is None for keyword in self.node.keywords)

    def bound(self) -> Mapping[str, ast.expr]:
        """Return the arguments by the names of the parameters that they are for, as far as that can be told."""
        names = [
            one for one in parameters_of(self.what.live) if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ]
        if self.what.is_method:
            names = names[1:]
        found = {one.name: value for one, value in zip(names, self.node.args, strict=False)}
        return found | {keyword.arg: keyword.value for keyword in self.node.keywords if keyword.arg is not None}


@final
class Examined:
    """One function of the project. It is read once, whatever steps reach it."""

    def __init__(self, function: types.FunctionType, definition: Definition, scoping: Scoping, namer: Namer) -> None:
        self.function = function
        self.definition = definition
        self.scoping = scoping
        self.namer = namer
        self.calls = tuple(self._calls())

    @property
    def nodes(self) -> list[ast.AST]:
        """Everything in the function, in the order of its source."""
        return self.scoping.nodes

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.function.__qualname__.rpartition("<locals>.")[2]

    def known(self, expression: ast.AST) -> Known | None:
        """Return what an expression stands for."""
        return self.namer.known(expression)

    def calls_of(self, names: Names) -> Iterator[Called]:
        """Yield the calls of what a table lists."""
        return (called for called in self.calls if called.name in names)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return what a node stands in."""
        return self.scoping.parents.get(id(node))

    def _calls(self) -> Iterator[Called]:
        for node in self.scoping.nodes:
            if isinstance(node, ast.Call):
                found = self.namer.known(node.func)
                if found is not None and not found.is_instance:
                    yield Called(node, found)


@frozen(eq=False)
class Scene:
    """What a rule knows besides the function: for whom it is examined, and all else that the step reaches."""

    subject: Subject
    entry: types.FunctionType | None
    """The function of the step itself."""
    examined: Mapping[types.CodeType, Examined]
    seeded: frozenset[str]
    """The generators that the step seeds somewhere: see :mod:`.seeding`."""
    reading: dict[int, tuple[str, ...]] = field(factory=dict)
    """The parameters of helpers that are paths which they read, as far as they have been looked for."""

    def is_entry(self, code: Examined) -> bool:
        """Tell whether a function is the step's own, whose parameters are the step's inputs."""
        return self.entry is not None and code.function.__code__ is self.entry.__code__


def is_none(expression: ast.expr | None) -> bool:
    """Tell whether an argument is left out or written as None."""
    return expression is None or (isinstance(expression, ast.Constant) and expression.value is None)


def constant(expression: ast.expr | None) -> object:
    """Return the value of a constant that is written out; None for anything else."""
    return expression.value if isinstance(expression, ast.Constant) else None


def shown(expression: ast.AST) -> str:
    """Return an expression on one line, shortened, as a message quotes it."""
    text = " ".join(ast.unparse(expression).split())
    return text if len(text) <= 50 else text[:47] + "..."
