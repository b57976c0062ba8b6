"""Publishing to Azure, through the emulator and Azurite: no run before, versions, calls, what they return, schedules."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

from penstock import AzureML, publish
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.lowering import compile_pipeline
from penstock.runtime.azure.emulator import Emulator
from penstock.runtime.azure.errors import NotFoundRemotely, SubmissionRejected
from penstock.runtime.azure.jobs import list_jobs
from penstock.runtime.azure.schedules import Cron
from penstock.runtime.errors import RunError
from penstock.runtime.runners.azure_publishing import deployment_name, endpoint_name

spec = importlib.util.spec_from_file_location("azure_project", Path(__file__).parent / "azure_project.py")
azure_project = importlib.util.module_from_spec(spec)
spec.loader.exec_module(azure_project)

SPECIFICATION = Path(__file__).parents[4] / "shared/azure/specs/azureml/2024-04-01/azureml-workspace.oas3-strict.json"


@pytest.fixture(scope="module")
def emulator(azurite):
    with Emulator(storage=azurite, specification=SPECIFICATION if SPECIFICATION.exists() else None) as emulator:
        yield emulator
        assert emulator.plane.violations == []


@pytest.fixture
def azure(emulator, tmp_path):
    made = AzureML(**emulator.config, url=emulator.url, default_compute="cpu-cluster", workspace=tmp_path)
    made.compute.get_or_create("cpu-cluster", vm_size="Standard_DS3_v2")
    return made


@pytest.fixture
def project(tmp_path, monkeypatch):
    azure_project.write(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    forget()


def forget():
    for name in ("steps", "scaling"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def compiled():
    forget()
    return compile_pipeline(importlib.import_module("steps").compare).identified(Fingerprinter())


def test_a_pipeline_is_published_without_a_run_called_and_answers(azure, project, emulator):
    before = len(list(list_jobs(azure.connection)))
    endpoint = azure.publish_pipeline(compiled(), name="compare", description="Compares.")
    assert len(list(list_jobs(azure.connection))) == before
    call = endpoint.invoke(source=project / "taxi.csv", share=0.75).wait(60, interval=0.05)
    assert set(call.outputs) == {"report", "first"}
    assert (call.outputs["report"] / "models.txt").read_text() == "linear: [[2, 4, 6], [2, 4, 6]] on [4]"
    assert call.name in [job.name for job in endpoint.runs()]


def test_an_equal_pipeline_is_the_same_version_and_another_one_the_next(azure, project):
    first = azure.publish_pipeline(compiled(), name="versions")
    azure_project.write(
        project, **{"scaling.py": "# words\nFACTOR = 2\n\n\ndef scaled(xs):\n    return [FACTOR * x for x in xs]\n"}
    )
    again = azure.publish_pipeline(compiled(), name="versions")
    assert [one.name for one in again.versions] == ["version-1"] and again == first
    azure_project.write(
        project, **{"scaling.py": "FACTOR = 5\n\n\ndef scaled(xs):\n    return [FACTOR * x for x in xs]\n"}
    )
    azure.publish_pipeline(compiled(), name="versions")
    assert ([one.name for one in first.versions], first.default) == (["version-1", "version-2"], "version-2")
    first.set_default("1")
    assert azure.endpoint("versions").default == "version-1"


def test_publish_takes_the_workspace_as_its_place(azure, project):
    forget()
    endpoint = publish(importlib.import_module("steps").compare, "public", to=azure, version="beta")
    assert [one.name for one in endpoint.versions] == ["version-beta"]


def test_a_schedule_calls_with_parameters(azure, project):
    endpoint = azure.publish_pipeline(compiled(), name="nightly")
    schedule = endpoint.schedule("nightly", Cron("0 3 * * *"), source=project / "taxi.csv", share=0.5)
    assert schedule.is_enabled
    inputs = schedule.action["endpointInvocationDefinition"]["inputs"]
    assert inputs["share"] == {"jobInputType": "Literal", "value": 0.5}
    assert inputs["source"]["jobInputType"] == "UriFile"


def test_a_disabled_endpoint_answers_no_more_until_it_is_enabled(azure, project):
    endpoint = azure.publish_pipeline(compiled(), name="switched")
    endpoint.disable()
    assert endpoint.default == ""
    with pytest.raises(NotFoundRemotely, match="which is how it is disabled"):
        endpoint.invoke(source=project / "taxi.csv")
    endpoint.enable()
    assert endpoint.default == deployment_name("1")


def test_endpoints_and_schedules_are_listed_and_switched(azure, project):
    endpoint = azure.publish_pipeline(compiled(), name="listed")
    assert "listed" in [found.name for found in azure.endpoints]
    endpoint.schedule("weekly", Cron("0 3 * * 1"), source=project / "taxi.csv")
    assert not azure.schedules.disable("weekly").is_enabled
    assert azure.schedules["weekly"].is_enabled is False
    assert azure.schedules.enable("weekly").is_enabled
    azure.schedules.delete("weekly")
    assert "weekly" not in azure.schedules


def test_wrong_calls_are_told(azure, project):
    endpoint = azure.publish_pipeline(compiled(), name="wrong")
    with pytest.raises(SubmissionRejected, match="no input rate"):
        endpoint.invoke(source=project / "taxi.csv", rate=1)
    with pytest.raises(RunError, match="nowhere.csv is given to the endpoint 'wrong', and does not exist"):
        endpoint.invoke(source=project / "nowhere.csv")
    endpoint.delete()
    with pytest.raises(NotFoundRemotely):
        endpoint.invoke(source=project / "taxi.csv")


@pytest.mark.parametrize(
    ("name", "public"), [("my_pipeline", "my-pipeline"), ("a", "a-pipeline"), ("x" * 40, "x" * 32), ("größe", "gr-e")]
)
def test_an_endpoint_has_a_name_that_azure_takes(name, public):
    assert endpoint_name(name) == public


def test_a_version_has_one_name_however_it_is_said():
    assert deployment_name("1.2") == deployment_name("version-1-2") == "version-1-2"
