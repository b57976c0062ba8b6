"""Ask about many values at once, with a mark for each in the statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

Value = TypeVar("Value")

_AT_A_TIME: Final = 500
"""Values in one statement; SQLite takes 999 parameters before version 3.32."""


def with_marks(sql: str, values: Sequence[object]) -> str:
    """Return a statement with a mark for each value in place of its dots."""
    return sql.replace("...", ", ".join("?" * len(values)))


def chunks(values: Sequence[Value], size: int = _AT_A_TIME) -> Iterator[Sequence[Value]]:
    """Divide values into so many as one statement takes."""
    return (values[start : start + size] for start in range(0, len(values), size))
