"""Send the steps that follow from a tiny one ahead with it, where nothing else can run meanwhile: see :mod:`.segments`.

To go from one step of a chain to the next by way of the driver takes longer than a tiny step. What a worker has done ahead counts when
the driver comes to that step, and has found out by itself that it must run; otherwise nothing was done.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence, Set
from typing import Any, Final, final

from attrs import define, field

from ..compilers.graph import Binding, Literal, Node, OutputRef, Resources
from ..compilers.traversal import output_refs
from .calls import Calls
from .errors import RunError
from .events import Event
from .executors import Executor, SegmentExecutor, Tell
from .plans import Tasks
from .resolution import Values
from .resolved import SKIPPED, Gathered, Resolved, Stored
from .scheduling import Scheduler
from .segments import Given, Link, Segment
from .tasks import Completed, Outcome, Task

_FIRST: Final = 16
_MOST: Final = 256
"""Steps in the first segment of a run, and at most; each has twice as many as the one before. What a worker is ahead of the driver is done again
when that is killed."""

_PLAIN: Final = frozenset({int, str, bool, float, bytes, type(None)})

_NOTHING: Final = Resources()

_UNHEARD: Final = object()


@define(eq=False)
class _Sent:
    """A segment that was sent: the steps whose turn has come, and the outcomes that have arrived before.

    ``left`` is how many steps have not had their turn, and ``codes`` are those of which the worker knows all results.
    """

    nodes: Sequence[Node]
    codes: Set[str | None]
    left: int
    claimed: set[str] = field(factory=set)
    arrived: dict[str, Outcome | None] = field(factory=dict)
    is_followed: bool = False

    def is_given_back(self, step: str) -> bool:
        """Say whether a worker has given a step back."""
        return self.arrived.get(step, _UNHEARD) is None


@final
class Ahead:
    """What workers have been sent before its turn, in one run."""

    def __init__(self, scheduler: Scheduler, values: Values, calls: Calls, tasks: Tasks, tell: Tell) -> None:
        self._scheduler = scheduler
        self._values = values
        self._calls = calls
        self._tasks = tasks
        self._tell = tell
        self._sent: dict[str, _Sent] = {}
        self._latest: _Sent | None = None
        self._early: dict[str, list[Event]] = {}
        self._length = _FIRST

    def is_sent(self, step: str | None) -> bool:
        """Say whether a worker has been sent a step whose turn has not come."""
        return step in self._sent

    def is_done(self, step: str) -> bool:
        """Say whether a worker has completed a step whose turn has not come."""
        sent = self._sent.get(step)
        return sent is not None and isinstance(sent.arrived.get(step), Completed)

    def claim(self, step: str) -> bool:
        """Say of a step whose turn has come whether a worker performs it, or has done so; then its outcome is told."""
        sent = self._sent.pop(step, None)
        if sent is None:
            return False
        sent.left -= 1
        if sent.is_given_back(step):
            return False
        self._latest = sent
        sent.claimed.add(step)
        self._pass_on(sent, step)
        return True

    def submit(self, node: Node, task: Task, executor: Executor) -> bool:
        """Send a task with those that follow from it, and say so; nothing is sent where no step follows that could go along."""
        if not isinstance(executor, SegmentExecutor) or not _is_simple(node, executor):
            return False
        followers = list(self._followers(node, executor, {node.id}, self._length - 1))
        if not followers:
            return False
        sent = self._note([node, *(follower for follower, _ in followers)], frozenset())
        self.claim(node.id)
        links = (Link(task.step, task, task.inputs), *(link for _, link in followers))
        segment = Segment(links, self._calls.key(node.id), self._calls.results_of(sent.codes))
        executor.submit_segment(segment, functools.partial(self._hear, sent))
        return True

    def go_on(self, executor: Executor) -> None:
        """Send what follows from the segment of the step whose turn has come last, once half of that is done: its worker need not wait then."""
        before = self._latest
        if before is None or before.is_followed or 2 * before.left > len(before.nodes):
            return
        before.is_followed = True
        if not isinstance(executor, SegmentExecutor):
            return
        last = before.nodes[-1]
        followers = list(self._followers(last, executor, {node.id for node in before.nodes}, self._length))
        if followers:
            sent = self._note([follower for follower, _ in followers], before.codes)
            links, results = tuple(link for _, link in followers), self._calls.results_of(sent.codes - before.codes)
            segment = Segment(links, None, results, after=last.id)
            executor.submit_segment(segment, functools.partial(self._hear, sent))

    def _note(self, nodes: Sequence[Node], codes: Set[str | None]) -> _Sent:
        """Note what is going to be sent; a worker knows the results of some codes, and gets those of the others along."""
        self._length = min(2 * self._length, _MOST)
        sent = _Sent(nodes, codes | {node.fingerprint for node in nodes}, len(nodes))
        self._sent |= dict.fromkeys((node.id for node in nodes), sent)
        return sent

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

    def _followers(
        self, node: Node, executor: SegmentExecutor, known: set[str], most: int
    ) -> Iterator[tuple[Node, Link]]:
        """Yield up to so many steps that come after one in a segment; of some steps the worker has ``known`` the outputs."""
        follower = self._scheduler.follower(node.id)
        for _ in range(most):
            if follower is None or not (_is_simple(follower, executor) and self._calls.surely_runs(follower)):
                return
            inputs = {name: self._given(binding, known) for name, binding in follower.inputs.items()}
            if None in inputs.values():
                return
            like, beginning = self._tasks.like(follower), self._calls.beginning(follower)
            yield follower, Link(follower.id, like, inputs, beginning)  # type: ignore[arg-type]
            known.add(follower.id)
            follower = self._scheduler.follower(follower.id)

    def _given(self, binding: Binding, known: set[str]) -> Given | None:
        """Return an input as a worker gets it; None where only the driver can say what it is."""
        if isinstance(binding, OutputRef) and binding.node in known:
            return binding
        if not isinstance(binding, Literal) and any(ref.node in known for ref in output_refs((binding,))):
            return None
        try:
            value = self._values.resolve(binding)
        except RunError:  # the driver will say what is wrong, when the step's turn comes
            return None
        return value if value is not SKIPPED and _is_settled(value) else None


def _is_simple(node: Node, executor: SegmentExecutor) -> bool:
    """Say whether a step takes no time, needs nothing but a worker, and its call nothing but its inputs to be identified."""
    options = node.options
    if options.timeout is not None or options.hash_paths or options.resources != _NOTHING:
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
