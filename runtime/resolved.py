"""Name what an input can be once its value can be had: plain, stored, or a collection of such."""

from __future__ import annotations

from typing import TypeAlias, Union

from attrs import frozen

from ..compilers.graph import Collection, Literal, PathItem
from .artifacts import Artifact


@frozen
class Stored:
    """A stored value, or an item of it."""

    artifact: Artifact
    path: tuple[PathItem, ...] = ()


@frozen
class Gathered:
    """A collection whose items are resolved; ``shape`` says which kind, and under which keys."""

    shape: Collection
    items: tuple[Resolved, ...]


Resolved: TypeAlias = Union[Literal, Stored, Gathered]
"""An input whose value can be had now."""
