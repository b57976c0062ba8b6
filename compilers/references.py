"""Name where the function of a step is found."""

from __future__ import annotations

from attrs import frozen

from .literals import Attached
from .travelling import travels


@travels
@frozen(cache_hash=True)  # it is looked up for every step
class FunctionRef:
    """Where a function is found: ``module`` and ``qualname``, or by value when ``attached`` is set."""

    module: str
    qualname: str
    attached: Attached | None = None

    def __str__(self) -> str:
        return f"{self.module}:{self.qualname}"
