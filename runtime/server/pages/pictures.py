"""Make a picture of a run's graph: boxes with the states of steps, and the curves between them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError

from attrs import evolve, field, frozen

from ....compilers.graph import Graph, Group
from ....compilers.traversal import dependencies
from ... import amounts
from ...history.records import StepRecord
from ...states import State
from .frames import Framed, lay_out_in_frames
from .layouts import HEIGHT, WIDTH, Place

MARGIN = 16
CROWDED = 80
"""Steps from which on the outermost groups are closed unless somebody opens them."""

_FIRST = (State.FAILED, State.RUNNING, State.CANCELLED, State.PENDING, State.COMPLETED, State.REUSED, State.SKIPPED)
"""Which state of its steps a closed group shows: the first of these."""

_LONGEST, _LONGEST_DETAIL = 19, 23
"""Characters that fit into the lines of a box."""

_ARGUMENTS = re.compile(r"^(?P<name>.+?) \((?P<arguments>.*)\)$", re.DOTALL)


@frozen
class Box:
    """A step, or a closed group of ``count`` steps. ``detail`` tells namesakes apart, ``standing`` how it stands.

    ``began`` is since when it has been running, in seconds since the epoch; ``done`` the part of what is inside that has ended.
    """

    id: str
    label: str
    standing: str
    state: State
    detail: str = ""
    x: float = 0.0
    y: float = 0.0
    count: int = 0
    began: float | None = None
    done: float | None = None

    @property
    def short(self) -> str:
        """The label, as much of it as fits."""
        return _cut(self.label, _LONGEST)

    @property
    def second(self) -> str:
        """What stands under the label before how the step stands."""
        return f"{_cut(self.detail, _LONGEST_DETAIL - max(len(self.standing), 7))} · " if self.detail else ""


@frozen
class Frame:
    """An open group: what is in it stands inside."""

    id: str
    label: str
    x: float
    y: float
    width: float
    height: float


@frozen
class Curve:
    """What connects two boxes, as the data of an SVG path. ``is_active`` says that the second one is running."""

    source: str
    target: str
    path: str
    is_active: bool = False


@frozen
class Picture:
    """A graph, drawn. ``groups`` are all groups there are; ``closed`` those that are drawn as one box."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    groups: tuple[Group, ...] = ()
    closed: frozenset[str] = field(default=frozenset())
    frames: tuple[Frame, ...] = ()
    box_width: int = WIDTH
    box_height: int = HEIGHT

    def toggled(self, group: str) -> str:
        """Return the ids of the groups that are closed after one was opened or closed, as an address has them."""
        return ",".join(sorted(self.closed ^ {group}))

    @property
    def all_closed(self) -> str:
        """The ids of the outermost groups, as an address has them."""
        return ",".join(sorted(group.id for group in self.groups if group.parent is None))


def draw(graph: Graph, steps: Sequence[StepRecord], closed: Iterable[str] | None = None) -> Picture:
    """Draw a graph with the states of its steps. ``closed`` are the ids of groups to draw as one box each.

    Where a circle would go through groups, were they one box, nothing is drawn as a group.
    """
    known = {group.id for group in graph.groups}
    wanted = frozenset(closed if closed is not None else _closed_by_itself(graph)) & known
    try:
        return _drawn(graph, steps, wanted)
    except CycleError:
        return _drawn(evolve(graph, groups=()), steps, frozenset())


def _closed_by_itself(graph: Graph) -> Iterable[str]:
    return (group.id for group in graph.groups if group.parent is None) if len(graph) > CROWDED else ()


def _drawn(graph: Graph, steps: Sequence[StepRecord], closed: frozenset[str]) -> Picture:
    parents = {group.id: group.parent for group in graph.groups}
    shown = {node.id: _shown(node.id, node.group, parents, closed) for node in graph}
    within = {
        name: parents[name] if name in closed else _known(graph[node].group, parents) for node, name in shown.items()
    }
    pairs = ((shown[needed], shown[node.id]) for node in graph for needed in dependencies(node) if needed in shown)
    layout = lay_out_in_frames(within, parents, [pair for pair in pairs if pair[0] != pair[1]])
    boxes = tuple(_placed(box, layout.nodes[box.id]) for box in _boxes(graph, steps, shown))
    running = {box.id for box in boxes if box.state is State.RUNNING}
    curves = tuple(Curve(*edge, _path(points), edge[1] in running) for edge, points in layout.edges.items())
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    return Picture(width, height, boxes, curves, graph.groups, closed, tuple(_frames(graph, layout)))


def _known(group: str | None, parents: Mapping[str, str | None]) -> str | None:
    return group if group in parents else None


def _frames(graph: Graph, layout: Framed) -> Iterable[Frame]:
    names = _titles(graph.groups)
    for group, ((x, y), size) in layout.frames.items():
        yield Frame(group, names[group], round(x + MARGIN, 1), round(y + MARGIN, 1), *size)


def _titles(groups: Sequence[Group]) -> dict[str, str]:
    """Return what groups are called: their names, or the ends of their ids where there are namesakes."""
    counts = Counter(group.name for group in groups)
    return {group.id: group.name if counts[group.name] == 1 else group.id.rpartition("/")[2] for group in groups}


def _shown(node: str, group: str | None, parents: Mapping[str, str | None], closed: frozenset[str]) -> str:
    """Return what stands for a node: the outermost closed group that it is in, or itself."""
    found = node
    while group is not None and group in parents:
        if group in closed:
            found = group
        group = parents[group]
    return found


def _boxes(graph: Graph, steps: Sequence[StepRecord], shown: Mapping[str, str]) -> Iterable[Box]:
    records = {step.id: step for step in steps}
    names = _titles(graph.groups)
    inside: dict[str, list[StepRecord]] = {}
    for node in graph:
        inside.setdefault(shown[node.id], []).append(
            records.get(node.id) or StepRecord("", node.id, node.name, str(node.function), 0, label=node.label)
        )
    unfolded: dict[str, list[StepRecord]] = {}
    for step in steps:
        if step.parent:
            unfolded.setdefault(step.parent, []).append(step)
    for name, members in inside.items():
        if name in shown:
            yield _step_box(members[0], unfolded.get(name, ()))
        else:
            yield _group_box(name, names.get(name, name), members)


def _step_box(step: StepRecord, unfolded: Sequence[StepRecord]) -> Box:
    items = f" · {amounts.counted(len(unfolded), 'step')} inside" if unfolded else ""
    told = _ARGUMENTS.match(step.label)
    name, arguments = (told["name"], told["arguments"]) if told else (step.label or step.id, "")
    began = step.started if step.state is State.RUNNING else None
    return Box(step.id, name, standing(step) + items, step.state, arguments, began=began, done=_done(unfolded))


def _group_box(group: str, name: str, members: Sequence[StepRecord]) -> Box:
    state = next(state for state in _FIRST if any(member.state is state for member in members))
    done = sum(member.state.succeeded for member in members)
    standing = f"{done} of {amounts.counted(len(members), 'step')}"
    return Box(group, name, standing, state, count=len(members), done=_done(members))


def _done(inside: Sequence[StepRecord]) -> float | None:
    """Return the part that has ended; None where nothing or all has."""
    part = sum(one.state.ended for one in inside) / len(inside) if inside else 1.0
    return None if part in (0.0, 1.0) else part


def standing(step: StepRecord) -> str:
    """Return the state of a step in a word, with how long it took."""
    if step.state is State.COMPLETED and step.duration is not None:
        return amounts.duration(step.duration)
    return step.state.value


def _placed(box: Box, place: Place) -> Box:
    return evolve(box, x=round(place[0] + MARGIN, 1), y=round(place[1] + MARGIN, 1))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(most, 2) - 1]}…"


def _path(points: Sequence[Place]) -> str:
    """Return a smooth curve through points, level at each of them."""
    (x, y), *rest = [(round(x + MARGIN, 1), round(y + MARGIN, 1)) for x, y in points]
    parts = [f"M{x:g} {y:g}"]
    for to_x, to_y in rest:
        middle = (x + to_x) / 2
        parts.append(f"H{to_x:g}" if y == to_y else f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}")
        x, y = to_x, to_y
    return "".join(parts)
