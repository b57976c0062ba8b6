"""Which workspace is meant: what is given, the environment, v1's config.json."""

import json

import pytest

from penstock import AzureML, PenstockError
from penstock.runtime.azure.addresses import Address
from penstock.runtime.azure.errors import NotConfigured

ID = "00000000-0000-0000-0000-00000000000"
CONFIG = {"subscription_id": f"{ID}1", "resource_group": "group", "workspace_name": "work-1"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder three levels down, the working one."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return tmp_path


def write(file, content=CONFIG):
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


@pytest.mark.parametrize(
    "place",
    ["config.json", ".azureml/config.json", "aml_config/config.json", "a/config.json", "a/b/.azureml/config.json"],
)
def test_the_configuration_is_found_upward(folder, place):
    write(folder / place)
    assert AzureML.from_config().address == Address(f"{ID}1", "group", "work-1")


def test_the_nearest_configuration_counts_and_a_path_may_name_another(folder):
    write(folder / "config.json", {**CONFIG, "workspace_name": "far"})
    write(folder / "a/config.json", {**CONFIG, "workspace_name": "near"})
    assert AzureML.from_config().workspace_name == "near"
    assert (
        AzureML.from_config(folder).workspace_name
        == AzureML.from_config(folder / "config.json").workspace_name
        == "far"
    )


def test_the_environment_goes_before_the_file_and_what_is_given_before_both(folder, monkeypatch):
    write(folder / "config.json")
    monkeypatch.setenv("AZUREML_WORKSPACE_NAME", "from-env")
    assert AzureML.from_config().workspace_name == "from-env"
    assert AzureML.from_config(workspace_name="given").workspace_name == "given"
    assert AzureML.from_config(folder).workspace_name == "work-1"


def test_inside_a_job_azures_own_variables_are_enough(folder, monkeypatch):
    for name, value in (("SUBSCRIPTION", f"{ID}1"), ("RESOURCEGROUP", "group"), ("WORKSPACE_NAME", "inside")):
        monkeypatch.setenv(f"AZUREML_ARM_{name}", value)
    assert AzureML.from_config().workspace_name == "inside"


def test_the_oldest_form_of_the_file_is_read(folder):
    write(folder / "config.json", {"Id": None, "Scope": Address(**CONFIG).id})
    assert AzureML.from_config().address == Address(**CONFIG)


def test_what_is_missing_is_named_with_three_ways_to_say_it(folder):
    write(folder / "config.json", {"subscription_id": f"{ID}1", "resource_group": 5})
    with pytest.raises(
        NotConfigured,
        match="resource_group and workspace_name not known.*portal.*AZURE_RESOURCE_GROUP.*resource_group=",
    ):
        AzureML.from_config()


@pytest.mark.parametrize("content", ["", "{", "[]", "5", "null", '{"subscription_id": ', "\x00\x01", '{"Scope": "/x"}'])
def test_a_broken_file_is_named(folder, content):
    write(folder / "config.json", content)
    with pytest.raises(NotConfigured):
        AzureML.from_config()


def test_a_path_that_is_not_there_is_named(folder):
    with pytest.raises(NotConfigured, match="there is no file and no folder"):
        AzureML.from_config(folder / "nowhere")


@pytest.mark.parametrize("wrong", [
    {"subscription_id": "mine"}, {"resource_group": ""}, {"resource_group": "a/b"}, {"resource_group": "end."},
    {"workspace_name": "ab"}, {"workspace_name": "-abc"}, {"workspace_name": "a" * 34}, {"workspace_name": "a b c"},
    {"workspace_name": "../x"}, {"workspace_name": 5}, {"subscription_id": f"{ID}1\n"}, {"workspace_name": None},
])  # fmt: skip
def test_what_cannot_be_a_workspace_is_refused_where_it_is_written(wrong):
    with pytest.raises(NotConfigured, match="cannot be one; expected"):
        AzureML(**{**CONFIG, **wrong})


def test_a_workspace_shows_no_credential_and_travels_to_other_processes():
    import pickle

    azure = AzureML(**CONFIG, credential="cli", url="http://127.0.0.1:5")
    assert azure.connection.address.workspace_name == "work-1"
    assert "cli" not in repr(azure)
    assert pickle.loads(pickle.dumps(azure)) == azure


def test_a_real_login_is_never_used_for_a_stand_in_by_accident(monkeypatch):
    monkeypatch.setenv("PENSTOCK_AZURE_URL", "http://127.0.0.1:5")
    found = AzureML(**CONFIG).connection
    assert found.is_offline
    assert found.client.tokens.claims()["upn"] == "offline@localhost"


def test_an_error_of_azure_is_one_of_penstocks():
    assert issubclass(NotConfigured, PenstockError)
