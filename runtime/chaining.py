"""Perform the steps of a segment in this process, one on what the other has made.

Each call is identified as the driver does it, so that of equal calls one executes. A worker that gets no segment does not load this.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from attrs import define, field

from ..compilers.bindings import OutputRef
from .answers import SLOW, Returned
from .artifacts import Artifact
from .identities import identify_input, identify_output, key_of
from .invocation import perform, store_at
from .resolved import Resolved, Stored
from .segments import Given, Link, Segment
from .tasks import Completed, Outcome
from .whereabouts import Whereabouts

if TYPE_CHECKING:
    from .events import Event

_LONGEST: Final = 2.0
"""Seconds that a segment may take; what is left then goes back to the driver, which may know better by now."""


@final
@define(eq=False)
class Memory:
    """What a worker has made in the segment that it has performed last, up to its ``last`` step; nothing where it broke that off.

    ``keys`` are those of its calls and ``outputs`` what they made, by step; ``results`` are outputs by the keys of calls.
    """

    last: str | None = None
    keys: dict[str, str | None] = field(factory=dict)
    outputs: dict[str, Mapping[str, Artifact]] = field(factory=dict)
    results: dict[str, Mapping[str, Artifact]] = field(factory=dict)

    def recall(self, segment: Segment) -> bool:
        """Prepare for a segment. Says whether what it goes on from is here."""
        if segment.after is None:
            self.keys, self.outputs, self.results = {}, {}, {}
        elif segment.after != self.last:
            return False
        self.last = None
        self.results.update(segment.results)
        return True

    def note(self, step: str, key: str | None, outputs: Mapping[str, Artifact]) -> None:
        """Note what a step has made, and what identifies its call."""
        self.keys[step], self.outputs[step] = key, outputs

    def keep(self, segment: Segment) -> None:
        """Note that a segment was performed to its end; values of those before it are needed no more."""
        steps = [link.step for link in segment.links]
        self.keys = {step: self.keys[step] for step in steps}
        self.outputs = {step: self.outputs[step] for step in steps}
        self.last = steps[-1]


_MEMORY: Final = Memory()
"""What this process remembers of the last segment."""


def perform_segment(segment: Segment, send: Callable[[Event], None]) -> Iterator[Outcome | Returned]:
    """Perform the steps in this process, and yield how each ended, in order; after one that fails, nothing more."""
    memory = _MEMORY
    if not memory.recall(segment):
        yield from _returned(segment.links)
        return
    first = segment.links[0].like
    store = store_at(first.store, first.cache)
    identify = functools.partial(identify_input, where=Whereabouts(Path(first.root)), store=store)
    results, late, slow = memory.results, time.monotonic() + _LONGEST, False
    for done, link in enumerate(segment.links):
        is_first = not done and segment.after is None
        inputs = {name: _known(given, memory) for name, given in link.inputs.items()}
        key = segment.key if is_first else _key(link, inputs, identify)
        made = results.get(key or "") if link.like.options.allow_reuse and not is_first else None
        if slow or time.monotonic() > late:
            yield from _returned(segment.links[done:])
            return
        if made is not None:
            yield Returned(link.step)
        else:
            outcome = perform(link.with_inputs(inputs), send)
            yield outcome
            if not isinstance(outcome, Completed):
                return
            made, slow = outcome.outputs, outcome.duration > SLOW
        memory.note(link.step, key, made)
        if key and link.like.options.allow_reuse:
            results[key] = made
    memory.keep(segment)


def _returned(links: Iterable[Link]) -> Iterator[Returned]:
    return (Returned(link.step) for link in links)


def _key(link: Link, inputs: Mapping[str, Resolved], identify: Callable[[Resolved], str | None]) -> str | None:
    if link.beginning is None:
        return None
    return key_of(link.beginning, {name: identify(value) for name, value in inputs.items()})


def _known(given: Given, memory: Memory) -> Resolved:
    if not isinstance(given, OutputRef):
        return given
    made = memory.outputs[given.node][given.name]
    return Stored(made, given.path, identify_output(made, memory.keys.get(given.node)))
