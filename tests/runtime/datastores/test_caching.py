"""The cache: whole, healed, shared by processes, and nothing fetched twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from penstock import materialise
from penstock.runtime.datastores import identity
from penstock.runtime.datastores.remote import Remote
from penstock.runtime.errors import DataNotFound, DatastoreError, TransferFailed


@pytest.fixture
def reads(monkeypatch):
    """Which files are read from a store."""
    seen, original = [], Remote.read

    def read(self, entry, start=0):
        seen.append(entry.path)
        return original(self, entry, start)

    monkeypatch.setattr(Remote, "read", read)
    return seen


def test_only_files_that_have_changed_are_fetched_again(s3, files, workspace, reads):
    s3.upload(files, "in")
    materialise(s3.path("in"), workspace.datastores)
    (files / "a.txt").write_text("changed")
    (files / "new").write_text("new")
    s3.upload(files, "in", overwrite=True)
    del reads[:]
    path = materialise(s3.path("in"), workspace.datastores)
    assert sorted(reads) == ["in/a.txt", "in/new"]
    assert (path / "a.txt").read_text() + (path / "deep" / "ä b#1%.txt").read_text() == "changedthird"


@pytest.mark.parametrize("text", ["", "firs", "FIRST"])
def test_a_copy_that_was_damaged_is_fetched_again(memory, files, workspace, text):
    memory.upload(files)
    path = materialise(memory.path("a.txt"), workspace.datastores)
    path.chmod(0o644)
    path.write_text(text)
    assert materialise(memory.path("a.txt"), workspace.datastores).read_text() == "first"


def test_a_copy_that_was_deleted_is_fetched_again(memory, files, workspace):
    memory.upload(files)
    path = materialise(memory.path("a.txt"), workspace.datastores)
    shutil.rmtree(path.parent)
    assert materialise(memory.path("a.txt"), workspace.datastores).read_text() == "first"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"is_file": true}'])
def test_a_broken_index_is_no_harm(memory, files, workspace, text):
    memory.upload(files)
    materialise(memory.path("a.txt"), workspace.datastores)
    for index in (workspace.folder / "cache/data/index").iterdir():
        index.write_text(text)
    assert materialise(memory.path("a.txt"), workspace.datastores).read_text() == "first"


def test_files_fetched_before_a_failure_are_not_fetched_again(memory, files, workspace, reads, monkeypatch):
    memory.upload(files)
    original = Remote.read

    def read(self, entry, start=0):
        if entry.path.startswith("deep"):
            raise TransferFailed(entry.path, "no")
        return original(self, entry, start)

    with monkeypatch.context() as patch, pytest.raises(TransferFailed):
        patch.setattr(Remote, "read", read)
        materialise(memory.path(), workspace.datastores)
    del reads[:]
    materialise(memory.path(), workspace.datastores)
    assert "deep/ä b#1%.txt" in reads and not set(reads) & {"a.txt"}


def test_half_a_file_that_is_no_beginning_of_it_is_thrown_away(azure, files, workspace):
    azure.upload(files)
    parts = workspace.datastores.cache.folder / "parts"
    original = Remote.read

    def read(self, entry, start=0):
        if start == 0:
            yield b"FI"
            raise TransferFailed(entry.path, "no")
        yield from original(self, entry, start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Remote, "read", read)
        with pytest.raises(TransferFailed):
            materialise(azure.path("a.txt"), workspace.datastores)
    assert [part.read_bytes() for part in parts.glob("*/part/*")] == []
    assert materialise(azure.path("a.txt"), workspace.datastores).read_text() == "first"


def test_data_that_are_not_what_was_uploaded_are_refused(azure, files, workspace):
    from azure.storage.blob import BlobClient

    azure.upload(files)
    container, _, path = azure.url.removeprefix("abfs://").partition("/")
    with BlobClient.from_connection_string(os.environ["TEST_AZURE"], container, f"{path}/a.txt") as blob:
        blob.upload_blob(b"FIRST", overwrite=True, metadata=blob.get_blob_properties().metadata)
    with pytest.raises(DatastoreError, match="does not add up to the checksum"):
        materialise(azure.path("a.txt"), workspace.datastores)


def test_a_name_that_leads_out_of_the_folder_is_refused(s3, workspace, tmp_path, s3_endpoint):
    import fsspec

    bucket = fsspec.filesystem("s3", key="k", secret="s", endpoint_url=s3_endpoint)
    bucket.pipe_file(f"{s3.url.removeprefix('s3://')}/x/../../evil", b"x")
    for act in (lambda: materialise(s3.path("x"), workspace.datastores), lambda: s3.download(tmp_path / "t", "x")):
        with pytest.raises(DatastoreError, match="'.*evil', which cannot be a file on this machine"):
            act()
    assert not list(tmp_path.rglob("evil"))


def test_a_file_and_a_folder_of_one_name_are_told_of(s3, workspace, s3_endpoint):
    import fsspec

    bucket = fsspec.filesystem("s3", key="k", secret="s", endpoint_url=s3_endpoint)
    for name in ("in/a", "in/a/b"):
        bucket.pipe_file(f"{s3.url.removeprefix('s3://')}/{name}", b"x")
    with pytest.raises(DatastoreError, match="'a.*' cannot be a file on this machine"):
        materialise(s3.path("in"), workspace.datastores)


def test_stores_of_one_url_and_other_options_are_told_apart(memory, workspace, files):
    memory.upload(files)
    other = workspace.register_datastore("other", memory.url, colour="red")
    assert memory.place("a.txt").origin != other.place("a.txt").origin


FETCH = """
import sys
from penstock import DataPath, Workspace, materialise
data = materialise(DataPath.from_url(sys.argv[2]), Workspace.open(sys.argv[1]).datastores).read_bytes()
print(len(data), len(set(data)))
"""


def test_two_processes_at_once_fetch_once(web, workspace):
    web.files["/x"] = b"x" * 3_000_000
    command = [sys.executable, "-c", FETCH, workspace.root, f"{web.url}/x"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert {process.communicate(timeout=60)[0] for process in processes} == {"3000000 1\n"}
    assert len([one for one in web.requests if one[0] == "GET"]) == 1


def test_sweeping_removes_what_nobody_used(memory, files, workspace):
    memory.upload(files)
    old, new = (materialise(memory.path(name), workspace.datastores) for name in ("a.txt", "empty"))
    cache = workspace.datastores.cache
    for path in [*cache.folder.glob("index/*"), *cache.folder.glob("content/*/*")]:
        os.utime(path, (1, 1))
    assert materialise(memory.path("empty"), workspace.datastores) == new
    assert cache.sweep(unused_for=3600) == 1
    assert new.exists() and not old.exists()
    assert materialise(memory.path("a.txt"), workspace.datastores).read_text() == "first"


def test_sweeping_a_cache_that_is_not_there_does_nothing(workspace):
    assert workspace.datastores.cache.sweep(unused_for=0) == 0


def test_a_file_here_is_given_where_it_is(folder, files, workspace):
    folder.upload(files)
    assert materialise(folder.path("a.txt"), workspace.datastores) == (workspace.root.parent / "far" / "a.txt")
    assert not (workspace.folder / "cache").exists()
    with pytest.raises(DataNotFound):
        materialise(folder.path("nothing"), workspace.datastores)


def test_a_link_that_leads_in_a_circle_is_told_of(folder, files, workspace):
    folder.upload(files)
    far = workspace.root.parent / "far"
    (far / "deep" / "linked").symlink_to(far / "a.txt")
    assert [entry.path for entry in folder.list("deep")] == ["deep/linked", "deep/ä b#1%.txt"]
    (far / "deep" / "circle").symlink_to(far)
    with pytest.raises(DatastoreError, match="circle"):
        folder.list()


def test_equal_contents_are_one_data_wherever_their_hash_is_known(folder, memory, azure, files, workspace):
    for store in (folder, memory, azure):
        store.upload(files, "in")
    assert len({identity(store.path("in"), workspace.datastores) for store in (folder, memory, azure)}) == 1


def test_the_identity_of_data_in_azure_or_s3_reads_nothing(azure, s3, files, workspace, reads):
    for store in (azure, s3):
        store.upload(files, "in")
        identity(store.path("in"), workspace.datastores)
    assert reads == []
