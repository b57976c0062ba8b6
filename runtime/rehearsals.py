"""Go through a graph as a run does, with results that are known instead of steps that run.

So the instances of control nodes are found again for a run out of the history, and ahead of a run as far as values are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, Union, final

import attrs

from ..compilers.graph import Graph, Node
from .artifacts import Artifact
from .bodies import Bodies
from .events import Event, StepSkipped, StepUnfolded
from .failures import Failure
from .resolution import Values
from .scheduling import Scheduler
from .states import State
from .store import ArtifactStore
from .unfolding import Unfolding

Known: TypeAlias = Union[Mapping[str, Artifact], State]
"""What a call gave, or how it ended without giving anything."""

Meet: TypeAlias = Callable[[Sequence[Node]], Mapping[str, Known]]
"""Says of calls whose inputs are known what they gave, as far as it knows."""


@final
class Rehearsal:
    """A graph that is gone through. ``nodes`` are all nodes that were met, instances of bodies included; ``values`` grow."""

    def __init__(self, graph: Graph, values: Values, store: ArtifactStore) -> None:
        self.graph = graph
        self.nodes = {node.id: node for node in graph}
        self.values = attrs.evolve(values, outputs=dict(values.outputs), bound={}, made={}, store=store)
        self.scheduler = Scheduler(graph, continue_on_failure=True)
        self.failures: dict[str, Failure] = {}
        self.notes: dict[str, str] = {}
        self._unfolded: dict[str | None, list[Node]] = {None: list(graph)}
        self._bodies = Bodies(self.nodes, self.scheduler, self.values, store, self)
        self._unfolding = Unfolding(self._bodies)

    def go(self, meet: Meet) -> None:
        """Go as far as what is known leads."""
        while self.scheduler.has_news:
            for ended in self.scheduler.ended_scopes():
                self._unfolding.close(ended)
            self._take(meet(self._unfolding.calls(self.scheduler.fresh())))

    def in_order(self) -> Iterator[Node]:
        """Yield all nodes in call order, each followed by what it unfolded to."""
        waiting = list(reversed(self._unfolded[None]))
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(self._unfolded.get(node.id, []))

    def emit(self, event: Event) -> None:
        """Keep what a listener would have heard."""
        if isinstance(event, StepUnfolded):
            self._unfolded.setdefault(event.step, []).extend(event.nodes)
        elif isinstance(event, StepSkipped):
            self.notes[event.step] = event.reason

    def refuse(self, step: str, failure: Failure, _duration: float) -> None:
        """Note that a node cannot run."""
        self.failures[step] = failure
        self.scheduler.fail(step)

    def pass_over(self, steps: Sequence[str]) -> None:
        """Take no notice: the scheduler knows which nodes do not run, and why."""

    def _take(self, known: Mapping[str, Known]) -> None:
        for step, gave in known.items():
            if self.scheduler.states[step] is not State.PENDING:
                continue
            self.scheduler.start(step)
            if not isinstance(gave, State):
                self.values.outputs[step] = gave
                self.scheduler.succeed(step)
            elif gave is State.FAILED:
                self.scheduler.fail(step)
            else:
                self.scheduler.cancel(step, str(gave))
