"""Find the members of enums that a document names, or leave them at their names where nothing may be imported."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from attrs import frozen

FindMember: TypeAlias = Callable[[str], object]
"""Returns what a document's ``module:Class.MEMBER`` is read as."""


@frozen(repr=False)
class Member:
    """A member of an enum whose class was not imported; ``name`` is ``module:Class.MEMBER``.

    Passed as :data:`FindMember`, it has a document read without importing what it names.
    """

    name: str

    @property
    def short(self) -> str:
        """The name within the class, as callers send it."""
        return self.name.rpartition(".")[2]

    def __repr__(self) -> str:
        return self.name.rpartition(":")[2]


def imported(name: str) -> Enum:
    """Return the member itself. Its module is imported, which runs whatever code it has: only for documents of one's own.

    Raises TypeError where there is no such member, and what the import raises.
    """
    module, _, qualname = name.partition(":")
    found = attribute(importlib.import_module(module), qualname)
    if not isinstance(found, Enum):
        raise TypeError("there is no such member")
    return found


def attribute(owner: object, qualname: str) -> object:
    """Return what a dotted name leads to; None where that is nothing."""
    for part in qualname.split("."):
        owner = getattr(owner, part, None)
    return owner
