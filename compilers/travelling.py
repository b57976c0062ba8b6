"""Make frozen records quick to pickle: of each task that goes to a worker, most of the time would be spent on that."""

from __future__ import annotations

from operator import attrgetter
from typing import TypeVar

import attrs

Record = TypeVar("Record")


def travels(record: type[Record]) -> type[Record]:
    """Let a frozen class of attrs be pickled as a call with the values of its fields, in place of a mapping of them by name.

    Its fields must be all that ``__init__`` takes, by their positions.
    """
    names = tuple(attribute.name for attribute in attrs.fields(record))  # type: ignore[arg-type]  # it is one of attrs
    values = attrgetter(*names)

    def reduced(self: Record) -> tuple[type[Record], tuple[object, ...]]:
        found = values(self)
        return record, found if len(names) > 1 else (found,)

    record.__reduce__ = reduced  # type: ignore[assignment]
    return record
