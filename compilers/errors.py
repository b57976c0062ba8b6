"""Name what can be wrong between a recorded pipeline and a finished graph.

::

    CompileError
      TypeMismatch (TypeError)       a value or an output does not fit the input that it is bound to
      InvalidGraph                   an invariant is broken; shows the graph around it
        GraphFormatError             a document is not a graph; names the path of the fault
      FingerprintError               the source of a function cannot be found
      UnknownTarget (ValueError)     there is no target of that name
      UnsupportedByTarget            a target cannot express something; names the targets that can
"""

from __future__ import annotations

from ..dsl.errors import LimitReached as LimitReached
from ..dsl.errors import PenstockError as PenstockError


class CompileError(PenstockError):
    """A recorded pipeline cannot be turned into a graph, or a graph into a target's document."""


class TypeMismatch(CompileError, TypeError):
    """A value or an output does not fit the input that it is bound to.

    ``where`` is the ``file:line`` of the call at fault.
    """

    def __init__(self, problem: str, where: str) -> None:
        super().__init__(problem, where)
        self.problem = problem
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


class InvalidGraph(CompileError):
    """A graph breaks one of the invariants that :mod:`penstock.compilers.verification` lists.

    ``excerpt`` is the graph around the fault, as text.
    """

    def __init__(self, problem: str, excerpt: str = "") -> None:
        super().__init__(problem, excerpt)
        self.problem = problem
        self.excerpt = excerpt

    def __str__(self) -> str:
        return f"{self.problem}\n{self.excerpt}" if self.excerpt else self.problem


class GraphFormatError(InvalidGraph):
    """A JSON document is not a graph of a schema that this version reads.

    ``path`` leads to the fault, as in ``$.nodes[3].inputs.table``.
    """

    def __init__(self, problem: str, path: str = "$") -> None:
        super().__init__(problem, path)
        self.path = path

    def __str__(self) -> str:
        return f"at {self.path}: {self.problem}"


class FingerprintError(CompileError):
    """The code that a function stands for cannot be found, so that its results cannot be identified.

    ``function`` is its dotted name.
    """

    def __init__(self, function: str, problem: str) -> None:
        super().__init__(function, problem)
        self.function = function
        self.problem = problem

    def __str__(self) -> str:
        return f"cannot fingerprint {self.function}: {self.problem}"


class UnknownTarget(CompileError, ValueError):
    """There is no target of that name; ``known`` are the ones there are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known

    def __str__(self) -> str:
        return f"there is no target {self.name!r}; there are: {', '.join(self.known)}"


class UnsupportedByTarget(CompileError):
    """A target cannot express what a node asks for."""

    def __init__(self, node: str, feature: str, target: str, alternatives: tuple[str, ...]) -> None:
        super().__init__(node, feature, target, alternatives)
        self.node = node
        self.feature = feature
        self.target = target
        self.alternatives = alternatives

    def __str__(self) -> str:
        able = ", ".join(self.alternatives) or "no other target either"
        return f"step {self.node!r} uses {self.feature}, which the target {self.target!r} cannot express. Targets that can: {able}"
