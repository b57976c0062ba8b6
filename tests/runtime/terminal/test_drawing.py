from __future__ import annotations

from collections.abc import Callable

import attrs
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.graph import Collection, FunctionRef, Graph, Node, NodeOptions, OutputRef, Resources
from penstock.runtime.terminal.condensing import Stop, option_notes
from penstock.runtime.terminal.drawing import MOST_LINES, draw
from penstock.runtime.terminal.marks import ASCII, UNICODE
from penstock.runtime.terminal.rails import Rails

FUNCTION = FunctionRef("m", "f")


def test_a_small_graph_is_drawn_with_its_rails_parameters_and_groups(graph: Callable[[int], Graph]) -> None:
    assert draw(graph(2)).splitlines() == [
        "compare(source: Path, lr: float = 0.1)",
        "  Compare models.",
        "",
        "●    load(source=$source)",
        "│    ▾ prepare",
        "●      clean(table=load)",
        "●      scale(table=prepare/clean)",
        "├─●  train(table=prepare/scale, kind='k0')",
        "● │  train-2(table=prepare/scale, kind='k1')",
        "●─╯  report(models=[train, train-2])",
        "◆    return report",
    ]


def test_ascii_marks_give_an_ascii_drawing(graph: Callable[[int], Graph]) -> None:
    assert draw(graph(5), marks=ASCII).isascii()


def test_a_wide_fan_out_is_drawn_as_one(graph: Callable[[int], Graph]) -> None:
    text = draw(graph(200))
    assert "train ×200(table=prepare/scale, kind=…)" in text
    assert "report(models=list of 200: train, train-2, …)" in text
    assert len(text.splitlines()) < 12


def test_a_long_chain_loses_its_middle() -> None:
    nodes = tuple(Node(f"s{n}", f"s{n}", FUNCTION, {"x": OutputRef(f"s{n - 1}")} if n else {}) for n in range(500))
    lines = draw(Graph("chain", nodes, output=OutputRef("s499"))).splitlines()
    assert len(lines) == MOST_LINES + 2
    assert "… 442 more lines" in "\n".join(lines)


def test_groups_are_closed_when_there_are_too_many_steps(graph: Callable[[int], Graph]) -> None:
    assert "prepare ▸ 2 steps" in draw(graph(3), most=5)


def test_lines_are_cut_at_the_width(graph: Callable[[int], Graph]) -> None:
    assert max(map(len, draw(graph(9), width=40).splitlines())) == 40


def test_what_follows_nothing_does_not_look_as_if_it_did() -> None:
    graph = Graph("two", (Node("a", "a", FUNCTION, {}), Node("b", "b", FUNCTION, {})), output=OutputRef("b"))
    assert draw(graph).splitlines()[2:] == ["●    a()", "  ●  b()", "  ◆  return b"]


def test_options_that_matter_are_noted() -> None:
    assert option_notes(NodeOptions()) == ""
    assert option_notes(NodeOptions(retries=2, resources=Resources(gpus=1))) == "gpus=1, retries=2"


def test_order_without_data_has_a_rail(graph: Callable[[int], Graph]) -> None:
    nodes = (Node("a", "a", FUNCTION, {}, ()), Node("b", "b", FUNCTION, {}, after=("a",)))
    assert "●  b() after a" in draw(attrs.evolve(graph(0), nodes=nodes, groups=(), output=OutputRef("b")))


@st.composite
def graphs(drawn: st.DrawFn) -> Graph:
    nodes: list[Node] = []
    for index in range(drawn(st.integers(1, 25))):
        needed = drawn(st.lists(st.integers(0, index - 1), unique=True, max_size=4)) if index else []
        refs = Collection("list", tuple(OutputRef(f"n{other}") for other in needed))
        nodes.append(Node(f"n{index}", drawn(st.sampled_from("abc")), FUNCTION, {"x": refs} if needed else {}))
    return Graph("any", tuple(nodes), output=OutputRef(f"n{len(nodes) - 1}"))


@given(graphs(), st.integers(3, 40))
def test_any_graph_can_be_drawn_in_the_space_there_is(graph: Graph, most: int) -> None:
    for marks in (UNICODE, ASCII):
        assert len(draw(graph, marks=marks, most=most).splitlines()) <= most + 2


@given(graphs())
def test_a_rail_reaches_every_stop_from_what_it_needs(graph: Graph) -> None:
    stops = [Stop(node.id, "", tuple(ref.node for ref in _refs(node))) for node in graph]
    rails = Rails.before(stops, UNICODE)
    for stop in stops:
        assert all(needed in rails.lanes for needed in stop.needs)
        assert UNICODE.node in rails.stop(stop)
    assert not any(rails.lanes)


def _refs(node: Node) -> list[OutputRef]:
    return [ref for binding in node.inputs.values() for ref in binding.items]  # type: ignore[union-attr, misc]  # lists of references
