"""Hold the values of a graph: those written into it, and those attached beside it."""

from __future__ import annotations

from attrs import frozen

from .travelling import travels


@travels
@frozen
class Literal:
    """A plain value written into the graph: a scalar, a date, an enum member, a path, or a collection of such.

    What is plain is decided by :func:`penstock.compilers.values.is_plain`; all else is :class:`Attached`.
    """

    value: object


@frozen
class Attached:
    """A value that is too big or too rich for a document; it travels beside the graph under ``key``.

    ``digest`` identifies its content, where that can be computed, so that two graphs can be told apart.
    """

    key: str
    digest: str | None = None
