"""Name where the function of a step is found."""

from __future__ import annotations

from attrs import frozen

from .literals import Attached
from .travelling import travels


@travels
@frozen
class FunctionRef:
    """Where a function is found: ``module`` and ``qualname``, or by value when ``attached`` is set."""

    module: str
    qualname: str
    attached: Attached | None = None

    def __str__(self) -> str:
        return f"{self.module}:{self.qualname}"
