"""Datastores are found by name: configured, registered, and the workspace's own."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from penstock import Datastore, DatastoreError, Workspace
from penstock.runtime.errors import DatastoreNotFound


def configured(folder, text, name="penstock.toml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return Workspace.from_config(folder)


def test_every_workspace_has_a_default_datastore_in_its_folder(workspace, files):
    store = workspace.get_default_datastore()
    assert (store.name, list(workspace.datastores)) == ("workspace", ["workspace"])
    assert not workspace.folder.exists()
    store.upload(files)
    assert (workspace.folder / "data" / "a.txt").read_text() == "first"
    assert (workspace.folder / ".gitignore").exists()


def test_what_is_registered_is_there_for_every_process(workspace):
    store = workspace.register_datastore("blob", "abfs://c/x", account_name="me", account_key={"env": "KEY"})
    assert Workspace.open(workspace.root).datastores["blob"] == store
    assert (store.url, store.options["account_key"], len(workspace.datastores)) == ("abfs://c/x", {"env": "KEY"}, 2)


def test_a_folder_is_relative_to_the_root(workspace, tmp_path):
    assert workspace.register_datastore("near", "data").url == str(workspace.root / "data")
    assert workspace.register_datastore("far", tmp_path).url == str(tmp_path)


@pytest.mark.parametrize("name", ["penstock.toml", "pyproject.toml"])
def test_the_configuration_names_datastores(tmp_path, name):
    table = "datastores" if name == "penstock.toml" else "tool.penstock.datastores"
    text = f'[{table}.raw]\nurl = "data/raw"\ndefault = true\n[{table}.blob]\nurl = "az://c"\nsas_token = {{ env = "SAS" }}\n'
    workspace = configured(tmp_path / "p", text, name)
    assert workspace.datastores["raw"].url == str(tmp_path / "p" / "data" / "raw")
    assert workspace.datastores["blob"].options == {"sas_token": {"env": "SAS"}}
    assert workspace.get_default_datastore().name == "raw"


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("x = 1", "needs a url"),
        ("url = 3", "needs a url"),
        ('url = ""', "needs a path or a URL"),
        ('url = "https://me:pw@host/"', "carries a user or a password"),
        ('url = "az://c"\naccount_key = "abc"', "holds a secret"),
        ('url = "az://c"\nx = [1]', "is a list"),
    ],
)
def test_a_wrong_configuration_is_told_by_name(tmp_path, table, problem):
    with pytest.raises(DatastoreError, match=f"'bad'.*{problem}"):
        configured(tmp_path / "p", f"[datastores.bad]\n{table}").datastores["bad"]


def test_two_defaults_are_refused(tmp_path):
    text = '[datastores.aa]\nurl = "a"\ndefault = true\n[datastores.bb]\nurl = "b"\ndefault = true'
    with pytest.raises(DatastoreError, match="several datastores the default: aa, bb"):
        configured(tmp_path / "p", text).get_default_datastore()


@pytest.mark.parametrize("name", ["", "x", "a b", "../x", ".default", "a/b", 5])
def test_a_name_that_cannot_be_is_refused(workspace, name):
    with pytest.raises(DatastoreError, match="cannot be a datastore's name"):
        workspace.register_datastore(name, "data")


def test_a_name_is_registered_once_in_whatever_case(workspace):
    first = workspace.register_datastore("Blob", "a")
    assert workspace.register_datastore("Blob", "a") == first
    for name, url in (("Blob", "b"), ("blob", "a")):
        with pytest.raises(DatastoreError, match="registered already.*overwrite=True"):
            workspace.register_datastore(name, url)
    assert workspace.register_datastore("blob", "b", overwrite=True).url.endswith("b")
    assert list(workspace.datastores) == ["blob", "workspace"]


def test_a_configured_name_cannot_be_registered_or_unregistered(tmp_path):
    workspace = configured(tmp_path / "p", '[datastores.raw]\nurl = "data"')
    for name, words in (("raw", "set in the configuration"), ("workspace", "workspace")):
        with pytest.raises(DatastoreError, match=words):
            workspace.register_datastore(name.title(), "elsewhere")
        with pytest.raises(DatastoreError, match=words):
            workspace.datastores.unregister(name)


def test_a_datastore_is_forgotten_and_its_data_stay(workspace, folder, files):
    folder.upload(files)
    workspace.set_default_datastore("folder")
    workspace.datastores.unregister("folder")
    assert list(workspace.datastores) == ["workspace"] and (workspace.root.parent / "far" / "a.txt").exists()
    assert workspace.get_default_datastore().name == "workspace"
    with pytest.raises(DatastoreNotFound):
        workspace.datastores.unregister("folder")


def test_the_default_is_chosen_for_every_process(workspace, folder):
    workspace.set_default_datastore("folder")
    assert Workspace.open(workspace.root).get_default_datastore() == folder
    with pytest.raises(DatastoreNotFound, match="'nope'; there are: folder, workspace"):
        workspace.set_default_datastore("nope")


def test_a_configured_default_stays(tmp_path):
    workspace = configured(tmp_path / "p", '[datastores.raw]\nurl = "data"\ndefault = true')
    workspace.set_default_datastore("raw")
    with pytest.raises(DatastoreError, match="the configuration makes 'raw' the default"):
        workspace.set_default_datastore("workspace")


def test_many_register_at_once_and_nothing_is_lost(workspace):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: workspace.register_datastore(f"s{n}", f"data{n}"), range(40)))
    assert len(workspace.datastores) == 41


def test_of_many_that_register_one_name_one_wins(workspace):
    def register(number):
        try:
            return workspace.register_datastore("same", f"data{number}").url
        except DatastoreError:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [url for url in pool.map(register, range(20)) if url]
    assert won == [workspace.datastores["same"].url]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', '{"name": "x", "url": "y", "options": 3}'])
def test_a_broken_registration_names_its_file(workspace, folder, text):
    file = workspace.folder / "datastores" / "folder.json"
    file.write_text(text)
    with pytest.raises(DatastoreError, match=r"folder\.json is no registration"):
        workspace.datastores["folder"]


def test_a_datastore_can_be_used_without_a_workspace(tmp_path, files):
    store = Datastore("alone", str(tmp_path / "far"))
    store.upload(files)
    assert len(store.list()) == 3


@pytest.mark.parametrize("given", ["a.txt", []])
def test_upload_files_takes_several(folder, given):
    with pytest.raises(DatastoreError, match="upload_files"):
        folder.upload_files(given)


def test_what_is_to_be_uploaded_must_be_there_and_below_its_root(folder, files, tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        folder.upload_files([files / "missing"])
    with pytest.raises(DatastoreError, match="does not lie below relative_root"):
        folder.upload_files([files / "a.txt"], relative_root=tmp_path / "elsewhere")


def test_two_files_never_become_one(folder, files):
    with pytest.raises(DatastoreError, match="would both be copied|does not lie below"):
        folder.upload_files([files / "a.txt", files / "deep"], relative_root=files / "deep")


def test_options_of_a_folder_are_refused(workspace):
    with pytest.raises(
        DatastoreError, match="'x' has the option 'colour', and a folder takes no options|folder takes no"
    ):
        workspace.register_datastore("xx", "data", colour="red").list()


@pytest.mark.parametrize("url", ["nonsense://x/y", "file://other.host/x"])
def test_a_url_that_leads_nowhere_is_told_of(workspace, url):
    with pytest.raises(DatastoreError, match="nonsense|another machine"):
        workspace.register_datastore("odd", url).list()


HEAVY = ("fsspec", "requests", "rich", "asyncio", "adlfs", "s3fs", "click")


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("import penstock; penstock.DataPath('blob', 'x')", "[]"),
        ("import penstock.runtime.workspace, penstock.runtime.invocation", "['penstock.runtime.datastores']"),
        ("from penstock import Local, step\n@step\ndef one() -> int: return 1\nrun = Local(executor='inline', display='none').run(one)", "['penstock.runtime.datastores']"),
    ],
)  # fmt: skip
def test_nothing_of_it_is_loaded_before_it_is_used(tmp_path, code, loaded):
    check = "import sys\nprint(sorted(name for name in sys.modules if 'datastores' in name))"
    environment = {**os.environ, "PENSTOCK_WORKSPACE": str(tmp_path)}
    command = [sys.executable, "-c", f"{code}\n{check}"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == loaded


def test_a_folder_needs_no_library(tmp_path, files):
    code = (
        f"import sys\nfrom penstock import Datastore\nstore = Datastore('near', {str(tmp_path / 'far')!r})\n"
        f"store.upload({str(files)!r}); store.download({str(tmp_path / 'back')!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
