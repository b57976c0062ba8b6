"""Batch endpoints: published, called with parameters, switched, deleted."""

import importlib.util
import time
from pathlib import Path

import pytest

from penstock.runtime.azure import endpoints, jobs
from penstock.runtime.azure.components import pipeline_versions, register_pipeline
from penstock.runtime.azure.errors import NotFoundRemotely, RemoteUnavailable, SubmissionRejected
from penstock.runtime.azure.emulator import Fault

_SPEC = importlib.util.spec_from_file_location("azure_pipelines", Path(__file__).with_name("pipelines.py"))
pipelines = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pipelines)

really_sleep = time.sleep
SETTINGS = {"default_compute": "serverless", "force_rerun": False}


@pytest.fixture
def published(workspace):
    """An endpoint with a pipeline whose parameter has a default."""
    made = pipelines.nodes(*pipelines.components(workspace.connection))
    spec = {"display_name": "two steps", "inputs": {"text": {"type": "string", "default": "usual"}},
            "outputs": {"result": {"type": "uri_folder"}}, "jobs": made}  # fmt: skip
    component = register_pipeline(workspace.connection, "two-steps", "1", spec)
    endpoints.put_endpoint(workspace.connection, "two-steps", description="counts", tags={"owner": "me"})
    endpoints.put_deployment(workspace.connection, "two-steps", "v1", component, settings=SETTINGS)
    return endpoints.put_endpoint(workspace.connection, "two-steps", default="v1")


def test_an_endpoint_keeps_what_is_not_changed(published):
    assert (published.default, published.description, published.tags) == ("v1", "counts", {"owner": "me"})


@pytest.mark.parametrize(("values", "length"), [({}, "10"), ({"text": "four"}, "8")])
def test_a_call_runs_the_pipeline_with_its_parameters(workspace, published, values, length):
    out = {"result": {"jobOutputType": "UriFolder", "uri": "azureml://datastores/workspaceblobstore/paths/out/"}}
    job = endpoints.invoke(workspace.connection, published, values=values, outputs=out, experiment="exp")
    while not endpoints.invocation(workspace.connection, published, job.name).state.ended:
        really_sleep(0.02)
    store = workspace.datastores.default
    assert b"".join(store.place().backend.read(store.list("out")[0])).decode() == length
    assert jobs.get_job(workspace.connection, job.name).experiment == "exp"


def test_the_jobs_of_an_endpoint_are_listed(workspace, published):
    job = endpoints.invoke(workspace.connection, published)
    assert [one.name for one in endpoints.invocations(workspace.connection, "two-steps")] == [job.name]


def test_a_call_names_the_version_in_a_header_and_its_token_is_for_the_data_plane(workspace, published, storing):
    endpoints.invoke(workspace.connection, published, deployment="v1")
    endpoints.invoke(workspace.connection, published)
    first, second = [one for one in storing.plane.requests if one.path.startswith("/endpoints/")]
    assert first.headers["azureml-model-deployment"] == "v1"
    assert "azureml-model-deployment" not in second.headers
    assert set(first.body["properties"]) == {"inputData"}


def test_a_call_whose_answer_is_lost_is_not_made_twice(workspace, published, storing):
    storing.inject(Fault("drop-after"))
    with pytest.raises(RemoteUnavailable, match="look before you try again"):
        endpoints.invoke(workspace.connection, published)
    assert len(list(endpoints.invocations(workspace.connection, "two-steps"))) == 1


def test_an_endpoint_without_a_default_is_disabled(workspace, published):
    endpoints.put_endpoint(workspace.connection, "two-steps", default="")
    found = endpoints.get_endpoint(workspace.connection, "two-steps")
    with pytest.raises(NotFoundRemotely, match="which is how it is disabled"):
        endpoints.invoke(workspace.connection, found)


def test_unknown_parameters_are_refused(workspace, published):
    with pytest.raises(SubmissionRejected, match="no input lr; it has text"):
        endpoints.invoke(workspace.connection, published, values={"lr": 0.2})


def test_versions_are_listed_and_a_version_never_changes(workspace, published):
    assert pipeline_versions(workspace.connection, "two-steps") == ("1",)
    assert [one.name for one in endpoints.list_deployments(workspace.connection, "two-steps")] == ["v1"]
    with pytest.raises(SubmissionRejected, match="is another one"):
        register_pipeline(workspace.connection, "two-steps", "1", {"jobs": {}})


def test_deleting_takes_the_deployments_along_and_may_be_said_again(workspace, published):
    for _ in range(2):
        endpoints.delete_deployment(workspace.connection, "two-steps", "v1")
        endpoints.delete_endpoint(workspace.connection, "two-steps")
    assert endpoints.list_endpoints(workspace.connection) == ()


@pytest.mark.parametrize("name", ["", "ab", "1st", "under_score", "end-", "a" * 33, "a/b"])
def test_a_name_that_cannot_be_one_is_refused(connection, name):
    with pytest.raises(SubmissionRejected, match="3 to 32 letters"):
        endpoints.put_endpoint(connection, name)
