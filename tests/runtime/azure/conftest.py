"""Give the tests of Azure a stand-in for it, checked against Microsoft's specification where that is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock import AzureML
from penstock.runtime.azure import client, operations
from penstock.runtime.azure.emulator import Emulator

SHARED = Path(__file__).resolve().parents[4] / "shared" / "azure"
SPECIFICATION = SHARED / "specs/azureml/2024-04-01/azureml-workspace.oas3-strict.json"
VARIABLES = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME", "AZUREML_ARM_SUBSCRIPTION",
             "AZUREML_ARM_RESOURCEGROUP", "AZUREML_ARM_WORKSPACE_NAME", "AZUREML_RUN_ID", "PENSTOCK_AZURE_URL")  # fmt: skip


def opened(emulator):
    return AzureML(**emulator.config, url=emulator.url)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait for next to nothing, and know of no workspace."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(client.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(operations, "FIRST_WAIT", 0.001)


@pytest.fixture
def specification():
    """The file of Microsoft's specification, None where there is no copy."""
    return str(SPECIFICATION) if SPECIFICATION.exists() else None


@pytest.fixture
def emulator(specification):
    """A stand-in without storage; every request that was sent to it was right by the specification."""
    with Emulator(specification=specification, page=2) as found:
        yield found
        assert found.plane.violations == []


@pytest.fixture
def azure(emulator):
    """A workspace that the stand-in answers for."""
    return opened(emulator)


@pytest.fixture
def connection(azure):
    """The way to the workspace."""
    return azure.connection


@pytest.fixture
def storing(specification, azurite):
    """A stand-in with storage, which runs jobs."""
    with Emulator(azurite, specification=specification) as found:
        yield found
        assert found.plane.violations == []


@pytest.fixture
def workspace(storing):
    """A workspace whose jobs run here."""
    return opened(storing)
