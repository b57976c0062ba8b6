"""Name what can be wrong with a definition, and the root of every Penstock error.

The whole tree (each layer's ``errors`` module holds its own branch)::

    PenstockError
      DefinitionError (TypeError)         @step on something impossible
        PromiseUsedAsValue                a promise used as if it were the value itself
        RecordingError                    the pipeline function itself failed or leaked a promise
      InvalidDataPath (ValueError)        a path that leaves its datastore, a URL that carries a secret
      CompileError                        -> compilers/errors.py
      RunError, StoreError, HistoryError  -> runtime/errors.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .locations import Location


class PenstockError(Exception):
    """The root of every error that Penstock raises on purpose."""


class DefinitionError(PenstockError, TypeError):
    """A step, a pipeline or a call of one is written in a way that cannot work.

    ``problem`` says what is wrong and what to write instead; ``location`` is the user's own line.
    """

    def __init__(self, problem: str, location: Location | None = None) -> None:
        super().__init__(problem, location)
        self.problem = problem
        self.location = location

    def __str__(self) -> str:
        return self.problem if self.location is None else f"{self.location}: {self.problem}"


class PromiseUsedAsValue(DefinitionError):
    """A promise was used as if the step had already run.

    While a pipeline is recorded nothing runs: a step's result is a promise of a value, and Python's own
    ``if``, ``for``, ``len`` or arithmetic cannot look into it. Put that code in a step.
    """


class RecordingError(DefinitionError):
    """The body of a pipeline failed while it was recorded; the cause is attached."""


class InvalidDataPath(PenstockError, ValueError):
    """A text does not name data: it leads out of its datastore, is no URL, or carries a secret."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(text, problem)
        self.text = text
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.text!r} names no data: {self.problem}"
