"""Say in plain lines how far mapped calls are: a line for each tenth of many items, instead of one for each item."""

from __future__ import annotations

from collections import Counter
from typing import final

from attrs import define, field

from ...compilers.graph import Map
from .. import amounts
from ..events import Event, RunEnded, RunStarted, StepCompleted, StepFailed, StepReused, StepSkipped, StepUnfolded
from ..states import State
from .standings import Standing

_MOST = 10
"""Items of a mapped call that are told one by one; of more, each tenth."""

_SHOWN_FAILURES = 3

_ENDS = (StepCompleted, StepReused, StepFailed, StepSkipped)


@define
class _Tally:
    """A mapped call with many items: how many steps run for them, and how these ended up to now."""

    total: int
    items: int
    ended: Counter[State] = field(factory=Counter)
    told: int = 0

    @property
    def tenths(self) -> int:
        """How many tenths of the steps have ended."""
        return 10 * self.ended.total() // self.total


@final
class Tallies:
    """The mapped calls of one run that have many items."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._tallies: dict[str, _Tally] = {}
        self._inside: dict[str, str] = {}

    def covers(self, event: Event) -> bool:
        """Say whether an event is about an item of many, which is not told for itself; the first failures are."""
        if isinstance(event, RunStarted | RunEnded) or event.step not in self._inside:
            return False
        failures = self._tallies[self._inside[event.step]].ended[State.FAILED]
        return not (isinstance(event, StepFailed) and failures <= _SHOWN_FAILURES)

    def line_of(self, event: Event) -> str | None:
        """Return what there is to say of many items after an event that was taken in, or None."""
        if isinstance(event, StepUnfolded):
            return self._unfolded(event)
        if not isinstance(event, _ENDS) or event.step not in self._inside:
            return None
        step = self._inside[event.step]
        if self._standing.steps[event.step].parent != step:
            return None  # it belongs to a step that does
        tally = self._tallies[step]
        tally.ended[self._standing.steps[event.step].state] += 1
        if tally.tenths <= tally.told:
            return None
        tally.told = tally.tenths
        return f"{_called(step, self._standing)}  {_text(self._standing.items(step))}"

    def _unfolded(self, event: StepUnfolded) -> str | None:
        if event.step in self._inside:
            self._inside |= dict.fromkeys((node.id for node in event.nodes), self._inside[event.step])
            return None
        items = len({place for place in event.places if place is not None})
        if items <= _MOST or not isinstance(self._standing.control(event.step), Map):
            return None
        self._tallies[event.step] = _Tally(len(event.nodes), items)
        self._inside |= dict.fromkeys((node.id for node in event.nodes), event.step)
        return f"{_called(event.step, self._standing)}  {amounts.counted(items, 'item')}"


def _called(step: str, standing: Standing) -> str:
    record = standing.steps[step]
    label = record.label or record.id
    return f"{record.group}/{label}" if record.group else label


def _text(counts: Counter[State]) -> str:
    ended = sum(count for state, count in counts.items() if state.ended)
    worth = [
        f"{counts[state]} {state}"
        for state in (State.REUSED, State.FAILED, State.SKIPPED, State.CANCELLED)
        if counts[state]
    ]
    return ", ".join([f"{ended}/{counts.total()} items", *worth])
