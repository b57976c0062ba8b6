"""Send the steps that follow from a tiny one ahead with it, where nothing else can run meanwhile: see :mod:`.segments`.

To go from one step of a chain to the next by way of the driver takes longer than a tiny step. What a worker has done ahead counts when
the driver comes to that step, and has found out by itself that it must run; otherwise nothing was done.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias, final

from attrs import define, field

from ..compilers.graph import Binding, Node, OutputRef, Resources
from ..compilers.traversal import output_refs
from .calls import Calls
from .errors import RunError
from .events import Event
from .executors import Executor, SegmentExecutor, Tell
from .resolution import Values
from .resolved import SKIPPED, Gathered, Resolved, Stored
from .scheduling import Scheduler
from .segments import Given, Link, Segment
from .tasks import Outcome, Task

_FIRST: Final = 16
_MOST: Final = 1024
"""Steps in the first segment of a run, and at most; each has twice as many as the one before, since results go along."""

_PLAIN: Final = frozenset({int, str, bool, float, bytes, type(None)})

_UNHEARD: Final = object()

Make: TypeAlias = Callable[[Node], Task]
"""Makes the task of a node for its first attempt, without inputs."""


@define(eq=False)
class _Sent:
    """A segment that was sent: the steps whose turn has come, and the outcomes that have arrived before."""

    claimed: set[str]
    arrived: dict[str, Outcome | None] = field(factory=dict)

    def is_given_back(self, step: str) -> bool:
        """Say whether a worker has given a step back."""
        return self.arrived.get(step, _UNHEARD) is None


@final
class Ahead:
    """What workers have been sent before its turn, in one run."""

    def __init__(self, scheduler: Scheduler, values: Values, calls: Calls, make: Make, tell: Tell) -> None:
        self._scheduler = scheduler
        self._values = values
        self._calls = calls
        self._make = make
        self._tell = tell
        self._sent: dict[str, _Sent] = {}
        self._early: dict[str, list[Event]] = {}
        self._length = _FIRST

    def claim(self, step: str) -> bool:
        """Say of a step whose turn has come whether a worker performs it, or has done so; then its outcome is told."""
        sent = self._sent.pop(step, None)
        if sent is None or sent.is_given_back(step):
            return False
        sent.claimed.add(step)
        self._pass_on(sent, step)
        return True

    def submit(self, node: Node, task: Task, executor: Executor) -> bool:
        """Send a task with those that follow from it, and say so; nothing is sent where no step follows that could go along."""
        if not isinstance(executor, SegmentExecutor):
            return False
        nodes, links = [node], [Link(task, task.inputs)]
        for follower, link in self._followers(node, executor):
            nodes.append(follower)
            links.append(link)
        if len(links) == 1:
            return False
        self._length = min(2 * self._length, _MOST)
        sent = _Sent({node.id})
        self._sent |= dict.fromkeys((follower.id for follower in nodes[1:]), sent)
        segment = Segment(tuple(links), self._calls.key(node.id), self._calls.results_of(nodes))
        executor.submit_segment(segment, functools.partial(self._hear, sent))
        return True

    def _hear(self, sent: _Sent, step: str, outcome: Outcome | None) -> None:
        """Take in, from any thread, how a step ended whose turn may not have come yet."""
        sent.arrived[step] = outcome
        if step in sent.claimed:
            self._pass_on(sent, step)

    def _pass_on(self, sent: _Sent, step: str) -> None:
        """Tell the outcome of a step once, if it is there: whichever thread takes it out tells it."""
        try:
            outcome = sent.arrived.pop(step)
        except KeyError:
            return
        self._tell(step, outcome)

    def holds_back(self, event: Event) -> bool:
        """Keep what a step reports whose turn has not come yet; say whether it is such a step."""
        step = getattr(event, "step", None)
        if step not in self._sent:
            return False
        self._early.setdefault(step, []).append(event)
        return True

    def held_back(self, step: str) -> list[Event]:
        """Return what a step has reported before its turn, which has come."""
        return self._early.pop(step, [])

    def _followers(self, node: Node, executor: SegmentExecutor) -> Iterator[tuple[Node, Link]]:
        """Yield the steps that come after one in its segment."""
        known = {node.id}
        follower = self._scheduler.follower(node.id) if _is_simple(node, executor) else None
        while follower is not None and len(known) < self._length:
            if not _is_simple(follower, executor) or not self._calls.surely_runs(follower):
                return
            inputs = {name: self._given(binding, known) for name, binding in follower.inputs.items()}
            if None in inputs.values():
                return
            yield follower, Link(self._make(follower), inputs, self._calls.beginning(follower))  # type: ignore[arg-type]
            known.add(follower.id)
            follower = self._scheduler.follower(follower.id)

    def _given(self, binding: Binding, known: set[str]) -> Given | None:
        """Return an input as a worker gets it; None where only the driver can say what it is."""
        if isinstance(binding, OutputRef) and binding.node in known:
            return binding
        if any(ref.node in known for ref in output_refs((binding,))):
            return None
        try:
            value = self._values.resolve(binding)
        except RunError:  # the driver will say what is wrong, when the step's turn comes
            return None
        return value if value is not SKIPPED and _is_settled(value) else None


def _is_simple(node: Node, executor: SegmentExecutor) -> bool:
    """Say whether a step takes no time, needs nothing but a worker, and its call nothing but its inputs to be identified."""
    options = node.options
    if options.timeout is not None or options.hash_paths or options.resources != Resources():
        return False
    return executor.is_quick(node.function)


def _is_settled(value: Resolved) -> bool:
    """Say whether an input is identified in the same way wherever that is done, and does not change meanwhile."""
    if isinstance(value, Gathered):
        return all(map(_is_settled, value.items))
    return isinstance(value, Stored) or _is_plain(value.value)


def _is_plain(value: Any) -> bool:
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    return type(value) in _PLAIN
