"""Decide what may start next: a state machine over a graph, without processes, clocks or stores.

A control node is never taken: it is called running when its inputs are there, and instances of the graphs in it are added
then. It goes on until whoever added them says that it has ended.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, final

from ..compilers.graph import Graph, Node, OnExit
from ..compilers.traversal import dependencies, output_refs
from .chains import length_of, remaining
from .scopes import Gate, Scope
from .states import State

_LOOK_AHEAD: Final = 100
"""How many ready nodes are looked at for one that fits."""

_PATIENCE: Final = 20
"""How many nodes may start before a ready one that does not fit."""

_Position: TypeAlias = tuple[int, ...]


@final
class Scheduler:
    """The states of a graph's nodes, and of the instances of bodies, while it runs.

    A node is pending until all that it waits for has succeeded, then ready until it is taken. Of the ready nodes that one
    is given first from which the longest chain of nodes follows, and of several such the first in call order. After a failure nothing new starts
    in the same item, or outside of items in the whole graph, unless ``continue_on_failure``: then only what needs the failed node is skipped.
    """

    def __init__(self, graph: Graph, *, continue_on_failure: bool = False) -> None:
        self.states: dict[str, State] = {}
        self.reasons: dict[str, str] = {}
        self._continue = continue_on_failure
        self._root = Scope()
        self._scopes: dict[str, Scope] = {}
        self._inside: dict[str, Scope] = {}
        self._nodes: dict[str, Node] = {}
        self._consumers: dict[str, list[str]] = {}
        self._waits_for: dict[str, int] = {}
        self._awaited_by: dict[str, list[str]] = {}
        self._position: dict[str, _Position] = {}
        self._remaining: dict[str, int] = {}
        self._ready: list[tuple[int, _Position, str]] = []
        self._passed: Counter[str] = Counter()
        self._fresh: list[str] = []
        self._ended: list[str] = []
        self._unfinished = 0
        self._add(graph.nodes, self._root, (), 0)

    @property
    def finished(self) -> bool:
        """Whether every node has ended."""
        return self._unfinished == 0

    def fresh(self) -> list[str]:
        """Return the nodes that became ready since this was last asked, each once."""
        fresh, self._fresh = self._fresh, []
        return [node for node in fresh if self.states[node] is State.PENDING]

    @property
    def first_ready(self) -> str | None:
        """The first of the nodes that could be taken; None where there is none."""
        while self._ready and self.states[self._ready[0][-1]] is not State.PENDING:
            heapq.heappop(self._ready)
        return self._ready[0][-1] if self._ready else None

    @property
    def width(self) -> int:
        """How many nodes wait for one and the same, at most: so many may become ready at once."""
        return max(map(len, self._consumers.values()), default=0)

    def pending(self) -> list[Node]:
        """Return the nodes that have not started."""
        return [self._nodes[node] for node, state in self.states.items() if state is State.PENDING]

    def follower(self, node: str) -> Node | None:
        """Return the node that is all that becomes ready when this one completes, if there is such a node."""
        consumers = self._consumers[node]
        if len(consumers) != 1 or node in self._awaited_by or self._waits_for[consumers[0]] != 1:
            return None
        only = self._nodes[consumers[0]]
        return only if only.control is None and self.states[only.id] is State.PENDING else None

    def ended_scopes(self) -> list[str]:
        """Return the ids of the instances that have ended since this was last asked."""
        ended, self._ended = self._ended, []
        return ended

    @property
    def has_news(self) -> bool:
        """Whether nodes may have become ready, or instances have ended, since this was last asked."""
        return bool(self._fresh or self._ended)

    def scope(self, instance: str) -> Scope:
        """Return the account of an instance."""
        return self._scopes[instance]

    def start(self, node: str) -> None:
        """Call a ready node running, whatever its turn."""
        self.states[node] = State.RUNNING

    def take(self, fits: Callable[[str], bool] = lambda _: True) -> str | None:
        """Return the next ready node that fits and call it running; None where there is none.

        A node that does not fit lets others pass, but not for ever: then nothing starts before it.
        """
        passed: list[tuple[int, _Position, str]] = []
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

    def unfold(
        self,
        parent: str,
        instances: Mapping[str, Sequence[Node]],
        *,
        number: int = 0,
        limit: int | None = None,
        closed_off: bool = False,
    ) -> None:
        """Add instances of a running control node, by their ids; ``number`` is the first one's among all of that node.

        At most ``limit`` of these run at a time. In one that is ``closed_off`` a failure stops nothing outside.
        """
        node, outer = self._nodes[parent], self._scope_of(parent)
        gate, is_exit = Gate(limit) if limit else None, isinstance(node.control, OnExit)
        behind = self._remaining[parent] - length_of(node)
        scopes = outer.inner.setdefault(parent, [])
        for count, (instance, nodes) in enumerate(instances.items(), number):
            scope = Scope(instance, parent, outer, closed_off or is_exit, is_exit, gate)
            self._scopes[instance] = scope
            scopes.append(scope)
            if not nodes:
                self._ended.append(instance)
                continue
            scope.is_admitted = gate is None or gate.ask(scope)
            self._add(nodes, scope, (*self._position[parent], count), behind)

    def succeed(self, node: str, state: State = State.COMPLETED) -> None:
        """Note that a running node has its outputs; what waited for it alone becomes ready."""
        self._end(node, state)
        self._push(consumer for consumer in self._consumers[node] if self._no_longer_waits(consumer))

    def fail(self, node: str) -> list[str]:
        """Note that a running node failed, and return the nodes that therefore never start."""
        scope, reason = self._scope_of(node), f"step {node!r} failed"
        boundary = scope.boundary()
        self._end(node, State.FAILED)
        stopped = self._skip_consumers(node, reason)
        while scope is not boundary and scope.outer is not None:  # what holds it will fail too
            stopped += self._skip_consumers(scope.parent, reason)
            scope = scope.outer
        return stopped if self._continue else stopped + self._stop(boundary, reason)

    def skip(self, node: str, reason: str) -> list[str]:
        """Note that a ready or running node was not needed, and return it with the nodes that cannot do without what it returns.

        For the others None stands in for that: see ``Node.optional``.
        """
        skipped, waiting = list[str](), [(node, reason)]
        while waiting:
            current, why = waiting.pop()
            if self.states[current].ended:
                continue
            self._end(current, State.SKIPPED, why)
            skipped.append(current)
            able = [consumer for consumer in self._consumers[current] if self._can_do_without(consumer, current)]
            unable = [consumer for consumer in self._consumers[current] if consumer not in able]
            waiting += [(consumer, f"step {current!r} was skipped ({why})") for consumer in unable]
            self._push(consumer for consumer in able if self._no_longer_waits(consumer))
        return sorted(skipped, key=self._position.__getitem__)

    def stop(self, reason: str, *, with_exits: bool = False) -> list[str]:
        """Cancel whatever has not started, and return it; without ``with_exits`` that leaves what runs when all else has ended."""
        return self._stop(self._root, reason, with_exits)

    def cancel(self, node: str, reason: str) -> None:
        """Note that a running node was stopped."""
        self._end(node, State.CANCELLED, reason)

    def stopped(self, node: str) -> str:
        """Return why nothing new starts beside a node; nothing where it does."""
        return next((scope.stopped for scope in self._scope_of(node).outward() if scope.stopped), "")

    def start_over(self, node: str) -> None:
        """Call a running node ready again: what it did was broken off."""
        self.states[node] = State.PENDING
        self._push([node])

    def running(self) -> list[str]:
        """Return the nodes that were taken and have not ended; control nodes are not among them."""
        return [
            node for node, state in self.states.items() if state is State.RUNNING and self._nodes[node].control is None
        ]

    def is_exiting(self, node: str) -> bool:
        """Say whether a node belongs to what runs when all else has ended."""
        return self._is_exit(node) or any(scope.is_exit for scope in self._scope_of(node).outward())

    def outcome(self, nodes: Iterable[str] | None = None) -> State:
        """Return the state of some nodes as a whole, or of the run, once they have ended."""
        states = set(self.states.values() if nodes is None else map(self.states.__getitem__, nodes))
        if State.FAILED in states:
            return State.FAILED
        return State.CANCELLED if State.CANCELLED in states else State.COMPLETED

    def awaited(self, node: str) -> list[str]:
        """Return what a node that runs at the end of its group waits for, but for what is outside of the group."""
        scope, own = self._scope_of(node), self._nodes[node].group
        inside = [other for other in scope.nodes if _is_within(self._nodes[other].group, own)]
        return [other for other in inside if not self._is_exit(other) or self._nodes[other].group != own]

    def _add(self, nodes: Sequence[Node], scope: Scope, position: _Position, behind: int) -> None:
        for index, node in enumerate(nodes):
            self.states[node.id] = State.PENDING
            self._nodes[node.id] = node
            self._consumers[node.id] = []
            self._position[node.id] = (*position, index)
            scope.nodes.append(node.id)
        if scope.id:
            self._inside.update(dict.fromkeys(scope.nodes, scope))
        scope.unended = len(nodes)
        self._unfinished += len(nodes)
        ready = [node.id for node in nodes if self._wait(node) == 0]
        chains = remaining(nodes, self._consumers)
        self._remaining |= {node: chain + behind for node, chain in chains.items()} if behind else chains
        self._push(ready)

    def _wait(self, node: Node) -> int:
        """Note what a node waits for, and return of how many."""
        if isinstance(node.control, OnExit):
            needed: Sequence[str] = tuple(dict.fromkeys((*self.awaited(node.id), *dependencies(node))))
            for other in needed:
                self._awaited_by.setdefault(other, []).append(node.id)
        else:
            needed = dependencies(node)
            for other in needed:
                self._consumers[other].append(node.id)
        self._waits_for[node.id] = len(needed)
        return len(needed)

    def _scope_of(self, node: str) -> Scope:
        return self._inside.get(node, self._root)

    def _is_exit(self, node: str) -> bool:
        return isinstance(self._nodes[node].control, OnExit)

    def _no_longer_waits(self, node: str) -> bool:
        self._waits_for[node] -= 1
        return self._waits_for[node] == 0 and self.states[node] is State.PENDING

    def _can_do_without(self, consumer: str, producer: str) -> bool:
        node = self._nodes[consumer]
        needed = [binding for name, binding in node.inputs.items() if name not in node.optional]
        return all(ref.node != producer for ref in output_refs(needed))

    def _push(self, nodes: Iterable[str]) -> None:
        for node in nodes:
            scope = self._scope_of(node)
            if not scope.is_admitted:
                scope.held.append(node)
            if self._nodes[node].control is None:
                self._fresh.append(node)  # its result may be there already
                if scope.is_admitted:
                    self._queue(node)
            elif scope.is_admitted:
                self._fresh.append(node)

    def _queue(self, node: str) -> None:
        heapq.heappush(self._ready, (-self._remaining[node], self._position[node], node))

    def _admit(self, scope: Scope) -> None:
        """Let an instance in that has waited for others to end."""
        scope.is_admitted = True
        for node in scope.held:
            if self._nodes[node].control is None:
                self._queue(node)
            else:
                self._fresh.append(node)

    def _end(self, node: str, state: State, reason: str = "") -> None:
        self.states[node] = state
        self._unfinished -= 1
        if reason:
            self.reasons[node] = reason
        scope = self._scope_of(node)
        if state is State.FAILED:
            scope.failed.append(node)
        elif state is State.CANCELLED:
            scope.cancelled = scope.cancelled or reason
        scope.unended -= 1
        if scope.unended == 0 and scope is not self._root:
            self._close(scope)
        if self._awaited_by:
            self._push(other for other in self._awaited_by.get(node, ()) if self._no_longer_waits(other))

    def _close(self, scope: Scope) -> None:
        self._ended.append(scope.id)
        if scope.gate is not None and scope.is_admitted:
            following = scope.gate.leave()
            if following is not None:
                self._admit(following)

    def _stop(self, scope: Scope, reason: str, with_exits: bool = False) -> list[str]:
        if scope.stopped and not with_exits:
            return []
        scope.stopped = scope.stopped or reason
        stopped: list[str] = []
        for node in scope.nodes:
            if self._is_exit(node) and not with_exits:
                continue
            if self.states[node] is State.PENDING:
                self._end(node, State.CANCELLED, reason)
                stopped.append(node)
            for inner in scope.inner.get(node, ()):
                stopped += self._stop(inner, reason, with_exits)
        return stopped

    def _skip_consumers(self, failed: str, reason: str) -> list[str]:
        """Skip what needs a node, directly or not; each is told by which of its own inputs."""
        skipped: list[str] = []
        waiting = [(consumer, reason) for consumer in self._consumers[failed]]
        while waiting:
            node, why = waiting.pop()
            if self.states[node] is State.PENDING:
                self._end(node, State.SKIPPED, why)
                skipped.append(node)
                waiting += [(consumer, f"step {node!r} was skipped") for consumer in self._consumers[node]]
        return sorted(skipped, key=self._position.__getitem__)


def _is_within(group: str | None, outer: str | None) -> bool:
    return outer is None or group == outer or (group or "").startswith(f"{outer}/")
