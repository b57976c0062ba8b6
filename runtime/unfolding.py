"""Carry out control nodes: make instances of their bodies when their inputs are there, and end them when these have ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, assert_never, final

from ..compilers.errors import PenstockError
from ..compilers.graph import CONDITION, OUTPUT, STATUS, Literal, Map, Node, OnExit, Repeat, When
from ..compilers.statuses import RunStatus
from ..compilers.traversal import output_refs
from .bodies import Bodies
from .events import StepSkipped
from .instances import bound_names, branch_of, graph_of
from .mapped import MappedCalls
from .operations import truth_of
from .resolved import SKIPPED, Resolved
from .rounds import Rounds
from .states import State

_ENDED: Final = {
    State.COMPLETED: "all else completed",
    State.FAILED: "something else failed",
    State.CANCELLED: "something else was cancelled",
}
"""How all else ended, for people."""


@final
class Unfolding:
    """The control nodes of one run."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._mapped = MappedCalls(bodies)
        self._rounds = Rounds(bodies)

    def calls(self, ready: Sequence[str]) -> list[Node]:
        """Return those of some nodes that have become ready which are calls; begin control nodes, and end what cannot be called."""
        return [node for node in map(self._bodies.nodes.__getitem__, ready) if self._is_call(node)]

    def _is_call(self, node: Node) -> bool:
        if self._bodies.scheduler.states[node.id] is not State.PENDING:
            return False  # it fell with one of the others
        try:
            lacking = self._bodies.values.lacking(node)
            if lacking is not None:
                self._bodies.leave_out(node, f"its input {lacking!r} was skipped")
                return False
            if node.control is not None:
                self._bodies.begin(node)
                self._begin(node)
        except PenstockError as error:
            self._bodies.refuse(node, error)
            return False
        return node.control is None

    def close(self, ended: str) -> None:
        """Go on after an instance has ended, by its id."""
        node = self._bodies.nodes[self._bodies.instances[ended].parent]
        if self._bodies.scheduler.states[node.id] is not State.RUNNING:
            return
        try:
            self._close(node, ended)
        except PenstockError as error:
            self._bodies.refuse(node, error)

    def _begin(self, node: Node) -> None:
        match node.control:
            case Map():
                self._mapped.begin(node, node.control)
            case When():
                self._choose(node, node.control)
            case Repeat():
                self._rounds.begin(node, node.control)
            case OnExit():
                self._clean_up(node, node.control)
            case None:
                raise TypeError(f"{node.id!r} is no control node")
            case _:
                assert_never(node.control)

    def _close(self, node: Node, ended: str) -> None:
        instance, scope = self._bodies.instances[ended], self._bodies.scheduler.scope(ended)
        if isinstance(node.control, Map):
            self._mapped.close(node, node.control, scope)
        elif scope.state is not State.COMPLETED:
            self._bodies.end_badly(node, [scope])
        elif isinstance(node.control, Repeat):
            self._rounds.close(node, node.control, instance)
        else:
            self._bodies.complete(node, {OUTPUT: self._bodies.values.resolve(instance.output)})

    def _choose(self, node: Node, control: When) -> None:
        """Run one branch, and tell of the other that it is skipped."""
        inputs = self._bodies.values.inputs(node)
        self._bodies.bind(node.id, inputs)
        condition = truth_of(inputs[CONDITION], self._bodies.store)
        names, note = bound_names(node.id, inputs), f"the condition was {condition}".lower()
        chosen, other = (branch_of(node, control, which, names) for which in (condition, not condition))
        self._bodies.announce(node, [one for one in (chosen, other) if one], note)
        for step in other.nodes if other else ():
            self._bodies.teller.emit(StepSkipped(step.id, time.time(), note))
        if chosen is None:
            self._bodies.leave_out(node, note)
        else:
            self._bodies.schedule(node, [chosen])

    def _clean_up(self, node: Node, control: OnExit) -> None:
        """Run what comes when all else has ended; of what has not completed, nothing is there."""
        scheduler, values = self._bodies.scheduler, self._bodies.values
        state = scheduler.outcome(scheduler.awaited(node.id))
        for ref in output_refs(node.inputs.values()):
            if not scheduler.states[ref.node].succeeded:
                values.made.setdefault(ref.node, SKIPPED)
        inputs: dict[str, Resolved] = {**values.inputs(node), STATUS: Literal(RunStatus(state.value))}
        self._bodies.bind(node.id, inputs)
        instance = graph_of(node, control.cleanup, node.id, bound_names(node.id, inputs))
        self._bodies.add(node, instance, _ENDED[state])
