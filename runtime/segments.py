"""Perform steps in a row in one worker, each on what the one before has made, without asking the driver in between.

A segment is the part of a chain of which nothing else can run meanwhile. The worker identifies each call as the driver does, so
that of equal calls one executes; see :mod:`.ahead` for what a driver puts into a segment, and what it makes of the outcomes.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias, Union, final

from attrs import define, field, frozen

from ..compilers.graph import OutputRef
from ..compilers.travelling import travels
from .artifacts import Artifact
from .events import Event
from .identities import identify_input, key_of
from .invocation import perform, store_at
from .resolution import Values
from .resolved import Resolved
from .tasks import Completed, Outcome, Task
from .whereabouts import Whereabouts

_LONGEST: Final = 2.0
"""Seconds that a segment may take; what is left then goes back to the driver, which may know better by now."""

SLOW: Final = 0.05
"""Seconds; a step that takes longer was not the tiny one that it was taken for: what was sent with it or behind it goes back."""

Given: TypeAlias = Union[Resolved, OutputRef]
"""An input of a step in a segment: known, or an output of a step before it."""


@travels
@frozen
class Link:
    """A step of a segment: its task, and its inputs by name. ``beginning`` is that of its call's key, if it has one."""

    task: Task
    inputs: Mapping[str, Given]
    beginning: bytes | None = None


@frozen
class Segment:
    """Some steps of a chain, in order; ``key`` is that of the first one's call.

    ``results`` are the outputs of the calls of this run that one of them may equal, by key. A segment that comes ``after`` the
    last step of another goes on with what its worker has in memory from that, and ``results`` are what is not there.
    """

    links: tuple[Link, ...]
    key: str | None
    results: Mapping[str, Mapping[str, Artifact]]
    after: str | None = None

    def perform(self, send: Callable[[Event], None], memory: Memory) -> Iterator[Outcome | Returned]:
        """Perform the steps in this process, and yield how each ended, in order; after one that fails, nothing more."""
        return _perform(self, send, memory)


@frozen
class Returned:
    """What a worker says of a step that it was sent and has not begun: the driver decides about it."""

    step: str


@final
@define
class Memory:
    """What a worker has made in the segment that it has performed last, up to its ``last`` step; nothing where it broke that off."""

    last: str | None = None
    values: Values = field(factory=lambda: Values({}, {}, {}))
    results: dict[str, Mapping[str, Artifact]] = field(factory=dict)

    def recall(self, segment: Segment) -> bool:
        """Prepare for a segment. Says whether what it goes on from is here."""
        if segment.after is None:
            self.values, self.results = Values({}, {}, {}), {}
        elif segment.after != self.last:
            return False
        self.last = None
        self.results.update(segment.results)
        return True

    def keep(self, segment: Segment) -> None:
        """Note that a segment was performed to its end; values of those before it are needed no more."""
        before, self.values = self.values, Values({}, {}, {})
        for step in (link.task.step for link in segment.links):
            self.values.keys[step], self.values.outputs[step] = before.keys[step], before.outputs[step]
        self.last = segment.links[-1].task.step


def _perform(segment: Segment, send: Callable[[Event], None], memory: Memory) -> Iterator[Outcome | Returned]:
    if not memory.recall(segment):
        yield from _returned(segment.links)
        return
    first = segment.links[0].task
    store = store_at(first.store, first.cache)
    identify = functools.partial(identify_input, where=Whereabouts(Path(first.root)), store=store)
    values, results = memory.values, memory.results
    late, slow = time.monotonic() + _LONGEST, False
    for done, link in enumerate(segment.links):
        is_first = not done and segment.after is None
        inputs = {name: _known(given, values) for name, given in link.inputs.items()}
        key = segment.key if is_first else _key(link, inputs, identify)
        made = results.get(key or "") if link.task.options.allow_reuse and not is_first else None
        if slow or time.monotonic() > late:
            yield from _returned(segment.links[done:])
            return
        if made is not None:
            yield Returned(link.task.step)
        else:
            outcome = perform(link.task.given(inputs), send)
            yield outcome
            if not isinstance(outcome, Completed):
                return
            made, slow = outcome.outputs, outcome.duration > SLOW
        values.keys[link.task.step], values.outputs[link.task.step] = key, made
        if key and link.task.options.allow_reuse:
            results[key] = made
    memory.keep(segment)


def _returned(links: Iterable[Link]) -> Iterator[Returned]:
    return (Returned(link.task.step) for link in links)


def _key(link: Link, inputs: Mapping[str, Resolved], identify: Callable[[Resolved], str | None]) -> str | None:
    if link.beginning is None:
        return None
    return key_of(link.beginning, {name: identify(value) for name, value in inputs.items()})


def _known(given: Given, values: Values) -> Resolved:
    return values.resolve(given) if isinstance(given, OutputRef) else given
