"""Mermaid: a flowchart of a graph."""

from __future__ import annotations

from penstock.compilers.graph import FunctionRef, Graph, Group, Literal, Node, OutputRef, Parameter, ParameterRef
from penstock.compilers.targets.mermaid import write


def node(name: str, group: str | None = None, after: tuple[str, ...] = (), **inputs: object) -> Node:
    node_id = f"{group}/{name}" if group else name
    return Node(node_id, name, FunctionRef("m", name), inputs, after=after, group=group)


def test_one_of_everything(rich, golden):
    golden("rich.mmd", write(rich))


def test_data_order_parameters_and_groups(golden):
    graph = Graph(
        "p",
        (
            node("load", path=ParameterRef("source")),
            node(
                "fit",
                "g",
                table=OutputRef("load", "train"),
                more=OutputRef("load", "train"),
                other=OutputRef("load", "test"),
            ),
            node("check", "g/h", x=OutputRef("g/fit")),
            node("save", after=("g/h/check", "load")),
        ),
        (Parameter("source", "Path"), Parameter("rounds", "int", {}, Literal(2), static=True)),
        groups=(Group("g", "g"), Group("g/h", "h", "g")),
    )
    golden("groups.mmd", write(graph))


def test_what_mermaid_reads_as_syntax_is_escaped():
    text = write(Graph("p", (node("fit"),), (Parameter("x", 'Literal["<a>|&#b"]\n'),)))
    assert 'p0(["x: Literal[#quot;#lt;a#gt;#124;#amp;#35;b#quot;] "])' in text


def test_many_groups_are_written_in_good_time():
    groups = tuple(Group(f"g{i}", f"g{i}") for i in range(2000))
    text = write(Graph("p", tuple(node("fit", f"g{i}") for i in range(2000)), groups=groups))
    assert text.count("subgraph") == 2000
