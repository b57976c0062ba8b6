"""penstock compute and penstock login, with a stand-in for Azure."""

from __future__ import annotations

import json

import pytest

from penstock.runtime.azure import operations
from penstock.runtime.azure.emulator import Emulator


@pytest.fixture
def azure(tmp_path, monkeypatch):
    """A stand-in, and a working folder below the config.json that leads to it."""
    monkeypatch.setattr(operations, "FIRST_WAIT", 0.001)
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    with Emulator() as emulator:
        monkeypatch.setenv("PENSTOCK_AZURE_URL", emulator.url)
        (tmp_path / "config.json").write_text(json.dumps(emulator.config))
        yield emulator


def created(penstock, *more):
    return penstock("compute", "create", "gpu-cluster", "--vm-size", "Standard_NC6s_v3", *more)


def test_a_cluster_is_created_shown_listed_and_deleted(penstock, azure):
    assert "nodes     0 now, 0 busy, 0 to 2" in created(penstock, "--max-nodes", "2").stdout
    assert created(penstock).exit_code == 0
    assert json.loads(penstock("compute", "show", "gpu-cluster", "--json").stdout)["max_nodes"] == 2
    assert "gpu-cluster  AmlCompute  Succeeded  Standard_NC6s_v3  0 now" in penstock("compute", "list").stdout
    assert penstock("compute", "delete", "gpu-cluster").stdout == "deleted gpu-cluster\n"
    assert penstock("compute", "list", "--json").stdout == "[]\n"


def test_an_empty_list_says_what_to_do(penstock, azure):
    assert "penstock compute create makes some" in penstock("compute", "list").stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["compute", "show", "nothing"], 4, "could not find the compute 'nothing': the workspace has: none"),
        (["compute", "create", "c", "--vm-size", "Standard_X"], 1, "2 to 32 letters"),
        (["compute", "create", "cc"], 2, "--vm-size"),
        (["compute", "create", "cc", "--vm-size", "Huge"], 1, "VM size Huge is not supported"),
        (["compute", "list", "--config", "nowhere"], 2, "does not exist"),
    ],
)
def test_what_goes_wrong_is_one_message_with_its_code(penstock, azure, words, code, said):
    result = penstock(*words)
    assert result.exit_code == code
    assert said in result.stderr


def test_without_a_configuration_it_is_said_where_to_get_one(penstock, azure, tmp_path):
    (tmp_path / "config.json").unlink()
    result = penstock("compute", "list")
    assert result.exit_code == 4
    assert "Download config.json" in result.stderr


def test_login_says_who(penstock, azure):
    assert penstock("login").stdout == "logged in as  offline@localhost\n"


def test_login_check_says_where_and_what_is_allowed(penstock, azure):
    shown = penstock("login", "--check").stdout
    assert "workspace  offline (resource group offline" in shown
    assert "submit and cancel runs" in shown
    assert json.loads(penstock("login", "--check", "--json").stdout)["may"]["keep schedules"] is True


def test_login_check_shows_what_is_not_allowed_or_not_told(penstock, azure, monkeypatch):
    azure.plane.refusals["GET providers"] = (403, "AuthorizationFailed", "no")
    assert "keep schedules  not known" in penstock("login", "--check").stdout


def test_no_login_says_how_to_log_in(penstock, azure, monkeypatch):
    from azure import identity

    class Nobody:
        def get_token(self, *_scopes):
            raise RuntimeError("Please run 'az login'")

    monkeypatch.setattr(identity, "AzureCliCredential", Nobody)
    result = penstock("login", "--credential", "cli")
    assert result.exit_code == 1
    assert "could not get a token for https://management.azure.com: Please run 'az login'" in result.stderr
