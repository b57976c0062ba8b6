from __future__ import annotations

from collections.abc import Callable

import attrs

from penstock.compilers.graph import FunctionRef, Graph, Group, Node
from penstock.runtime.terminal.outlines import outline


def test_steps_stand_in_call_order_and_groups_hold_theirs(graph: Callable[[int], Graph]) -> None:
    entries = outline(graph(2), widest=12)
    assert [entry.label for entry in entries] == [
        "load",
        "prepare",
        "train (kind='k0')",
        "train-2 (kind='k1')",
        "report",
    ]
    assert [part.label for part in entries[1].parts] == ["clean", "scale"]
    assert entries[1].steps == ("prepare/clean", "prepare/scale")


def test_too_many_namesakes_become_one_family(graph: Callable[[int], Graph]) -> None:
    entries = outline(graph(1000), widest=12, times="×")
    assert [entry.label for entry in entries] == ["load", "prepare", "train ×1000", "report"]
    assert len(entries[2].steps) == 1000


def test_no_step_is_lost_or_shown_twice(graph: Callable[[int], Graph]) -> None:
    for widest in (1, 4, 50):
        entries = outline(graph(20), widest=widest)
        shown = [step for entry in entries for step in entry.steps]
        assert sorted(shown) == sorted(node.id for node in graph(20))


def test_pipelines_that_are_called_often_become_a_family_too() -> None:
    function = FunctionRef("m", "f")
    nodes = tuple(Node(f"fold-{n}/fit", "fit", function, {}, group=f"fold-{n}") for n in range(20))
    graph = Graph("cv", nodes, groups=tuple(Group(f"fold-{n}", "fold") for n in range(20)))
    (family,) = outline(graph, widest=12)
    assert (family.kind, family.label, len(family.steps)) == ("family", "fold x20", 20)


def test_a_group_that_holds_only_groups_is_shown(graph: Callable[[int], Graph]) -> None:
    inner = Node("a/b/fit", "fit", FunctionRef("m", "f"), {}, group="a/b")
    nested = attrs.evolve(graph(0), nodes=(inner,), groups=(Group("a", "a"), Group("a/b", "b", "a")))
    (outer,) = outline(nested, widest=12)
    assert (outer.label, outer.parts[0].label, outer.parts[0].parts[0].steps) == ("a", "b", ("a/b/fit",))
