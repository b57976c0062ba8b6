"""Name what can be wrong with a definition, and the root of every Penstock error.

The whole tree (each layer's ``errors`` module holds its own branch)::

    PenstockError
      DefinitionError (TypeError)         @step on something impossible
        PromiseUsedAsValue                a promise used as if it were the value itself
        RecordingError                    the pipeline function itself failed or leaked a promise
      LimitReached (RuntimeError)         a repeat() whose condition did not come true
      InvalidDataPath (ValueError)        a path that leaves its datastore, a URL that carries a secret
      ProgramFailed (RuntimeError)        a script or a command that a step runs failed
      CompileError                        -> compilers/errors.py
      RunError, StoreError, HistoryError  -> runtime/errors.py
      RemoteError                         -> runtime/azure/errors.py
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


class LimitReached(PenstockError, RuntimeError):
    """A ``repeat(...)`` has used up its rounds, and its condition never came true.

    ``name`` is what was repeated, ``limit`` how often.
    """

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(name, limit)
        self.name = name
        self.limit = limit

    def __str__(self) -> str:
        rounds = "1 round" if self.limit == 1 else f"{self.limit} rounds"
        return (
            f"repeat({self.name}) has reached its limit of {rounds}, and `until` was never true; raise the limit, or write "
            'on_limit="return" to go on with the last state'
        )


class InvalidDataPath(PenstockError, ValueError):
    """A text does not name data: it leads out of its datastore, is no URL, or carries a secret."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(text, problem)
        self.text = text
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.text!r} names no data: {self.problem}"


class ProgramFailed(PenstockError, RuntimeError):
    """A script or a command that a step runs failed, or did not write what it should.

    ``program`` is its name, ``code`` its exit code (negative: the signal that ended it), ``complaints`` the last lines of its standard error.
    """

    def __init__(self, program: str, code: int, problem: str, complaints: str = "") -> None:
        super().__init__(program, code, problem, complaints)
        self.program = program
        self.code = code
        self.problem = problem
        self.complaints = complaints

    def __str__(self) -> str:
        told = f"; the last that it wrote to its standard error:\n{self.complaints}" if self.complaints else ""
        return f"{self.program}: {self.problem}{told}"
