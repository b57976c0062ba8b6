"""Datastores of a workspace: Penstock's own, opened with keys that nobody sees."""

import pickle

import pytest

from penstock import DatastoreError
from penstock.runtime.errors import DatastoreNotFound


def put(emulator, name, **properties):
    emulator.plane.state.put(f"datastores/{name}", {"properties": properties})


@pytest.fixture
def several(emulator):
    """Datastores of every kind, none of which is really there."""
    put(emulator, "files", datastoreType="AzureFile", accountName="acc", fileShareName="share")
    put(
        emulator,
        "lake",
        datastoreType="AzureDataLakeGen2",
        accountName="acc",
        filesystem="fs",
        credentials={"credentialsType": "None"},
    )
    put(emulator, "blob", datastoreType="AzureBlob", accountName="acc", containerName="con", isDefault=True)
    put(emulator, "old", datastoreType="AzureDataLakeGen1", storeName="x")


def test_the_default_comes_first_and_every_kind_is_listed(azure, several):
    assert [(one.name, one.kind, one.is_default) for one in azure.datastores.list()] == [
        ("blob", "AzureBlob", True), ("files", "AzureFile", False), ("lake", "AzureDataLakeGen2", False),
        ("old", "AzureDataLakeGen1", False),
    ]  # fmt: skip
    assert azure.datastores.default.name == azure.datastores.default_name == "blob"


def test_they_are_penstocks_own_with_their_account_and_without_a_key(azure, several):
    blob, lake = azure.datastores["blob"], azure.datastores["lake"]
    assert (blob.url, blob.options) == ("abfs://con", {"account_name": "acc"})
    assert (lake.url, lake.options) == ("abfs://fs", {"account_name": "acc", "anon": False})


@pytest.mark.parametrize(
    ("name", "why"), [("files", "file share.*mounted folder"), ("old", "retired on 29 February 2024")]
)
def test_what_cannot_be_read_from_here_says_why(azure, several, name, why):
    with pytest.raises(DatastoreError, match=why):
        azure.datastores[name]


def test_a_datastore_that_is_not_there_is_named_with_those_that_are(azure, several):
    with pytest.raises(DatastoreNotFound, match="no datastore 'nothing'; there are: files, lake, blob, old"):
        azure.datastores["nothing"]


def test_files_go_up_and_down_with_the_key_of_the_workspace(workspace, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.txt").write_text("one")
    store = workspace.datastores.default
    store.upload_files([tmp_path / "deep"], "raw", show_progress=False)
    store.download(tmp_path / "back", show_progress=False)
    assert [file.path for file in store.list()] == ["raw/deep/a.txt"]
    assert (tmp_path / "back/raw/deep/a.txt").read_text() == "one"


def test_the_key_is_shown_nowhere(workspace, storing):
    store = workspace.datastores.default
    key = storing.plane.storage.parts["AccountKey"]
    assert not store.exists("x")
    shown = f"{store!r} {store.options} {store.place('x')!r} {workspace!r} {storing!r}"
    assert key not in shown
    assert key not in str(vars(store)["unlock"])


def test_a_datastore_with_a_key_of_the_workspace_stays_in_its_process(workspace):
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(workspace.datastores.default)


def test_a_key_that_may_not_be_read_is_a_role_that_is_missing(workspace, storing):
    message = "no authorization to perform action 'Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action'"
    storing.plane.refusals["POST datastores"] = (403, "AuthorizationFailed", message)
    from penstock.runtime.azure.errors import PermissionDenied

    with pytest.raises(PermissionDenied, match="AzureML Data Scientist"):
        workspace.datastores.default.list()
