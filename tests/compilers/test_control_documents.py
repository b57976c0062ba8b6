"""Graphs with bodies as text, as pictures and as documents; cut, identified and told apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import jsonschema
import numpy as np
import pytest

from penstock import Graph, InvalidGraph, RunStatus, each, on_exit, pipeline, repeat, step, when
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.graph import Attached, Source
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.passes import alone, until
from penstock.compilers.rendering import render
from penstock.compilers.serialisation import digest, from_json, json_schema, to_dict, to_json
from penstock.compilers.targets.mermaid import write
from penstock.compilers.traversal import named_bodies, nodes_within, with_bodies


@step
def load(path: str) -> list[int]: ...
@step
def train(x: int, rate: float = 0.1) -> int: ...
@step
def score(model: int) -> dict[str, float]: ...
@step
def show(x: Any) -> str: ...
@step
def clean(path: str, status: RunStatus) -> None: ...


@pipeline
def tune(x: int, rate: float) -> int:
    """Tune one."""
    return train(train(x, rate), rate)


@pipeline
def whole(path: str, rate: float = 0.5) -> object:
    """Do it all."""
    on_exit(lambda: clean(path))
    models = tune(each(load(path), limit=2), rate)
    best = repeat(train, models[0], until=lambda state: state > 3, limit=5)
    shown = when((score(best)["rmse"] < rate) & (best != 2), lambda: show(models), otherwise=lambda: show(rate))
    when(best > 7, lambda: show(best))
    return shown


def without_sources(graph: Graph) -> Graph:
    """Return a graph as it were if nobody knew where it is written: goldens stay when lines move."""
    nodes = tuple(
        attrs.evolve(
            with_bodies(node, {name: without_sources(body) for name, body in named_bodies(node).items()})
            if node.control
            else node,
            source=None,
        )
        for node in graph
    )
    return attrs.evolve(graph, nodes=nodes, source=None)


@pytest.fixture
def graph() -> Graph:
    return compile_pipeline(whole).graph


def changed(graph: Graph, change: Callable[[Any], Any]) -> Graph:
    """Change every node of every body."""
    nodes = tuple(
        with_bodies(
            node,
            {name: attrs.evolve(body, nodes=tuple(map(change, body))) for name, body in named_bodies(node).items()},
        )
        if node.control
        else node
        for node in graph
    )
    return attrs.evolve(graph, nodes=nodes)


def test_bodies_stand_below_their_node(graph, golden):
    golden("control.txt", render(without_sources(graph)) + "\n")


def test_bodies_are_drawn_as_boxes(graph, golden):
    golden("control.mmd", write(without_sources(graph)))


def test_a_document_is_read_back_as_the_same_graph(graph):
    assert from_json(to_json(graph)) == graph
    assert json.loads(to_json(graph)) == to_dict(graph)


def test_a_document_with_bodies_fits_the_published_schema(graph):
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(to_json(graph)))


def test_a_broken_body_in_a_document_is_refused(graph):
    document = to_dict(graph)
    mapped = next(node for node in document["nodes"] if node["id"] == "tune")
    mapped["control"]["over"] = ["nothing"]
    with pytest.raises(InvalidGraph, match="is mapped over 'nothing'"):
        from_json(json.dumps(document))


@pytest.mark.parametrize("change", [
    lambda node: attrs.evolve(node, source=Source("other.py", 5)),
    lambda node: attrs.evolve(node, doc="Other."),
    lambda node: attrs.evolve(node, label="other"),
    lambda node: attrs.evolve(node, options=attrs.evolve(node.options, retries=7)),
])  # fmt: skip
def test_what_only_describes_a_body_leaves_the_digest(graph, change):
    other = changed(graph, change)
    assert to_json(other) != to_json(graph)
    assert digest(other) == digest(graph)


@pytest.mark.parametrize("change", [
    lambda node: attrs.evolve(node, fingerprint="other"),
    lambda node: attrs.evolve(node, options=attrs.evolve(node.options, version="2")),
    lambda node: attrs.evolve(node, inputs={}),
])  # fmt: skip
def test_what_changes_a_result_in_a_body_changes_the_digest(graph, change):
    assert digest(changed(graph, change)) != digest(graph)


def test_the_digest_knows_a_limit_of_rounds(graph):
    nodes = tuple(
        attrs.evolve(node, control=attrs.evolve(node.control, limit=6)) if node.id == "train" else node
        for node in graph
    )
    assert digest(attrs.evolve(graph, nodes=nodes)) != digest(graph)


def test_a_cut_keeps_control_nodes_whole_and_what_cleans_up(graph):
    smaller = until(graph, ["tune"])
    assert [node.id for node in smaller] == ["on_exit", "load", "tune"]
    assert smaller["tune"].control == graph["tune"].control
    assert [node.id for node in alone(graph, ["tune"])] == ["load", "tune"]


def test_a_cut_leaves_out_what_cleans_up_after_something_else(graph):
    def body():
        made = load("a")
        on_exit(lambda: show(made))
        return show(1)

    assert [node.id for node in until(compile_pipeline(body).graph, ["show"])] == ["show"]


def test_values_in_bodies_are_identified_and_kept_in_a_cut():
    array = np.arange(3)
    compiled = compile_pipeline(lambda: [when(train(1) > 1, lambda: show(array)), show(2)]).identified(Fingerprinter())
    attached = compiled.graph["when"].control.then["show"].inputs["x"]
    assert isinstance(attached, Attached)
    assert attached.digest is not None
    assert until(compiled.graph, ["when"]).attachments[attached.key] is array
    assert attached.key not in until(compiled.graph, ["show"]).attachments


def test_every_step_in_a_body_has_a_fingerprint(graph):
    identified = compile_pipeline(whole).identified(Fingerprinter()).graph
    assert {node.id for node in nodes_within(identified) if node.fingerprint is None} == {
        node.id for node in identified if node.control is not None
    }
