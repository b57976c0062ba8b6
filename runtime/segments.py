"""Describe steps in a row that one worker performs, each on what the one before has made, without asking the driver in between.

A segment is the part of a chain of which nothing else can run meanwhile. See :mod:`.ahead` for what a driver puts into a segment,
and what it makes of the outcomes, and :mod:`.chaining` for what a worker does with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from ..compilers.travelling import travels

if TYPE_CHECKING:
    from ..compilers.bindings import OutputRef
    from .artifacts import Artifact
    from .resolved import Resolved
    from .tasks import Task

Given: TypeAlias = "Resolved | OutputRef"
"""An input of a step in a segment: known, or an output of a step before it."""


@travels
@frozen(eq=False, repr=False)
class Link:
    """A step of a segment, a task ``like`` its own, and its inputs by name. ``beginning`` is that of its call's key, if it has one.

    The first step of all has a task of its own, with what is known of its inputs; the others have one for all calls that are alike.
    """

    step: str
    like: Task
    inputs: Mapping[str, Given]
    beginning: bytes | None = None

    def with_inputs(self, inputs: Mapping[str, Resolved]) -> Task:
        """Return the task whose inputs are these."""
        return self.like.of(self.step, inputs, attempt=self.like.attempt)


@frozen(eq=False, repr=False)
class Segment:
    """Some steps of a chain, in order; ``key`` is that of the first one's call.

    ``results`` are the outputs of the calls of this run that one of them may equal, by key. A segment that comes ``after`` the
    last step of another goes on with what its worker has in memory from that, and ``results`` are what is not there.
    """

    links: tuple[Link, ...]
    key: str | None
    results: Mapping[str, Mapping[str, Artifact]]
    after: str | None = None
