"""Compute: made once, waited for, looked at, deleted; and left alone by steps that run on it."""

import pytest

from penstock.runtime.azure.computes import KINDS, Cluster, read_compute
from penstock.runtime.azure.emulator import Emulator
from penstock.runtime.azure.errors import (
    InsideRemoteStep,
    NotFoundRemotely,
    PermissionDenied,
    QuotaExceeded,
    RemoteTimeout,
    SubmissionRejected,
)

SIZE = "Standard_NC6s_v3"


def made(azure, **more):
    return azure.compute.get_or_create("gpu-cluster", vm_size=SIZE, **more)


def puts(emulator):
    return [one for one in emulator.plane.requests if one.method == "PUT"]


def test_a_cluster_is_made_once_however_often_it_is_asked_for(azure, emulator):
    for _ in range(3):
        made(azure, max_nodes=2).wait(show_progress=False)
    assert len(puts(emulator)) == 1
    now = made(azure).status()
    assert (now.is_ready, now.vm_size, now.min_nodes, now.max_nodes, now.idle_seconds) == (True, SIZE, 0, 2, 1800)


def test_the_request_is_the_recorded_one(azure, emulator):
    made(azure, max_nodes=2, idle_seconds=120)
    assert puts(emulator)[0].body == {
        "location": "offline", "identity": {"type": "SystemAssigned"},
        "properties": {"computeType": "AmlCompute", "disableLocalAuth": True, "properties": {
            "vmSize": SIZE, "vmPriority": "Dedicated", "osType": "Linux", "enableNodePublicIp": True,
            "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT2M"},
            "remoteLoginPortPublicAccess": "NotSpecified"}},
    }  # fmt: skip


def test_waiting_tells_each_state_once(azure, capsys):
    made(azure, min_nodes=1, priority="low_priority").wait(min_nodes=1)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" (")[0] for line in lines] == [
        "gpu-cluster: Creating", "gpu-cluster: Succeeded", "gpu-cluster: 1 of 1 nodes",
    ]  # fmt: skip


def test_waiting_ends_with_the_time_that_is_given(azure):
    target = made(azure, min_nodes=1)
    with pytest.raises(RemoteTimeout, match="get 3 nodes of the compute 'gpu-cluster'.*within"):
        target.wait(min_nodes=3, timeout=0.05, show_progress=False)
    with pytest.raises(SubmissionRejected, match="it has 4 at the most"):
        target.wait(min_nodes=5, show_progress=False)


def test_a_cluster_with_other_machines_is_no_match(azure):
    made(azure)
    with pytest.raises(SubmissionRejected, match="size Standard_NC6s_v3, not Standard_D2; choose another name"):
        azure.compute.get_or_create("gpu-cluster", vm_size="Standard_D2")
    with pytest.raises(SubmissionRejected, match="the priority 'dedicated', not 'low_priority'"):
        made(azure, priority="low_priority")
    assert azure.compute.get_or_create("gpu-cluster").name == "gpu-cluster"


def test_limits_are_changed_and_the_rest_stays(azure):
    now = made(azure, max_nodes=2).update(max_nodes=8)
    assert (now.min_nodes, now.max_nodes, now.idle_seconds, now.vm_size) == (0, 8, 1800, SIZE)


def test_deleting_waits_until_it_is_gone_and_may_be_said_again(azure):
    target = made(azure)
    target.delete()
    target.delete()
    with pytest.raises(NotFoundRemotely, match="find the compute 'gpu-cluster': the workspace has: none"):
        target.status()
    assert "gpu-cluster" not in azure.compute


def test_every_kind_is_listed_and_explained(azure, emulator):
    for kind in KINDS:
        emulator.plane.state.put(f"computes/a-{kind}", {"properties": {"computeType": kind, "isAttachedCompute": True}})
    found = azure.compute.list()
    assert {one.kind for one in found} == set(KINDS) == {one.removeprefix("a-") for one in azure.compute}
    assert "retired by Microsoft" in next(one for one in found if one.kind == "DataLakeAnalytics").explanation


def test_an_attached_compute_is_detached_and_is_no_cluster(azure, emulator):
    emulator.plane.state.put("computes/spark", {"properties": {"computeType": "Databricks", "isAttachedCompute": True}})
    with pytest.raises(SubmissionRejected, match="it is there, and is an attached Databricks workspace"):
        azure.compute.get_or_create("spark", vm_size=SIZE)
    azure.compute["spark"].delete()
    assert emulator.plane.requests[-3].query.get("underlyingResourceAction") == "Detach" or any(
        one.query.get("underlyingResourceAction") == "Detach" for one in emulator.plane.requests
    )


@pytest.mark.parametrize("act", [
    lambda azure: made(azure), lambda azure: azure.compute.delete("gpu-cluster"), lambda azure: azure.compute.update("x", 1),
])  # fmt: skip
def test_a_step_on_azure_manages_no_compute(azure, emulator, monkeypatch, act):
    monkeypatch.setenv("AZUREML_RUN_ID", "step-17")
    with pytest.raises(InsideRemoteStep, match=r"the step 'step-17' on Azure.*before the pipeline is submitted"):
        act(azure)
    assert puts(emulator) == []


def test_a_step_on_azure_may_look_at_compute_that_is_there(azure, monkeypatch):
    made(azure)
    monkeypatch.setenv("AZUREML_RUN_ID", "step-17")
    assert made(azure).status().name == "gpu-cluster"


@pytest.mark.parametrize("wrong", [
    {"min_nodes": -1}, {"max_nodes": 0}, {"max_nodes": 1.5}, {"min_nodes": 9}, {"idle_seconds": "1h"}, {"priority": "cheap"},
    {"vm_size": ""}, {"vm_size": None}, {"name": "a"}, {"name": "1st"}, {"name": "end-"}, {"name": "a b"}, {"max_nodes": True},
])  # fmt: skip
def test_what_azure_would_not_take_is_refused_here(wrong):
    with pytest.raises(SubmissionRejected):
        Cluster(**{"name": "gpu-cluster", "vm_size": SIZE, **wrong}).body("x")


def test_an_unknown_size_and_a_quota_are_told_in_azures_words(azure):
    with pytest.raises(SubmissionRejected, match="VM size Huge is not supported"):
        azure.compute.get_or_create("gpu-cluster", vm_size="Huge")
    with pytest.raises(QuotaExceeded, match="exceeds the quota.*fewer max_nodes"):
        made(azure, max_nodes=1000)


def test_a_missing_role_is_named(azure, emulator):
    message = "The client 'me' does not have authorization to perform action 'Microsoft.MachineLearningServices/workspaces/computes/write'"
    emulator.plane.refusals["PUT computes"] = (403, "AuthorizationFailed", message)
    with pytest.raises(PermissionDenied, match="me lacks the action .*the role 'AzureML Compute Operator' has"):
        made(azure)


def test_a_creation_that_fails_raises_what_azure_says(azure, emulator):
    errors = [{"error": {"code": "ClusterCoreQuotaReached", "message": "no cores left"}}]
    properties = {"computeType": "AmlCompute", "provisioningState": "Failed", "provisioningErrors": errors}
    emulator.plane.state.put("computes/gpu-cluster", {"properties": properties})
    with pytest.raises(QuotaExceeded, match="wait for the compute 'gpu-cluster': no cores left"):
        azure.compute.wait("gpu-cluster", show_progress=False)
    assert made(azure).wait(show_progress=False).status().is_ready


@pytest.mark.parametrize(
    "document",
    [{}, {"properties": None}, {"properties": {"properties": [], "provisioningErrors": None}}, {"id": "/a/b/c"}],
)
def test_a_document_with_less_in_it_is_read_all_the_same(document):
    assert read_compute(document).kind == "unknown"


def test_slow_creations_are_waited_for(specification):
    with Emulator(specification=specification, looks=5) as slow:
        from penstock import AzureML

        azure = AzureML(**slow.config, url=slow.url)
        assert made(azure).wait(show_progress=False).status().is_ready
