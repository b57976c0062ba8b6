"""Decide what may start next: a state machine over a graph, without processes, clocks or stores."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, final

from ..compilers.graph import Graph
from ..compilers.traversal import consumers, dependencies
from .states import State

_LOOK_AHEAD: Final = 100
"""How many ready nodes are looked at for one that fits."""

_PATIENCE: Final = 20
"""How many nodes may start before a ready one that does not fit."""


def remaining(graph: Graph, consumers: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return, for each node, how many nodes the longest chain has that starts with it."""
    longest: dict[str, int] = {}
    for node in reversed(graph.nodes):  # a node stands after those that it needs
        longest[node.id] = 1 + max((longest[consumer] for consumer in consumers[node.id]), default=0)
    return longest


@final
class Scheduler:
    """The states of a graph's nodes while it runs.

    A node is pending until all that it waits for has succeeded, then ready until it is taken. Of the ready nodes that one
    is given first from which the longest chain of nodes follows, and of several such the first in call order. After a failure nothing new starts, unless ``continue_on_failure``: then only what needs the failed
    node is skipped.
    """

    def __init__(self, graph: Graph, *, continue_on_failure: bool = False) -> None:
        self.states = {node.id: State.PENDING for node in graph}
        self.reasons: dict[str, str] = {}
        self._continue = continue_on_failure
        self._consumers = consumers(graph)
        self._waits_for = {node.id: len(dependencies(node)) for node in graph}
        self._position = {node.id: index for index, node in enumerate(graph)}
        self._remaining = remaining(graph, self._consumers)
        self._ready: list[tuple[int, int, str]] = []
        self._passed: Counter[str] = Counter()
        self._fresh: list[str] = []
        self._unfinished = len(self.states)
        self._push(node for node, count in self._waits_for.items() if count == 0)

    @property
    def finished(self) -> bool:
        """Whether every node has ended."""
        return self._unfinished == 0

    def fresh(self) -> list[str]:
        """Return the nodes that became ready since this was last asked, each once."""
        fresh, self._fresh = self._fresh, []
        return [node for node in fresh if self.states[node] is State.PENDING]

    def start(self, node: str) -> None:
        """Call a ready node running, whatever its turn."""
        self.states[node] = State.RUNNING

    def take(self, fits: Callable[[str], bool] = lambda _: True) -> str | None:
        """Return the next ready node that fits and call it running; None where there is none.

        A node that does not fit lets others pass, but not for ever: then nothing starts before it.
        """
        passed: list[tuple[int, int, str]] = []
        found = None
        while self._ready and found is None and len(passed) < _LOOK_AHEAD:
            entry = heapq.heappop(self._ready)
            node = entry[-1]
            if self.states[node] is not State.PENDING:
                continue
            if fits(node):
                found = node
                self.states[node] = State.RUNNING
            else:
                passed.append(entry)
                if self._passed[node] >= _PATIENCE:
                    break
        for entry in passed:
            heapq.heappush(self._ready, entry)
            self._passed[entry[-1]] += found is not None
        return found

    def succeed(self, node: str, state: State = State.COMPLETED) -> None:
        """Note that a running node has its outputs; what waited for it alone becomes ready."""
        self._end(node, state)
        for consumer in self._consumers[node]:
            self._waits_for[consumer] -= 1
        self._push(consumer for consumer in self._consumers[node] if self._waits_for[consumer] == 0)

    def fail(self, node: str) -> list[str]:
        """Note that a running node failed, and return the nodes that therefore never start."""
        self._end(node, State.FAILED)
        stopped = self._skip_consumers(node)
        return stopped if self._continue else stopped + self.stop(f"step {node!r} failed")

    def stop(self, reason: str) -> list[str]:
        """Cancel whatever has not started, and return it."""
        pending = [node for node, state in self.states.items() if state is State.PENDING]
        for node in pending:
            self._end(node, State.CANCELLED, reason)
        return pending

    def cancel(self, node: str, reason: str) -> None:
        """Note that a running node was stopped."""
        self._end(node, State.CANCELLED, reason)

    def running(self) -> list[str]:
        """Return the nodes that were taken and have not ended."""
        return [node for node, state in self.states.items() if state is State.RUNNING]

    def outcome(self) -> State:
        """Return the state of the run as a whole, once finished."""
        states = set(self.states.values())
        if State.FAILED in states:
            return State.FAILED
        return State.CANCELLED if State.CANCELLED in states else State.COMPLETED

    def _push(self, nodes: Iterable[str]) -> None:
        for node in nodes:
            heapq.heappush(self._ready, (-self._remaining[node], self._position[node], node))
            self._fresh.append(node)

    def _end(self, node: str, state: State, reason: str = "") -> None:
        self.states[node] = state
        self._unfinished -= 1
        if reason:
            self.reasons[node] = reason

    def _skip_consumers(self, failed: str) -> list[str]:
        """Skip what needs a node, directly or not; each is told by which of its own inputs."""
        skipped: list[str] = []
        waiting = [(consumer, f"step {failed!r} failed") for consumer in self._consumers[failed]]
        while waiting:
            node, reason = waiting.pop()
            if self.states[node] is State.PENDING:
                self._end(node, State.SKIPPED, reason)
                skipped.append(node)
                waiting += [(consumer, f"step {node!r} was skipped") for consumer in self._consumers[node]]
        return sorted(skipped, key=self._position.__getitem__)
