"""A long sequence of requests, with something going wrong at each of them in turn: its end is always the same."""

import importlib.util
from pathlib import Path

import pytest

from penstock import AzureML
from penstock.runtime.azure import endpoints, jobs, schedules
from penstock.runtime.azure.emulator import Emulator, Fault
from penstock.runtime.azure.schedules import Cron

_SPEC = importlib.util.spec_from_file_location("azure_pipelines", Path(__file__).with_name("pipelines.py"))
pipelines = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pipelines)

KINDS = ["429", "500", "drop", "drop-after"]


def manage(azure):
    """Use what needs no storage."""
    azure.compute.get_or_create("gpu-cluster", vm_size="Standard_NC6s_v3").wait(show_progress=False).update(max_nodes=2)
    endpoints.put_endpoint(azure.connection, "endpoint")
    schedules.put_schedule(azure.connection, "nightly", Cron("0 1 * * *"), schedules.endpoint_action("e", {}))
    schedules.set_enabled(azure.connection, "nightly", enabled=False)
    azure.compute.delete("gpu-cluster")
    return azure.compute.list(), endpoints.list_endpoints(azure.connection)[0].name, azure.check().may


def submit(azure):
    """Upload code and submit a job."""
    made = pipelines.nodes(*pipelines.components(azure.connection))
    job = jobs.submit_job(azure.connection, "first", pipelines.body(made))
    jobs.cancel_job(azure.connection, "first")
    return job.name, len(list(jobs.list_jobs(azure.connection)))


def outcome(act, *faults, **how):
    with Emulator(looks=0, **how) as emulator:
        emulator.inject(*faults)
        found = act(AzureML(**emulator.config, url=emulator.url))
        assert emulator.plane.violations == []
        return found, len(emulator.plane.requests)


@pytest.mark.parametrize("kind", KINDS)
def test_managing_a_workspace_survives_a_fault_at_each_request(kind, specification):
    expected, count = outcome(manage, specification=specification)
    for at in range(1, count + 1):
        assert outcome(manage, Fault(kind, at), specification=specification)[0] == expected, at
    assert count > 20


@pytest.mark.parametrize("kind", KINDS)
def test_submitting_a_job_survives_a_fault_at_each_request(kind, specification, azurite):
    how = {"storage": azurite, "specification": specification}
    expected, count = outcome(submit, **how)
    for at in range(1, count + 1):
        assert outcome(submit, Fault(kind, at), **how)[0] == expected, at
    assert count >= 8
