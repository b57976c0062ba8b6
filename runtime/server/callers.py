"""Say who calls, and what that one may do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import frozen


class Scope(str, Enum):
    """What a token is for. ``RUN`` and ``PUBLISH`` include ``READ``; ``ADMIN`` includes all. Publishing is code execution."""

    READ = "read"
    RUN = "run"
    PUBLISH = "publish"
    ADMIN = "admin"

    def __str__(self) -> str:
        return self.value


_INCLUDED: Mapping[Scope, frozenset[Scope]] = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.RUN: frozenset({Scope.READ, Scope.RUN}),
    Scope.PUBLISH: frozenset({Scope.READ, Scope.PUBLISH}),
    Scope.ADMIN: frozenset(Scope),
}


@frozen
class Caller:
    """Who calls. ``endpoint`` is the only one that it may have to do with, where it is confined to one.

    ``csrf`` is what a browser's change must show, where it is known by a cookie.
    """

    name: str
    scopes: frozenset[Scope]
    endpoint: str | None = None
    csrf: str | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the caller's scopes include this one."""
        return any(scope in _INCLUDED[own] for own in self.scopes)


LOCAL_READER = Caller("local", frozenset({Scope.READ}))
"""Whoever reads on the machine itself, where that needs no token."""
