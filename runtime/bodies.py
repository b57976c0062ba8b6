"""Keep the instances of control nodes: bind their parameters, add their nodes to the run, end the node that they belong to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol, final

from ..compilers.errors import PenstockError
from ..compilers.graph import Node
from .ancestry import Ancestry
from .events import Event, StepCompleted, StepReused, StepUnfolded
from .failures import Failure, refusal
from .instances import Instance
from .resolution import Values
from .resolved import SKIPPED, Resolved
from .scheduling import Scheduler
from .scopes import Scope
from .states import State
from .store import ArtifactStore


class Teller(Protocol):
    """What drives the run: it tells the listeners, and ends what a failure or a skipped node takes with it."""

    def emit(self, event: Event, /) -> None: ...
    def refuse(self, step: str, failure: Failure, duration: float, /) -> None: ...
    def pass_over(self, steps: Sequence[str], /) -> None: ...


@final
class Bodies:
    """The instances of one run's control nodes. ``nodes`` are all nodes that there are, and grow."""

    def __init__(
        self, nodes: dict[str, Node], scheduler: Scheduler, values: Values, store: ArtifactStore, teller: Teller
    ) -> None:
        self.nodes = nodes
        self.scheduler = scheduler
        self.values = values
        self.store = store
        self.teller = teller
        self.ancestry = Ancestry(nodes, values)
        self.instances: dict[str, Instance] = {}
        self.origins: dict[str, str] = {}
        self._of: dict[str, list[Instance]] = {}
        self._begun: dict[str, float] = {}

    def begin(self, node: Node) -> None:
        """Note that a control node has begun."""
        self.scheduler.start(node.id)
        self._begun[node.id] = time.time()
        self._of[node.id] = []

    def bind(self, owner: str, values: Mapping[str, Resolved]) -> None:
        """Give parameters of a node, or of one of its instances, their values."""
        self.values.bound.update({f"{owner}.{name}": value for name, value in values.items()})

    def announce(self, node: Node, instances: Sequence[Instance], note: str = "") -> None:
        """Tell the listeners of instances, the first time also of none."""
        if not note and self._of[node.id] and not any(instance.nodes for instance in instances):
            return
        nodes = tuple(inner for instance in instances for inner in instance.nodes)
        places = tuple(instance.place for instance in instances for _ in instance.nodes)
        self.teller.emit(StepUnfolded(node.id, time.time(), nodes, places, note))

    def schedule(
        self, node: Node, instances: Sequence[Instance], *, limit: int | None = None, closed_off: bool = False
    ) -> None:
        """Add instances to what runs; see :meth:`.scheduling.Scheduler.unfold`."""
        number = len(self._of[node.id])
        self._of[node.id] += instances
        self.instances.update({instance.id: instance for instance in instances})
        self.nodes.update({inner.id: inner for instance in instances for inner in instance.nodes})
        added = {instance.id: instance.nodes for instance in instances}
        self.scheduler.unfold(node.id, added, number=number, limit=limit, closed_off=closed_off)

    def add(self, node: Node, instance: Instance, note: str = "") -> None:
        """Tell the listeners of an instance and add it to what runs."""
        self.announce(node, [instance], note)
        self.schedule(node, [instance])

    def complete(self, node: Node, made: Mapping[str, Resolved]) -> None:
        """End a control node well, with its outputs by name; what its instances gave is not stored again."""
        if any(value is SKIPPED for value in made.values()):
            self.leave_out(node, "what it would return was skipped")
            return
        self.values.made[node.id] = made
        now, origin = time.time(), self._origin(node)
        if origin is None:
            self.teller.emit(StepCompleted(node.id, now, {}, self._seconds(node)))
            self.scheduler.succeed(node.id)
            return
        self.origins[node.id] = origin
        self.teller.emit(StepReused(node.id, now, {}, origin))
        self.scheduler.succeed(node.id, State.REUSED)

    def _seconds(self, node: Node) -> float:
        """Return how long a control node has been going on; nothing for a node that has not begun."""
        now = time.time()
        return max(0.0, now - self._begun.get(node.id, now))

    def _origin(self, node: Node) -> str | None:
        """Return the latest run that something was taken over from, where everything was taken over."""
        steps = [inner.id for instance in self._of[node.id] for inner in instance.nodes]
        states = {self.scheduler.states[step] for step in steps}
        if State.REUSED not in states or not states <= {State.REUSED, State.SKIPPED}:
            return None
        return max(self.origins[step] for step in steps if step in self.origins)

    def leave_out(self, node: Node, reason: str) -> None:
        """End a control node that gives nothing, with what cannot do without."""
        skipped = self.scheduler.skip(node.id, reason)
        self.values.made.update(dict.fromkeys(skipped, SKIPPED))  # who can do without it takes None
        self.teller.pass_over(skipped)

    def fail(self, node: Node, kind: str, message: str) -> None:
        """End a control node that failed itself."""
        self.teller.refuse(node.id, Failure(node.id, kind, message), self._seconds(node))

    def refuse(self, node: Node, error: PenstockError) -> None:
        """End a control node whose inputs or results do not go together."""
        self.teller.refuse(node.id, refusal(node, error), self._seconds(node))

    def end_badly(self, node: Node, scopes: Sequence[Scope]) -> None:
        """End a control node as its instances did, or as what stopped it says."""
        failed = next((step for scope in scopes for step in scope.failed), None)
        if failed is not None:
            self.fail(node, "StepFailed", f"step {failed!r} failed")
            return
        told = [scope.cancelled for scope in scopes if scope.cancelled]
        self.scheduler.cancel(node.id, told[0] if told else self.scheduler.stopped(node.id))
        self.teller.pass_over([node.id])
