"""Name what an input can be once its value can be had: plain, stored, or a collection of such."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias, Union

from attrs import frozen

from ..compilers.literals import Literal
from ..compilers.travelling import travels
from .artifacts import Artifact

if TYPE_CHECKING:
    from ..compilers.bindings import Collection, PathItem


@travels
@frozen
class Stored:
    """A stored value, or an item of it. ``identity`` is what identifies the whole for reuse; None where nothing does."""

    artifact: Artifact
    path: tuple[PathItem, ...] = ()
    identity: str | None = None


@frozen
class Gathered:
    """A collection whose items are resolved; ``shape`` says which kind, and under which keys.

    ``payload`` is the class of a NamedTuple, where it came along, and ``identity`` is what identifies that class.
    """

    shape: Collection
    items: tuple[Resolved, ...]
    payload: Artifact | None = None
    identity: str | None = None


Resolved: TypeAlias = Union[Literal, Stored, Gathered]
"""An input whose value can be had now."""

SKIPPED: Final = Literal(None)
"""Stands, as this object, for what a skipped node would have returned: None for whoever can do with that."""

LONGEST = 100
"""Characters of an input's summary."""


def summarise_input(value: Resolved) -> str:
    """Say in a line what an input is."""
    text = _described(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def _described(value: Resolved) -> str:
    if isinstance(value, Literal):
        return repr(value.value)
    if isinstance(value, Stored):
        return (value.artifact.summary or value.artifact.type) + "".join(f"[{item!r}]" for item in value.path)
    shown = islice(value.items, LONGEST // 2)  # an item takes three characters at least
    return f"a {value.shape.kind} of {len(value.items)}: {', '.join(map(summarise_input, shown))}"
