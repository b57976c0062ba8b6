"""What went into each step run is found again from the records of a run, through mapped calls, branches, rounds and cleanups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import numpy
import pytest
from penstock.compilers.graph import (
    Collection,
    FunctionRef,
    Graph,
    Literal,
    Map,
    Node,
    Operation,
    OutputRef,
    ParameterRef,
)
from penstock.compilers.traversal import leaves
from penstock.runtime.artifacts import Artifact
from penstock.runtime.history.records import StepRecord
from penstock.runtime.provenance import Provenance, selected
from penstock.runtime.resolved import Gathered, Resolved, Stored
from penstock.runtime.states import State

from penstock import Local, Run, each, on_exit, pipeline, repeat, step, when


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@step
def arrays(n: int) -> list[numpy.ndarray]:
    return [numpy.full(2, number) for number in range(n)]


@step
def named(n: int) -> dict[str, int]:
    return {f"key {number}": number for number in range(n)}


@step
def shift(x: int, by: int) -> int:
    return x + by


@step
def doubled(x: numpy.ndarray) -> numpy.ndarray:
    return x + 100


@step
def halves(x: int) -> tuple[int, str]:
    return x // 2, f"half of {x}"


@step
def joined(xs: object, other: object = None) -> str:
    return f"{xs} {other}"


@pipeline
def tuned(x: int, by: int) -> int:
    moved = shift(x, by)
    return shift(when(moved > 2, lambda: shift(moved, 10), lambda: shift(moved, 20)), by)


@pipeline
def over_numbers(n: int = 4) -> str:
    by = shift(1, 2)
    return joined(shift(each(shift(each(numbers(n)), by)), 5), by)


@pipeline
def over_arrays(n: int = 3) -> str:
    made = doubled(each(arrays(n)))
    return joined(made, made[1])


@pipeline
def over_two(n: int = 3) -> str:
    return joined(joined(each(arrays(n)), each(numbers(n))))


@pipeline
def over_a_dict(n: int = 3) -> str:
    return joined(shift(each(named(n)), 1))


@pipeline
def over_results(n: int = 3) -> str:
    wholes, texts = halves(each(numbers(n)))
    return joined(shift(each(wholes), each([1, 2, 3])), joined(each(texts)))


@pipeline
def over_a_pipeline(n: int = 4) -> str:
    by = shift(0, 1)
    return joined(tuned(each(shift(each(numbers(n)), by)), by))


@pipeline
def in_rounds(limit: int = 20) -> str:
    by = shift(1, 2)
    return joined(repeat(lambda x: shift(x, by), shift(0, 0), until=lambda x: x > 9, limit=8))


@pipeline
def with_branches(n: int = 1) -> str:
    left, right = shift(n, 1), shift(n, 2)
    first = when(left > 0, lambda: shift(left, 3), lambda: shift(right, 4))
    second = when(left > 5, lambda: shift(left, 3), lambda: right)
    third = when(left > 5, lambda: shift(left, 3))
    on_exit(lambda: joined(first, second))
    return joined([first, second], third)


PIPELINES = [over_numbers, over_arrays, over_two, over_a_dict, over_results, over_a_pipeline, in_rounds, with_branches]


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., Run]:
    def run(body: Callable[..., object], **given: object) -> Run:
        return Local(executor="inline", display="none", workspace=tmp_path).run(body, **given)

    return run


def provenance_of(run: Run) -> Provenance:
    return Provenance(run.graph, run.records.steps(), {})


def stored_in(value: Resolved) -> Iterator[Artifact]:
    if isinstance(value, Stored):
        yield value.artifact
    elif isinstance(value, Gathered):
        for item in value.items:
            yield from stored_in(item)


def sources(run: Run, step: str, name: str) -> list[str]:
    provenance = provenance_of(run)
    return [source.step for source in provenance.sources(provenance.inputs(step)[name])]


@pytest.mark.parametrize("body", PIPELINES, ids=lambda body: body.__name__)
def test_what_is_found_is_what_the_steps_were_given(ran, body):
    run, checked = ran(body), 0
    provenance, rehearsal = provenance_of(run), run.rehearsal()
    for record in run.records.steps():
        if record.state is State.SKIPPED:
            continue
        for name, value in rehearsal.values.inputs(rehearsal.nodes[record.id]).items():
            if isinstance(provenance.inputs(record.id)[name], Operation):
                continue  # computed by the driver: what it was computed of went in
            given = {artifact.digest for artifact in stored_in(value)}
            found = {one.artifact for one in provenance.sources(provenance.inputs(record.id)[name])}
            lists = {one.digest for one in found if one.codec == "json" and one.type.startswith(("list", "dict"))}
            digests = {one.digest for one in found}
            assert digests - lists <= given, (record.id, name)
            assert given <= digests or lists, (record.id, name)
            checked += len(found)
    assert checked >= 4


@pytest.mark.parametrize("body", PIPELINES, ids=lambda body: body.__name__)
def test_every_node_is_the_one_that_ran(ran, body):
    run = ran(body)
    provenance, nodes = provenance_of(run), run.rehearsal().nodes
    for record in run.records.steps():
        found = provenance.node(record.id)
        assert found is not None
        if record.id in nodes:
            assert (found.function, found.name, tuple(found.inputs)) == (
                nodes[record.id].function,
                nodes[record.id].name,
                tuple(nodes[record.id].inputs),
            )


def test_an_item_of_a_mapped_result_comes_from_the_item_before_it(ran):
    run = ran(over_numbers)
    assert sources(run, "shift-2[2]", "x") == ["numbers"]
    assert sources(run, "shift-2[2]", "by") == ["shift"]
    assert sources(run, "shift-3[2]", "x") == ["shift-2[2]"]
    assert sources(run, "joined", "xs") == [f"shift-3[{place}]" for place in range(4)]


def test_an_item_that_was_split_off_in_a_worker_comes_from_there(ran):
    run = ran(over_arrays)
    assert sources(run, "arrays/items" if "arrays/items" in run.steps else "doubled/items", "collection") == ["arrays"]
    assert sources(run, "doubled[1]", "x") == ["doubled/items"]
    assert sources(run, "joined", "other") == ["doubled[1]"]


def test_outputs_of_a_mapped_step_are_told_apart(ran):
    run = ran(over_results)
    assert sources(run, "shift[2]", "x") == ["halves[2]"]
    provenance = provenance_of(run)
    (found,) = provenance.sources(provenance.inputs("joined[1]")["xs"])
    assert (found.step, found.artifact.type) == ("halves[1]", "str")


def test_the_steps_of_a_mapped_pipeline_and_its_branches_are_followed(ran):
    run = ran(over_a_pipeline)
    assert sources(run, "tuned[3]/shift", "x") == ["shift-2[3]"]
    assert sources(run, "tuned[3]/shift", "by") == ["shift"]
    assert sources(run, "tuned[3]/when/shift", "x") == ["tuned[3]/shift"]
    assert sources(run, "tuned[3]/shift-2", "x") == ["tuned[3]/when/shift"]
    assert sources(run, "tuned[0]/shift-2", "x") == ["tuned[0]/when/otherwise/shift"]
    assert sources(run, "joined", "xs") == [f"tuned[{place}]/shift-2" for place in range(4)]


def test_a_round_goes_on_with_what_the_one_before_gave(ran):
    run = ran(in_rounds)
    assert sources(run, "repeat[1]/shift", "x") == ["shift-2"]
    assert sources(run, "repeat[3]/shift", "x") == ["repeat[2]/shift"]
    assert sources(run, "joined", "xs") == ["repeat[4]/shift"]


def test_the_takers_of_an_artifact_are_items_and_whoever_takes_the_whole(ran):
    run = ran(over_arrays)
    digests = {step.id: step.outputs["output"].digest for step in run.records.steps() if "output" in step.outputs}
    assert list(provenance_of(run).takers(digests["doubled[1]"])) == [("joined", "xs"), ("joined", "other")]
    assert ("doubled/items", "collection") in list(provenance_of(run).takers(digests["arrays"]))
    assert list(provenance_of(run).takers("nowhere")) == []


def test_what_was_given_to_the_run_has_no_step():
    graph = Graph("p", (Node("f", "f", FunctionRef("m", "f"), {"x": ParameterRef("path", ("key",))}),))
    artifact = Artifact("d" * 64, "path", 1, "Path", "")
    provenance = Provenance(graph, [StepRecord("r", "f", "f", "m:f", 0)], {"path": artifact})
    assert [(one.step, one.name) for one in provenance.sources(provenance.inputs("f")["x"])] == [("", "path")]
    assert list(provenance.takers("d" * 64)) == [("f", "x")]


@pytest.mark.parametrize(
    ("parent", "place"), [("each", 10**15), ("each", -1), ("each[0]", 0), ("gone", 0), ("f", None), (None, 3)]
)
def test_records_that_do_not_fit_the_graph_are_passed_over(parent, place):
    body = Graph("b", (Node("f", "f", FunctionRef("m", "f"), {"x": ParameterRef("x")}),))
    mapped = Node("each", "f", FunctionRef("m", "f"), {"x": OutputRef("f")}, control=Map(("x",), body))
    graph = Graph("p", (Node("f", "f", FunctionRef("m", "f"), {}), mapped))
    strange = StepRecord("r", "each[0]", "f", "m:f", 0, parent=parent, place=place)
    provenance = Provenance(graph, [StepRecord("r", "f", "f", "m:f", 0), strange], {})
    assert list(provenance.takers("d" * 64)) == []


def test_a_long_chain_of_mapped_calls_nests_no_calls():
    body = Graph("b", (Node("f", "f", FunctionRef("m", "f"), {"x": ParameterRef("x")}),), output=OutputRef("f"))
    first = Node("m0", "f", FunctionRef("m", "f"), {"x": Literal([1, 2])}, control=Map(("x",), body))
    later = (
        attrs.evolve(first, id=f"m{number}", inputs={"x": OutputRef(f"m{number - 1}")}) for number in range(1, 600)
    )
    graph = Graph("p", (first, *later))
    one = {"output": Artifact("d" * 64, "json", 1, "int", "1")}
    records = [
        StepRecord("r", f"m{n}[{p}]", "f", "m:f", n, parent=f"m{n}", place=p, outputs=one)
        for n in range(600)
        for p in (0, 1)
    ]
    provenance = Provenance(graph, records, {})
    assert [source.step for source in provenance.sources(provenance.inputs("m599[1]")["x"])] == ["m598[1]"]


@pytest.mark.parametrize(
    ("binding", "path", "found"),
    [
        (Literal({"a": [1, 2]}), ("a", 1), Literal(2)), (Literal([1]), (5,), Literal([1])), (Literal(3), ("a",), Literal(3)),
        (OutputRef("f", path=(0,)), ("a",), OutputRef("f", path=(0, "a"))),
        (Collection("dict", (Literal(1), Literal(2)), ("a", "b")), ("b",), Literal(2)),
        (Collection("namedtuple", (Literal(1), Literal(2)), ("a", "b")), (1,), Literal(2)),
        (Collection("list", (Literal(1), OutputRef("f"))), (-1,), OutputRef("f")),
        (Collection("list", (Literal(1),)), (7,), Collection("list", (Literal(1),))),
    ],
    ids=str,
)  # fmt: skip
def test_an_item_is_selected_where_it_can_be_told_apart(binding, path, found):
    assert selected(binding, path) == found
    assert list(leaves(found))
