"""Bodies and documents: golden files, the specification, and Microsoft's own reader."""

from __future__ import annotations

import copy
import json

import attrs
import pytest

import penstock
from penstock.compilers.errors import CompileError
from penstock.compilers.targets import write_as
from penstock.compilers.targets.azureml import DataInput, component_body, job_body, pipeline_component_body, plan
from penstock.compilers.targets.azureml.durations import iso_duration

CODE, ENVIRONMENT = "/codes/c/versions/1", "/environments/e/versions/1"


def strict(specification, name):
    """Return a validator of one definition, with each discriminator made a condition and ``nullable`` a type."""
    jsonschema = pytest.importorskip("jsonschema")
    document = {"$ref": f"#/components/schemas/{name}", "components": _plain(specification["components"])}
    return jsonschema.Draft202012Validator(document)


def _plain(schema):
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key not in ("discriminator", "nullable")}
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        plain["type"] = [schema["type"], "null"]
    if isinstance(schema.get("discriminator"), dict):
        plain = {**plain, **_conditions(schema["discriminator"])}
        plain.pop("oneOf", None)
    return plain


def _conditions(discriminator):
    key, mapping = discriminator["propertyName"], discriminator.get("mapping", {})
    cases = [
        {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": {"$ref": ref}}
        for value, ref in mapping.items()
    ]
    return {"allOf": [{"properties": {key: {"enum": list(mapping)}}}, *cases], "required": [key]}


def as_sent_back(body):
    """Return a body as Microsoft's client sends it: it names computes barely, and adds where it read things."""
    sent = copy.deepcopy(body)
    for node in sent["properties"]["jobs"].values():
        if "computeId" in node:
            node["computeId"] = node["computeId"].rpartition("/")[2]
        node["_source"] = "REMOTE.WORKSPACE.COMPONENT"
    sent["properties"]["settings"]["_source"] = "REMOTE.WORKSPACE.JOB"
    return sent


def test_the_job_is_as_it_was_read_by_people(body, golden):
    golden("azureml-job.json", json.dumps(body, indent=1) + "\n")


def test_the_document_is_as_it_was_read_by_people(graph, golden):
    golden("azureml.yml", write_as(graph, "azureml"))


def test_a_component_is_as_it_was_read_by_people(planned, golden):
    bodies = [component_body(component, CODE, ENVIRONMENT) for component in planned.components.values()]
    golden("azureml-components.json", json.dumps(bodies, indent=1) + "\n")


def test_the_published_pipeline_is_as_it_was_read_by_people(planned, placement, golden):
    body = pipeline_component_body(planned, placement, "compare", "3")
    golden("azureml-pipeline-component.json", json.dumps(body, indent=1) + "\n")


@pytest.mark.filterwarnings("ignore")  # its own, of its libraries
def test_microsofts_client_reads_the_job_and_sends_the_same(body, microsoft):
    job = microsoft["read"](copy.deepcopy(body))
    assert job._validate().passed
    assert job._to_rest_object().as_dict() == as_sent_back(body)


@pytest.mark.filterwarnings("ignore")  # its own, of its libraries
def test_microsofts_client_reads_the_document(graph, microsoft, tmp_path):
    for component in plan(graph).components.values():
        (tmp_path / "code" / component.code).mkdir(parents=True)
    (tmp_path / "job.yml").write_text(write_as(graph, "azureml"), encoding="utf-8")
    job = microsoft["load_job"](tmp_path / "job.yml")
    assert job._validate().passed
    sent = job._to_rest_object().as_dict()["properties"]
    assert sent["inputs"]["lr"] == {"value": "0.1", "jobInputType": "literal"}
    assert sent["jobs"]["train"]["limits"] == {"timeout": "PT3H1S", "job_limits_type": "Command"}


def test_bodies_keep_to_the_specification(planned, placement, body, specification):
    for document, name in [
        (body, "JobBaseResource"),
        (pipeline_component_body(planned, placement, "compare", "3"), "ComponentVersionResource"),
        *(
            (component_body(component, CODE, ENVIRONMENT), "ComponentVersionResource")
            for component in planned.components.values()
        ),
    ]:
        assert [error.message for error in strict(specification, name).iter_errors(document)] == []


def test_the_specification_would_notice_a_fault(body, specification):
    body["properties"]["inputs"]["source"]["jobInputType"] = "folder"
    assert list(strict(specification, "JobBaseResource").iter_errors(body))


def test_given_values_go_before_defaults(planned, placement):
    body = job_body(planned, attrs.evolve(placement, values={"lr": 0.5, "kind": "b"}))
    assert body["properties"]["inputs"]["lr"]["value"] == "0.5"


@pytest.mark.parametrize(("without", "problem"), [
    ("source", "the parameter 'source' must be uploaded"), ("path:data/x.csv", "the path 'data/x.csv' must be uploaded"),
])  # fmt: skip
def test_data_that_nobody_placed_are_named(planned, placement, without, problem):
    left = {name: data for name, data in placement.data.items() if name != without}
    with pytest.raises(CompileError, match=problem):
        job_body(planned, attrs.evolve(placement, data=left))


def test_a_parameter_without_a_value_is_named(graph, placement):
    parameters = tuple(attrs.evolve(one, default=None) if one.name == "lr" else one for one in graph.parameters)
    with pytest.raises(CompileError, match="needs a value for 'lr', which has no default"):
        job_body(plan(attrs.evolve(graph, parameters=parameters)), placement)


def test_serverless_has_no_compute(planned, placement):
    body = job_body(planned, attrs.evolve(placement, default_compute="serverless"))
    assert body["properties"]["settings"]["default_compute"] == "serverless"
    assert "computeId" not in body["properties"]["jobs"]["load"]


@pytest.mark.parametrize(("seconds", "text"), [(1, "PT1S"), (3600, "PT1H"), (86_400, "P1D"), (93_784, "P1DT2H3M4S")])
def test_durations_are_written_as_azure_does(seconds, text):
    assert iso_duration(seconds) == text


def test_a_pipeline_from_python_compiles(tmp_path):
    @penstock.step
    def double(x: int) -> int:
        return 2 * x

    @penstock.pipeline
    def twice(x: int = 3) -> int:
        return double(double(x))

    text = penstock.compile(twice, target="azureml", to=tmp_path / "job.yml")
    assert (tmp_path / "job.yml").read_text(encoding="utf-8") == text
    assert "double_2" in text
    (code,) = {line.split("./")[1] for line in text.splitlines() if "code: " in line}
    assert (tmp_path / code / "penstock/penstock.zip").exists()
    (attached,) = (tmp_path / "attached").iterdir()
    assert f"./attached/{attached.name}" in text and (attached / "artifact.json").exists()
