"""Carry out repeated bodies: round by round, each on what the one before returned, until a condition holds."""

from __future__ import annotations

from typing import final

from ..compilers.graph import OUTPUT, STATE, Literal, Node, Repeat
from .bodies import Bodies
from .instances import Instance, bound_names, graph_of
from .operations import truth_of
from .resolved import SKIPPED, Resolved, summarise_input


@final
class Rounds:
    """The repeated bodies of one run."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    def begin(self, node: Node, control: Repeat) -> None:
        """Begin the first round."""
        inputs = self._bodies.values.inputs(node)
        self._bodies.bind(node.id, inputs)
        self._go(node, control, 1, inputs[STATE])

    def close(self, node: Node, control: Repeat, instance: Instance) -> None:
        """Go on after a round, or the test behind it, has ended well. Raises RunError for a condition that is no truth value."""
        number, made = instance.place or 0, self._bodies.values.resolve(instance.output)
        test = f"{node.id}[{number}]/until"
        if instance.id != test:
            self._test(node, control, number, Literal(None) if made is SKIPPED else made)
            return
        last = self._bodies.values.bound[f"{test}.{STATE}"]
        is_last = number == control.limit
        if truth_of(made, self._bodies.store) or (is_last and control.on_limit == "return"):
            self._bodies.complete(node, {OUTPUT: last})
        elif is_last:
            rounds = "1 round" if number == 1 else f"{number} rounds"
            told = f"not reached in {rounds}: the last state was {summarise_input(last)}"
            self._bodies.fail(node, "LimitReached", told)
        elif self._bodies.scheduler.stopped(node.id):
            self._bodies.end_badly(node, [])
        else:
            self._go(node, control, number + 1, last)

    def _go(self, node: Node, control: Repeat, number: int, state: Resolved) -> None:
        called = f"{node.id}[{number}]"
        self._bodies.bind(called, {STATE: state})
        instance = graph_of(node, control.body, called, _names(node, called), number)
        self._bodies.add(node, instance, f"round {number} of at most {control.limit}")

    def _test(self, node: Node, control: Repeat, number: int, state: Resolved) -> None:
        called = f"{node.id}[{number}]/until"
        self._bodies.bind(called, {STATE: state})
        instance = graph_of(node, control.until, called, _names(node, called), number)
        self._bodies.add(node, instance)


def _names(node: Node, called: str) -> dict[str, str]:
    return {**bound_names(node.id, node.inputs), **bound_names(called, [STATE])}
