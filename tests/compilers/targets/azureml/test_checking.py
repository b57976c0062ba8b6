"""Checks of our own: what neither the specification nor Microsoft's client notices."""

from __future__ import annotations

import copy

import pytest

from penstock.compilers.targets.azureml.checking import IllegalJob, check_command, checked


def spoil(body, *path, value):
    spoilt = copy.deepcopy(body["properties"])
    *way, last = path
    inner = spoilt
    for key in way:
        inner = inner[key]
    inner[last] = value
    return spoilt


def literal(reference):
    return {"job_input_type": "literal", "value": "${{" + reference + "}}"}


def test_a_right_job_passes(body):
    assert checked(body["properties"]) == body["properties"]


@pytest.mark.parametrize(("path", "value", "problem"), [
    (("jobs", "train", "inputs", "table"), literal("parent.jobs.lode.outputs.train"), "'table' to the step 'lode', which does not exist"),
    (("jobs", "train", "inputs", "table"), literal("parent.jobs.load.outputs.trian"), "the output 'trian' of 'load', which has train, test"),
    (("jobs", "train", "inputs", "lr"), literal("parent.inputs.rate"), "the pipeline's input 'rate', which it does not declare"),
    (("jobs", "train", "inputs", "lr"), literal("inputs.lr"), "inputs.lr, which means nothing here"),
    (("jobs", "train", "resourcez"), {}, "has the key 'resourcez'; did you mean 'resources'"),
    (("jobs", "train", "compute_id"), "x", "has the key 'compute_id'; did you mean 'computeId'"),
    (("jobs", "train", "outputs", "output"), {"value": "${{parent.outputs.modle}}"}, "'output' to parent.outputs.modle"),
    (("jobs", "load", "inputs", "limit"), literal("parent.jobs.report.outputs.output"), "in a circle: .*load"),
    (("inputs", "my lr"), {}, "an input or output 'my lr'"),
])  # fmt: skip
def test_a_fault_is_named(body, path, value, problem):
    with pytest.raises(IllegalJob, match=problem):
        checked(spoil(body, *path, value=value))


def test_a_node_with_a_name_that_azure_refuses_is_named(body):
    spoilt = spoil(body, "jobs", "Train-3", value=body["properties"]["jobs"]["train"])
    with pytest.raises(IllegalJob, match="'Train-3' has a name of other signs"):
        checked(spoilt)


def test_a_command_names_only_what_is_declared():
    check_command("fit", "run ${{inputs.a}} ${{outputs.b}}", {"a": 1}, {"b": 1})
    with pytest.raises(IllegalJob, match="names inputs.c, which it does not declare"):
        check_command("fit", "run ${{inputs.c}}", {"a": 1}, {})
