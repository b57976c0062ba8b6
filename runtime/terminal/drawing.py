"""Draw a graph as text: a line a step in order, rails for the data, groups indented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...compilers.graph import Graph
from ...compilers.rendering import render_parameter
from .condensing import Stop, condensations
from .marks import UNICODE, Marks
from .rails import Rails

MOST_LINES = 60
"""How many stops a drawing may have before namesakes and groups are drawn as one, and then the middle is left out."""

MOST_RAILS = 12
"""How many rails may run side by side before namesakes and groups are drawn as one."""

_WIDEST_HEAD = 80


def draw(graph: Graph, *, marks: Marks = UNICODE, width: int | None = None, most: int = MOST_LINES) -> str:
    """Return a graph as text, its lines cut at ``width`` characters. Raises InvalidGraph for a cycle."""
    lines = [*_head(graph), "", *_body(graph, marks, most)]
    return "\n".join(_cut(line.rstrip(), width, marks) for line in lines) + "\n"


def _head(graph: Graph) -> Iterator[str]:
    parameters = list(map(render_parameter, graph.parameters))
    head = f"{graph.name}({', '.join(parameters)})"
    if len(head) <= _WIDEST_HEAD:
        yield head
    else:
        yield from (f"{graph.name}(", *(f"    {parameter}," for parameter in parameters), ")")
    summary = graph.doc.strip().partition("\n")[0]
    if summary:
        yield f"  {summary}"


def _body(graph: Graph, marks: Marks, most: int) -> Iterator[str]:
    drawn: list[tuple[str, str]] = []
    for stops in condensations(graph, marks):
        drawn = list(_railed(stops, marks))
        if len(drawn) <= most and max(len(rails) for rails, _ in drawn) < 2 * MOST_RAILS:
            break
    column = max(len(rails) for rails, _ in drawn) + 2
    lines = [f"{rails:{column}}{text}" for rails, text in drawn]
    yield from lines if len(lines) <= most else _without_middle(lines, most, column, marks)


def _railed(stops: Sequence[Stop], marks: Marks) -> Iterator[tuple[str, str]]:
    """Yield rails and text; the first step of a group is preceded by the group's name."""
    rails, group = Rails.before(stops, marks), None
    for stop in stops:
        if stop.group != group and stop.group is not None:
            yield rails.pass_by(), f"{'  ' * stop.group.count('/')}{marks.open} {stop.group.rpartition('/')[2]}"
        group = stop.group
        depth = 0 if group is None else group.count("/") + 1
        yield rails.stop(stop), "  " * depth + stop.text


def _without_middle(lines: Sequence[str], most: int, column: int, marks: Marks) -> Iterator[str]:
    first = max(1, most // 2)
    last = max(1, most - first - 1)
    yield from lines[:first]
    yield " " * column + f"{marks.ellipsis} {len(lines) - first - last} more lines"
    yield from lines[-last:]


def _cut(line: str, width: int | None, marks: Marks) -> str:
    return line if width is None or len(line) <= width else line[: width - len(marks.ellipsis)] + marks.ellipsis
