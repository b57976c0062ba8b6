"""A picture of a graph shows each step once, or the closed group that it is in, with how that stands."""

from __future__ import annotations

import pytest
from penstock.compilers.graph import FunctionRef, Graph, Group, Node, OutputRef
from penstock.runtime.history import StepRecord
from penstock.runtime.server.pages.pictures import draw
from penstock.runtime.states import State


def node(name, *needs, group=None):
    inputs = {f"x{number}": OutputRef(need, "output") for number, need in enumerate(needs)}
    return Node(name, name.rpartition("/")[2], FunctionRef("m", "f"), inputs, group=group)


GRAPH = Graph(
    "p",
    (node("load"), node("a/fit", "load", group="a"), node("a/test", "a/fit", group="a"), node("end", "a/test")),
    groups=(Group("a", "market"),),
)


def step(name, state=State.PENDING, **more):
    return StepRecord("r", name, name, "m:f", 0, state, **more)


def boxes(*steps, graph=GRAPH, closed=None):
    return {box.id: box for box in draw(graph, steps, closed).boxes}


def test_a_small_graph_is_drawn_with_its_groups_open_in_frames():
    picture = draw(GRAPH, ())
    assert [box.id for box in picture.boxes] == ["load", "a/fit", "a/test", "end"]
    assert [(frame.id, frame.label) for frame in picture.frames] == [("a", "market")]


def test_a_closed_group_is_one_box_and_tells_how_much_of_it_is_done():
    found = boxes(step("a/fit", State.COMPLETED), step("a/test", State.RUNNING), closed=["a"])
    assert list(found) == ["load", "a", "end"]
    group = found["a"]
    assert (group.state, group.standing, group.done, group.count) == (State.RUNNING, "1 of 2 steps", 0.5, 2)


def test_a_group_with_a_failure_shows_it_before_all_else():
    assert boxes(step("a/fit", State.FAILED), step("a/test", State.RUNNING), closed=["a"])["a"].state is State.FAILED


def test_a_mapped_step_tells_how_much_of_what_is_inside_has_ended():
    inside = [step(f"load[{number}]", State.COMPLETED, parent="load") for number in range(3)]
    found = boxes(step("load", State.RUNNING, started=5.0), *inside, step("load[3]", State.RUNNING, parent="load"))
    assert found["load"].done == 0.75
    assert found["load"].began == 5.0


def test_what_goes_into_a_running_step_is_marked():
    curves = draw(GRAPH, [step("end", State.RUNNING)]).curves
    assert [curve.target for curve in curves if curve.is_active] == ["end"]


@pytest.mark.parametrize("closed", [["nothing"], ["a", "nothing"], [""]])
def test_groups_that_are_not_there_are_not_minded(closed):
    assert draw(GRAPH, (), closed).closed <= {"a"}


def test_an_address_says_which_groups_are_closed_after_a_click():
    assert draw(GRAPH, (), []).toggled("a") == "a"
    assert draw(GRAPH, (), ["a"]).toggled("a") == ""
    assert draw(GRAPH, ()).all_closed == "a"


def test_a_graph_with_a_circle_through_a_group_is_drawn_without_groups():
    nodes = (node("a/one", group="a"), node("between", "a/one"), node("a/two", "between", group="a"))
    picture = draw(Graph("p", nodes, groups=(Group("a", "market"),)), (), ["a"])
    assert (len(picture.boxes), picture.frames) == (3, ())


def test_namesakes_among_groups_are_told_apart():
    nodes = (node("m/fit", group="m"), node("m-2/fit", group="m-2"))
    picture = draw(Graph("p", nodes, groups=(Group("m", "market"), Group("m-2", "market"))), ())
    assert [frame.label for frame in picture.frames] == ["m", "m-2"]
