"""Say, line by line, how a run stands: pure functions from what is known to text with named styles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs
from attrs import field, frozen

from ...compilers.graph import Map, Repeat
from .. import amounts
from ..explanations import EXPECTED
from ..history.records import StepRecord
from ..states import State
from .marks import Marks
from .outlines import Entry
from .standings import Standing, summed

Piece: TypeAlias = tuple[str, str]
"""Text and the name of its style: a state's name, ``dim``, ``bold``, ``bar``, ``metric``, ``warning`` or nothing."""

Note: TypeAlias = tuple[Piece, ...]
"""A word or two to the right of a line; its pieces are written without space between them."""

_BAR = 20
_SHOWN_FAILURES = 3
_SHOWN_METRICS = 4


@frozen(eq=False)
class Row:
    """A line of the tree. ``notes`` are what stands to the right of the label and the time."""

    depth: int
    state: State
    label: str
    seconds: float | None = None
    notes: tuple[Note, ...] = ()
    mark: str = ""
    steps: int = field(default=1, eq=False)


@frozen(eq=False)
class Scene:
    """What rows are made from: how the run stands at a moment, and the characters to draw with."""

    standing: Standing
    marks: Marks
    now: float


def rows(entries: Iterable[Entry], scene: Scene, *, closing: str = "nothing", depth: int = 0) -> Iterator[Row]:
    """Yield the lines of some entries. ``closing`` groups shows each as one line: ``nothing``, ``ended`` or ``all``."""
    for entry in entries:
        if entry.kind == "step":
            yield from _step_rows(scene.standing.steps[entry.steps[0]], entry.label, scene, depth)
            continue
        counts = scene.standing.counts(entry.steps)
        state = summed(counts)
        closed = entry.kind == "family" or closing == "all" or (closing == "ended" and not _needs_attention(state))
        mark = ("" if entry.kind == "family" else scene.marks.closed) if closed else scene.marks.open
        notes = tuple(count_notes(counts, scene.marks)) if closed else ()
        yield Row(depth, state, entry.label, scene.standing.span(entry.steps, scene.now), notes, mark, len(entry.steps))
        if closed:
            yield from _failed_rows(entry.steps, scene, depth + 1)
        else:
            yield from rows(entry.parts, scene, closing=closing, depth=depth + 1)


def fitted(found: list[Row], space: int, marks: Marks) -> list[Row]:
    """Return at most ``space`` rows: what failed and what runs, then the newest that ended and the next to come.

    One row says how many are not shown.
    """
    if len(found) <= space:
        return found
    kept = set(_most_telling(found, max(0, space - 1)))
    hidden: dict[State, int] = {}
    for index, row in enumerate(found):
        if index not in kept and not row.mark:
            hidden[row.state] = hidden.get(row.state, 0) + row.steps
    counts = ", ".join(f"{count} {state}" for state, count in hidden.items())
    last = Row(0, State.PENDING, f"{marks.ellipsis} {counts} not shown", mark=" ")
    return [row for index, row in enumerate(found) if index in kept] + [last]


def _most_telling(found: list[Row], space: int) -> list[int]:
    urgent = [index for index, row in enumerate(found) if row.state is State.FAILED]
    urgent += [index for index, row in enumerate(found) if row.state is State.RUNNING]
    ended = [index for index, row in enumerate(found) if row.state.ended and row.state is not State.FAILED]
    pending = [index for index, row in enumerate(found) if row.state is State.PENDING]
    left = max(0, space - len(urgent))
    coming = pending[: max(left // 2, left - len(ended))]
    past = ended[len(ended) - min(len(ended), left - len(coming)) :]
    return [*urgent, *past, *coming][:space]


def _needs_attention(state: State) -> bool:
    return state in (State.FAILED, State.RUNNING, State.CANCELLED)


def _step_rows(record: StepRecord, label: str, scene: Scene, depth: int) -> Iterator[Row]:
    """Yield the line of a step; of a control node with what it unfolded to, items as one line with a bar."""
    control, children = scene.standing.control(record.id), scene.standing.children.get(record.id, ())
    row = _step_row(record, label, scene, depth)
    if not isinstance(control, Map):
        yield row
        shown = _last_round(children, scene) if isinstance(control, Repeat) else children
        for child in map(scene.standing.steps.__getitem__, shown):
            yield from _step_rows(child, child.label or child.id, scene, depth + 1)
        return
    counts = scene.standing.items(record.id)
    notes = tuple(count_notes(counts, scene.marks)) if counts else ()
    kept = [] if record.state.succeeded or record.state is State.RUNNING else [note for note in row.notes if note]
    yield attrs.evolve(row, notes=(*notes, *kept))
    yield from _failed_rows(children, scene, depth + 1)


def _last_round(children: Sequence[str], scene: Scene) -> Sequence[str]:
    """Return what belongs to the round that a repeated body is at; nothing once it has ended well."""
    records = [scene.standing.steps[child] for child in children]
    if not records or all(record.state.succeeded for record in records):
        return ()
    last = max(record.place or 0 for record in records)
    return [record.id for record in records if record.place == last]


def _failed_rows(steps: Iterable[str], scene: Scene, depth: int) -> Iterator[Row]:
    """Yield the first failed ones of steps that are shown as one line."""
    records = (scene.standing.steps[step] for step in steps)
    failed = [record for record in records if record.state is State.FAILED]
    for record in failed[:_SHOWN_FAILURES]:
        yield _step_row(record, record.title, scene, depth)
    if len(failed) > _SHOWN_FAILURES:
        text = f"{scene.marks.ellipsis} and {len(failed) - _SHOWN_FAILURES} more failed"
        yield Row(depth, State.FAILED, text, mark=" ", steps=0)


def _step_row(record: StepRecord, label: str, scene: Scene, depth: int) -> Row:
    seconds = record.duration
    if record.state is State.RUNNING and record.started is not None:
        seconds = scene.now - record.started
    return Row(depth, record.state, label, seconds, tuple(_notes(record, scene)))


def _notes(record: StepRecord, scene: Scene) -> Iterator[Note]:
    running = record.state is State.RUNNING
    if record.attempts > 1:
        yield note(f"attempt {record.attempts}" if running else amounts.counted(record.attempts, "attempt"), "warning")
    if running:
        yield from _progress_notes(scene.standing.progress(record.id), scene.marks)
    if record.reused_from:
        yield note(f"from {record.reused_from}", "dim")
    if record.failure is not None:
        yield note(first_line(record.failure.kind, record.failure.message), "failed")
    yield from metric_notes(scene.standing.metrics.get(record.id, {}))
    if remarkable_reason(record):
        yield note(remarkable_reason(record), "dim")


def remarkable_reason(record: StepRecord) -> str:
    """Return why a step ran or was skipped, in a line; nothing where that goes without saying."""
    if record.failure is not None or record.reason in EXPECTED:
        return ""
    return record.reason.partition("\n")[0]


def _progress_notes(progress: tuple[int, int | None, str], marks: Marks) -> Iterator[Note]:
    done, total, label = progress
    if label:
        yield note(label)
    if total:
        yield bar(done, total, marks)
        yield note(f"{done}/{total}")
    elif done:
        yield note(str(done))


def note(text: str, style: str = "") -> Note:
    """Return a note of one piece."""
    return ((text, style),)


def metric_notes(metrics: Mapping[str, float]) -> Iterator[Note]:
    """Yield the newest value of each metric, the ones logged first first, and not too many."""
    for name, value in list(metrics.items())[:_SHOWN_METRICS]:
        yield note(f"{name} {amounts.number(value)}", "metric")


def count_notes(counts: Mapping[State, int], marks: Marks) -> Iterator[Note]:
    """Yield a bar of how many steps have ended, and how many are in the states worth a word."""
    total = sum(counts.values())
    ended = sum(count for state, count in counts.items() if state.ended)
    if ended < total:
        yield bar(ended, total, marks)
    yield note(f"{ended}/{total}")
    for state in (State.RUNNING, State.REUSED, State.FAILED, State.SKIPPED, State.CANCELLED):
        if counts.get(state):
            yield note(f"{counts[state]} {state}", state.value)


def bar(done: int, total: int, marks: Marks, width: int = _BAR) -> Note:
    """Return a progress bar."""
    full, tip, empty = marks.bar
    filled = min(width, width * done // max(1, total))
    head = full * filled + (tip if done > 0 and filled < width else "")
    return (head, "bar"), (empty * (width - len(head)), "dim")


def first_line(kind: str, message: str) -> str:
    """Write an error in a line: its kind and the first line of its message."""
    first = message.strip().partition("\n")[0]
    return f"{kind}: {first}" if first else kind
