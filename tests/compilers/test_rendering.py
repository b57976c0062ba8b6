"""Rendering: a graph as text, as people would write the calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock import State
from penstock.compilers.graph import (
    Attached,
    Collection,
    FunctionRef,
    Graph,
    Literal,
    Node,
    OutputRef,
    Parameter,
    ParameterRef,
)
from penstock.compilers.rendering import render, render_around, render_binding, render_parameter, render_value


def test_a_whole_graph(rich, golden):
    golden("rich.txt", render(rich) + "\n")


@pytest.mark.parametrize(
    ("binding", "text"),
    [
        (Literal("a"), "'a'"), (Literal("x" * 100), "'" + "x" * 59 + "..."), (Attached("key"), "<key>"),
        (ParameterRef("lr"), "$lr"), (ParameterRef("config", ("a", 0)), "$config['a'][0]"), (OutputRef("fit"), "fit"),
        (OutputRef("fit", "model", (0,)), "fit.model[0]"), (Collection("list", (OutputRef("a"), Literal(1))), "[a, 1]"),
        (Collection("tuple", (OutputRef("a"),)), "(a,)"), (Collection("set", (OutputRef("a"),)), "{a}"),
        (Collection("dict", (OutputRef("a"),), (("k", 1),)), "{('k', 1): a}"),
        (Collection("namedtuple", (OutputRef("a"),), ("left",), "m:Outer.Pair"), "Outer.Pair(left=a)"),
    ],
    ids=str,
)  # fmt: skip
def test_a_binding_is_an_expression(binding, text):
    assert render_binding(binding) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b", "a"}, "{'a', 'b'}"), (set(), "set()"), (frozenset({2, 1}), "frozenset({1, 2})"), (Path("a/b"), "Path('a/b')"),
        ([{"b", "a"}], "[{'a', 'b'}]"), ((Path("a"),), "(Path('a'),)"), ({"k": Path("a")}, "{'k': Path('a')}"), (0.1, "0.1"),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_value_is_written_the_same_everywhere(value, text):
    assert render_value(value) == text


def test_an_enum_member_shows_its_name():
    assert "FAILED" in render_value(State.FAILED)


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (Parameter("lr", "float", {}, Literal(0.1)), "lr: float = 0.1"),
        (Parameter("source", "Path"), "source: Path"),
        (Parameter("rounds", "int", {}, Literal(3), static=True), "rounds: Static[int] = 3"),
    ],
    ids=str,
)
def test_a_parameter_is_written_as_in_a_signature(parameter, text):
    assert render_parameter(parameter) == text


def test_only_the_lines_around_a_node_are_shown():
    graph = Graph("p", tuple(Node(f"n{i}", "f", FunctionRef("m", "f"), {}) for i in range(20)))
    rows = render_around(graph, "n10", lines=2).splitlines()
    assert [row.split()[0 if row.startswith("   ") else 1] for row in rows[1:]] == ["n8", "n9", "n10", "n11", "n12"]
    assert rows[3].startswith("-> n10 = ")
