"""Say what a check found, and what it looked at."""

from __future__ import annotations

import ast
from collections.abc import Callable

from attrs import field, frozen


@frozen
class Subject:
    """A function that a pipeline runs as a step, with what was declared for it.

    ``steps`` are the ids of the steps that call it. ``hash_paths`` are absolute. ``is_renewed``
    says that a version or an age is declared, by which answers from elsewhere are asked for again. ``is_reused`` is false where results are
    never taken from an earlier run. The body of a pipeline is a subject too: ``is_pipeline``.
    """

    function: Callable[..., object]
    steps: tuple[str, ...]
    env: frozenset[str] = frozenset()
    hash_paths: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    is_renewed: bool = False
    is_reused: bool = True
    is_pipeline: bool = False


@frozen
class Remark:
    """What a rule says of a place in one function; ``line`` is used where there is no ``node``."""

    node: ast.AST | None
    message: str
    """What happens, in a clause that starts with what the code does."""
    hint: str
    """What to do next."""
    line: int = 0


@frozen(order=True)
class Finding:
    """One thing that makes steps unstable, or their reuse unsound. ``line`` and ``column`` count from 1."""

    file: str
    """Absolute; empty where the code has no file."""
    line: int
    column: int
    code: str
    rule: str
    message: str
    hint: str
    steps: tuple[str, ...]
    chain: tuple[str, ...] = field(default=())
    """How the first of the steps gets there: its function, and so on down to the function that holds the place."""
    text: str = field(default="", repr=False)
    """The line of source."""
    width: int = field(default=1, repr=False)
    """How many characters of the line are meant."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.rule}: {self.message}; {self.hint}"
