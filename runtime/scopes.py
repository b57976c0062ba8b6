"""Keep account of what runs as one: a whole graph, or one instance of a body, with what may run of it at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from attrs import define, field

from .states import State


@define(eq=False, repr=False)
class Scope:
    """Some nodes that end together. ``parent`` is the control node that they are an instance of; "" for the whole graph.

    In a scope that is ``closed_off`` a failure stops nothing outside. ``is_exit`` is for what runs when all else has ended: nothing
    stops it but a second wish to stop.
    """

    id: str = ""
    parent: str = ""
    outer: Scope | None = None
    closed_off: bool = True
    is_exit: bool = False
    gate: Gate | None = None
    nodes: list[str] = field(factory=list)
    inner: dict[str, list[Scope]] = field(factory=dict)
    unended: int = 0
    is_admitted: bool = True
    held: list[str] = field(factory=list)
    stopped: str = ""
    failed: list[str] = field(factory=list)
    cancelled: str = ""

    @property
    def state(self) -> State:
        """How the nodes ended, once all have."""
        if self.failed:
            return State.FAILED
        return State.CANCELLED if self.cancelled else State.COMPLETED

    def outward(self) -> Iterator[Scope]:
        """Yield this scope and those around it that are stopped with it, the innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = None if scope.is_exit else scope.outer

    def boundary(self) -> Scope:
        """Return the scope that a failure in here stops."""
        return next(scope for scope in self.outward() if scope.closed_off or scope.outer is None)


@define(eq=False, repr=False)
class Gate:
    """Lets in no more than ``limit`` instances of one control node at a time."""

    limit: int
    inside: int = 0
    queue: deque[Scope] = field(factory=deque)

    def ask(self, scope: Scope) -> bool:
        """Let an instance in, or put it into the queue."""
        if self.inside < self.limit:
            self.inside += 1
            return True
        self.queue.append(scope)
        return False

    def leave(self) -> Scope | None:
        """Note that an instance has ended, and return the one that comes in for it."""
        while self.queue:
            scope = self.queue.popleft()
            if scope.unended:
                return scope
        self.inside -= 1
        return None
