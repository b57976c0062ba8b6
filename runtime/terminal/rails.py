"""Lay rails beside lines of text, as ``git log --graph`` does: one rail from each stop to the last that needs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field

from .condensing import RESULT, Stop
from .marks import Marks


@define
class Rails:
    """The rails between two lines: which stop's output each column carries."""

    marks: Marks
    uses: Counter[str]
    lanes: list[str | None] = field(factory=list)
    _resting: int | None = None

    @classmethod
    def before(cls, stops: Sequence[Stop], marks: Marks) -> Rails:
        """Return the rails above the first stop."""
        return cls(marks, Counter(needed for stop in stops for needed in stop.needs))

    def pass_by(self) -> str:
        """Return the rails beside a line that is no stop."""
        self._resting = None
        rail = self.marks.rails["ud"]
        return " ".join(rail if lane else " " for lane in self.lanes).rstrip()

    def stop(self, stop: Stop) -> str:
        """Return the rails at a stop, and go on behind it."""
        needed = [self.lanes.index(producer) for producer in stop.needs]
        self.uses.subtract(stop.needs)
        ending = {column for column in needed if not self.uses[self.lanes[column] or ""]}
        column = self._column(needed, ending)
        drawn = self._drawn(stop, column, needed, ending)
        for ended in ending:
            self.lanes[ended] = None
        goes_on = bool(self.uses[stop.id])
        self.lanes[column] = stop.id if goes_on else None
        self._resting = None if goes_on else column
        while self.lanes and self.lanes[-1] is None:
            self.lanes.pop()
        return drawn

    def _column(self, needed: Sequence[int], ending: Iterable[int]) -> int:
        """Choose where a stop stands: on a rail that ends there, else in a free column."""
        if ending:
            return min(ending)
        first = min(needed, default=-1) + 1
        free = (column for column in range(first, len(self.lanes)) if self.lanes[column] is None)
        # Right below a stop that nothing follows, a new one would look as if it followed.
        column = next((column for column in free if column != self._resting), max(first, len(self.lanes)))
        column += column == self._resting
        self.lanes += [None] * (column + 1 - len(self.lanes))
        return column

    def _drawn(self, stop: Stop, column: int, needed: Sequence[int], ending: Iterable[int]) -> str:
        touched = [column, *needed]
        low, high = min(touched), max(touched)
        cells = [self._cell(index, column, needed, ending, low, high) for index in range(len(self.lanes))]
        cells[column] = self.marks.result if stop.id == RESULT else self.marks.node
        line = self.marks.rails["lr"]
        return "".join(cell + (line if low <= index < high else " ") for index, cell in enumerate(cells)).rstrip()

    def _cell(self, index: int, column: int, needed: Sequence[int], ending: Iterable[int], low: int, high: int) -> str:
        rails: Mapping[str, str] = self.marks.rails
        if index in needed and index != column:
            down = "" if index in ending else "d"
            return rails["u" + down + ("l" if index > low else "") + ("r" if index < high else "")]
        if self.lanes[index] is not None:
            return rails["ud"]
        return rails["lr"] if low < index < high else " "
