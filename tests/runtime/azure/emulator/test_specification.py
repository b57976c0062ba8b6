"""Requests are checked by Microsoft's specification, and each fault is told by its path."""

import json
from pathlib import Path

import pytest

from penstock.runtime.azure.emulator.messages import Request
from penstock.runtime.azure.emulator.specification import as_json_schema, find_specification

SHARED = Path(__file__).resolve().parents[5] / "shared" / "azure"
ROOT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/work"
FAULTS = {
    "job_good": "", "job_bad_disc": "is not one of", "job_no_disc": "'jobType' is a required property", "job_bad_input": "'folder' is not one of",
    "job_bad_mode": "'Mounted' is not one of", "job_typo": "'displayNam' was unexpected", "job_type": "5 is not of type 'string'",
    "cmd_no_command": "'command' is a required property", "compute_nomax": "'maxNodeCount' is a required property",
    "compute_prio": "'Cheap' is not one of", "job_node": "",
}  # fmt: skip


@pytest.fixture
def found(specification):
    """The specification; without a copy of it there is nothing to test."""
    if specification is None:
        pytest.skip("needs a copy of Microsoft's specification")
    return find_specification(specification)


def request(method, path, body=None, **query):
    return Request(method, f"{ROOT}/{path}", {"api-version": "2024-04-01", **query}, {}, body)


@pytest.mark.parametrize("name", FAULTS)
def test_a_sample_has_exactly_the_fault_it_was_made_with(found, name):
    body = json.loads((SHARED / "golden/validator-samples" / f"{name}.json").read_text())
    path = "computes/c" if name.startswith("compute") else "jobs/j"
    faults = found.faults(request("PUT", path, body))
    assert len(faults) == bool(FAULTS[name])
    assert FAULTS[name] in "".join(faults)


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        (request("GET", "jobs/j"), ""),
        (request("GET", "jobs/j", verbose="1"), "no query parameter 'verbose'"),
        (Request("GET", f"{ROOT}/jobs/j"), "'api-version' is required"),
        (request("PUT", "jobs/-j", {"properties": {}}), "does not have the form"),
        (request("GET", "schedules", listViewType="Some"), "is none of"),
        (request("GET", "nonsense"), "no operation of the specification"),
        (request("PUT", "jobs/j"), "needs a body"),
        (request("GET", "jobs/j", {}), "takes no body"),
    ],
)
def test_paths_and_queries_are_checked(found, sent, fault):
    faults = found.faults(sent)
    assert len(faults) == bool(fault)
    assert fault in "".join(faults)


def test_without_a_copy_nothing_is_checked(monkeypatch):
    monkeypatch.delenv("PENSTOCK_AZURE_SPECIFICATION", raising=False)
    assert find_specification() is None


def test_what_may_be_null_is_read_so():
    schema = as_json_schema({"type": "object", "properties": {"a": {"type": "string", "nullable": True}}})
    assert schema["properties"]["a"] == {"type": ["string", "null"]}
