"""Plans: what a graph is in Azure."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import attrs
import pytest

from penstock.compilers.datapaths import DataPath
from penstock.compilers.errors import UnsupportedByTarget
from penstock.compilers.graph import (
    Attached,
    Collection,
    FunctionRef,
    Graph,
    Literal,
    Map,
    Node,
    NodeOptions,
    OnExit,
    Operation,
    OutputRef,
    Parameter,
    ParameterRef,
    When,
)
from penstock.compilers.serialisation import from_dict
from penstock.compilers.targets import write_as
from penstock.compilers.targets.azureml import Lock, plan
from penstock.compilers.targets.azureml.names import IllegalName


def one(inputs=None, **more):
    return Graph("p", (Node("fit", "fit", FunctionRef("m", "fit"), inputs or {}, **more),))


def one_node(inputs=None, **more):
    if isinstance(inputs, str):
        return Node(inputs, inputs, FunctionRef("m", "fit"), {}, options=NodeOptions(compute=inputs))
    return one(inputs, **more).nodes[0]


def slots(graph):
    (job,) = plan(graph).jobs
    return {slot.name: (slot.kind, slot.type) for slot in job.component.inputs}


def call(job):
    words = shlex.split(job.component.command)
    return from_dict(json.loads(words[words.index("--call") + 1])).nodes[0]


def test_calls_of_one_step_share_a_component(planned):
    assert [component.name for component in planned.components.values()] == ["load", "check", "train", "report"]
    assert [job.key for job in planned.jobs] == ["load", "check", "train", "train_2", "report"]


def test_scalars_are_typed_and_the_rest_is_text():
    given = {"a": 1, "b": 0.5, "c": True, "d": "x", "e": None, "f": [1], "g": {"k": (1, 2)}}
    assert slots(one({name: Literal(value) for name, value in given.items()})) == {
        "a": ("value", "integer"), "b": ("value", "number"), "c": ("value", "boolean"),
        **{name: ("value", "string") for name in "defg"},
    }  # fmt: skip


def test_paths_are_data_wherever_they_stand():
    graph = one(
        {
            "a": Literal(Path("x/y.csv")),
            "b": Literal({"k": [Path("folder"), 2]}),
            "c": Literal(DataPath("raw", "t.bin")),
        }
    )
    assert slots(graph) == {
        "a": ("data", "uri_file"), "b_0_0": ("data", "uri_folder"), "c": ("data", "uri_file")
    }  # fmt: skip


def test_collections_and_items_are_put_together_by_the_worker(planned):
    report = call(planned.jobs[-1])
    assert report.inputs["models"] == Collection("list", (ParameterRef("models_0"), ParameterRef("models_1")))
    assert report.inputs["best"] == ParameterRef("models_0", ("rmse",))


def test_operations_travel_in_the_call():
    test = Operation("<", (OutputRef("a", path=("rmse",)), Literal(0.5)))
    nodes = (Node("a", "a", FunctionRef("m", "a"), {}), Node("b", "b", FunctionRef("m", "b"), {"good": test}))
    job = plan(Graph("p", nodes)).jobs[1]
    assert call(job).inputs["good"] == Operation("<", (ParameterRef("good_0", ("rmse",)), Literal(0.5)))


def test_a_function_by_value_and_rich_values_are_inputs():
    ref = FunctionRef("__main__", "fit", Attached("function:fit"))
    graph = Graph("p", (Node("fit", "fit", ref, {"model": Attached("fit.model", "digest")}),))
    (job,) = plan(graph).jobs
    assert job.sources == {"model": Attached("fit.model"), "function": Attached("function:fit")}
    assert call(job).function.attached == Attached("function")


def test_order_without_data_is_an_edge_from_what_says_that_it_is_done(planned):
    assert planned.jobs[-1].sources["after_check"] == OutputRef("check", "done")
    assert "after" not in planned.jobs[-1].component.command


def test_what_counts_for_the_result_is_in_the_command_and_what_does_not_is_not():
    def command(**options):
        return plan(one(options=NodeOptions(**options))).jobs[0].component.command

    assert command(version="1") != command(version="2")
    assert command(timeout=3.0, compute="gpu-cluster", tags={"a": "b"}) == command()


@pytest.mark.parametrize(("options", "fingerprint", "expected"), [
    ({}, "f", True), ({"allow_reuse": False}, "f", False), ({}, None, False), ({"max_age": 60.0}, "f", False),
])  # fmt: skip
def test_only_what_may_be_reused_is_deterministic(options, fingerprint, expected):
    (job,) = plan(one(options=NodeOptions(**options), fingerprint=fingerprint)).jobs
    assert job.component.is_deterministic is expected


def test_code_is_named_by_its_fingerprint():
    first, same, other = (plan(one(fingerprint=mark)).jobs[0].component.code for mark in ("a" * 64, "a" * 64, "b" * 64))
    assert first == same == f"fit-{'a' * 24}-w1"
    assert other != first


def test_a_time_out_covers_all_attempts():
    (job,) = plan(one(options=NodeOptions(timeout=10.0, retries=2))).jobs
    assert job.seconds == 10 * 3 + 2  # waits of 0.5 and 1 s, rounded up


def test_the_environment_is_what_the_code_reaches_or_what_is_said(graph):
    locks = {"load": Lock(("pandas==2.2.0", "attrs==26.1"), "3.12")}
    load, _, train, *_ = plan(graph, locks).jobs
    assert "python=3.12" in load.component.environment.conda
    assert "pandas==2.2.0" in load.component.environment.conda and "attrs>=" not in load.component.environment.conda
    assert "torch==2.2" in train.component.environment.conda and "pandas" not in train.component.environment.conda


def test_the_pipeline_returns_whole_outputs_each_once(planned):
    assert planned.outputs == {"the_report": OutputRef("report"), "rmse": OutputRef("train-2")}
    assert planned.jobs[3].bound == {"output": "rmse"}


def test_parameters_have_types_and_fixed_ones_are_gone(planned):
    assert {name: (of.kind, of.type, of.enum) for name, of in planned.parameters.items()} == {
        "source": ("data", "uri_folder", ()), "lr": ("value", "number", ()), "kind": ("value", "string", ("a", "b")),
    }  # fmt: skip


@pytest.mark.parametrize(("parameter", "expected"), [
    (Parameter("x", "DataFrame"), ("artifact", "uri_folder")),
    (Parameter("x"), ("value", "string")),
    (Parameter("x", "float | None", {"anyOf": [{"type": "number"}, {"type": "null"}]}), ("value", "string")),
    (Parameter("x", "Color", {"enum": ["RED"]}), ("value", "string")),
    (Parameter("x", "float", {"type": "number"}, Literal(float("nan"))), ("value", "string")),
    (Parameter("x", "Path", {"format": "path"}, Literal(Path("a/b.csv"))), ("data", "uri_file")),
    (Parameter("x", "T", {}, Attached("x")), ("artifact", "uri_folder")),
])  # fmt: skip
def test_a_parameter_gets_the_nearest_type(parameter, expected):
    found = plan(attrs.evolve(one(), parameters=(parameter,))).parameters["x"]
    assert (found.kind, found.type) == expected


@pytest.mark.parametrize(("changes", "feature"), [
    ({"options": NodeOptions(env=("SEED",))}, "variables of the machine that submits"),
    ({"control": OnExit(Graph("body", ()))}, "a job has no step that runs however the others end"),
    ({"control": Map((), Graph("body", (one_node({"x": Literal([Path("a")])}),)))}, "the path 'x' inside of a part"),
    ({"control": Map((), Graph("body", (one_node(options=NodeOptions(env=("A",))),)))}, "variables of the machine that submits"),
    ({"control": Map((), Graph("body", (one_node("a"), one_node("b"))))}, "several compute targets inside one part .a, b."),
    ({"options": NodeOptions(tags={"azureml.shm_size": "8 GB"})}, "azureml.shm_size='8 GB' .expected a number and b, k, m or g"),
    ({"options": NodeOptions(tags={"azureml.colour": "red"})}, "there are instance_type, shm_size, identity, job_tier"),
    ({"inputs": {"x": Literal(frozenset({Path("a")}))}}, "a frozenset of paths as 'x'"),
])  # fmt: skip
def test_what_azure_cannot_express_is_refused_with_the_step_named(changes, feature):
    node = attrs.evolve(one().nodes[0], **changes)
    with pytest.raises(UnsupportedByTarget, match=feature) as caught:
        write_as(Graph("p", (node,)), "azureml")
    assert (caught.value.node, caught.value.target) == ("fit", "azureml")


def test_a_compute_target_that_azure_cannot_have_is_refused():
    with pytest.raises(IllegalName, match="'my cluster' is no name for a compute target"):
        plan(one(options=NodeOptions(compute="my cluster")))


def mapped(**more):
    """A call that is mapped over the items of another one's output."""
    inner = Node("fit", "fit", FunctionRef("m", "fit"), {"x": ParameterRef("x")}, **{"fingerprint": "a", **more})
    body = Graph("fit", (inner,), (Parameter("x"),), OutputRef("fit"))
    load = Node("load", "load", FunctionRef("m", "load"), {}, fingerprint="l")
    over = Node("fit", "fit", FunctionRef("m", "fit"), {"x": OutputRef("load")}, control=Map(("x",), body))
    return plan(Graph("p", (load, over))).jobs[1]


def test_a_mapped_call_is_one_job_with_what_is_inside_in_its_call():
    job = mapped()
    assert job.sources == {"x": OutputRef("load", "output")}
    assert call(job).control.body.nodes[0].function == FunctionRef("m", "fit")
    assert job.component.is_deterministic


def test_what_is_inside_decides_what_identifies_a_part():
    assert (
        mapped().component.code
        == mapped(doc="words", label="words").component.code
        != mapped(fingerprint="b").component.code
    )
    assert not mapped(fingerprint=None).component.is_deterministic
    assert not mapped(options=NodeOptions(allow_reuse=False)).component.is_deterministic


def test_a_part_runs_where_the_steps_inside_say():
    job = mapped(options=NodeOptions(compute="gpu-cluster", tags={"azureml.shm_size": "8g"}))
    assert (job.compute, job.settings.shm_size) == ("gpu-cluster", "8g")


def test_values_attached_inside_are_inputs_of_the_job():
    inner = Node(
        "fit", "fit", FunctionRef("m", "fit", Attached("function:m:fit")), {"x": Attached("big")}, fingerprint="a"
    )
    node = Node("when", "when", FunctionRef("penstock", "when"), {"condition": Literal(True)}, control=When(Graph("then", (inner,)), Graph("otherwise", ())))  # fmt: skip
    (job,) = plan(Graph("p", (node,))).jobs
    assert set(job.sources.values()) == {Literal(True), Attached("function:m:fit"), Attached("big")}
    inside = call(job).control.then.nodes[0]
    assert (inside.function.attached, inside.inputs["x"]) == (Attached("function"), Attached("value"))


def test_who_takes_a_branch_that_may_be_skipped_must_take_none():
    branch = Node(
        "when", "when", FunctionRef("penstock", "when"), {"condition": Literal(True)}, control=When(Graph("then", ()))
    )
    user = Node("use", "use", FunctionRef("m", "use"), {"x": OutputRef("when")})
    with pytest.raises(UnsupportedByTarget, match="give that when.. an otherwise"):
        plan(Graph("p", (branch, user)))
    assert len(plan(Graph("p", (branch, attrs.evolve(user, optional=("x",))))).jobs) == 2
