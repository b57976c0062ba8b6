"""Groups in a picture are frames: around all that is in them, and around nothing else."""

from __future__ import annotations

from graphlib import CycleError

import pytest
from penstock.runtime.server.pages.frames import lay_out_in_frames
from penstock.runtime.server.pages.layouts import HEIGHT, WIDTH

WITHIN = {"load": None, "a/fit": "a", "a/test": "a", "b/fit": "b", "b/in/one": "b/in", "b/in/two": "b/in", "end": None}
PARENTS = {"a": None, "b": None, "b/in": "b"}
EDGES = [
    ("load", "a/fit"), ("a/fit", "a/test"), ("load", "b/fit"), ("b/fit", "b/in/one"), ("b/in/one", "b/in/two"),
    ("a/test", "end"), ("b/in/two", "end"), ("load", "end"),
]  # fmt: skip


@pytest.fixture
def framed():
    return lay_out_in_frames(WITHIN, PARENTS, EDGES)


def is_inside(place, frame):
    (left, top), (width, height) = frame
    return left < place[0] and place[0] + WIDTH < left + width and top < place[1] and place[1] + HEIGHT < top + height


@pytest.mark.parametrize("group", PARENTS)
def test_a_frame_is_around_what_is_in_the_group_and_nothing_else(framed, group):
    inside = {node for node, place in framed.nodes.items() if is_inside(place, framed.frames[group])}
    assert inside == {node for node in WITHIN if node.startswith(f"{group}/")}


def test_frames_beside_each_other_do_not_overlap(framed):
    ((_, first), (_, height)), ((_, second), (_, other)) = framed.frames["a"], framed.frames["b"]
    assert first + height <= second or second + other <= first


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_goes_from_the_right_of_one_node_to_the_left_of_the_other(framed, edge):
    (x, y), (to_x, to_y) = framed.nodes[edge[0]], framed.nodes[edge[1]]
    way = framed.edges[edge]
    assert way[0] == (x + WIDTH, y + HEIGHT / 2)
    assert way[-1] == (to_x, to_y + HEIGHT / 2)
    assert x + WIDTH < to_x


def test_everything_is_within_the_picture(framed):
    assert min(x for x, _ in framed.nodes.values()) >= 0
    assert max(x + WIDTH for x, _ in framed.nodes.values()) <= framed.width
    assert max(y + HEIGHT for _, y in framed.nodes.values()) <= framed.height


def test_a_circle_through_a_group_is_refused():
    edges = [("a/one", "between"), ("between", "a/two")]
    with pytest.raises(CycleError):
        lay_out_in_frames({"a/one": "a", "between": None, "a/two": "a"}, {"a": None}, edges)


def test_nothing_takes_no_room():
    assert lay_out_in_frames({}, {}, []).width == 0
