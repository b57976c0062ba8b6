"""Stores that fsspec reaches, when they misbehave."""

from __future__ import annotations

import hashlib
import io
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from penstock import DatastoreError, copy_files, materialise
from penstock.runtime.datastores import identity, progress, remote
from penstock.runtime.datastores.folders import Folder
from penstock.runtime.errors import DataNotFound, TransferFailed


def failing(times, error, original):
    """Fail so many times before doing it."""
    left = [times]

    def act(*args, **kwargs):
        if left[0]:
            left[0] -= 1
            raise error
        return original(*args, **kwargs)

    return act


@pytest.mark.parametrize(
    "error", [ConnectionResetError("reset"), TimeoutError(), OSError(5, "I/O"), RuntimeError("odd")]
)
def test_a_connection_that_breaks_is_taken_up(memory, files, workspace, monkeypatch, error):
    memory.upload(files)
    for name in ("info", "find", "cat_file"):
        monkeypatch.setattr(MemoryFileSystem, name, failing(2, error, getattr(MemoryFileSystem, name)))
    assert materialise(memory.path("a.txt"), workspace.datastores).read_text() == "first"


def test_an_upload_that_breaks_is_done_again(memory, files, monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "mv", failing(1, ConnectionResetError(), MemoryFileSystem.mv))
    memory.upload_files([files / "a.txt"])
    assert [entry.size for entry in memory.list()] == [5]


def test_a_refusal_is_not_tried_again(memory, monkeypatch):
    asked = []
    monkeypatch.setattr(
        MemoryFileSystem, "info", lambda *_, **__: asked.append(1) or failing(9, PermissionError("no"), None)()
    )
    with pytest.raises(DatastoreError, match="refuses access: PermissionError: no. Check the datastore's options"):
        memory.list("a.txt")
    assert asked == [1]


def test_what_arrives_other_than_it_was_sent_is_told(memory, files, monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "mv", lambda self, source, target: self.pipe_file(target, b"FIRST"))
    with pytest.raises(TransferFailed, match="did not arrive whole"):
        memory.upload_files([files / "a.txt"])


def test_a_disk_that_gives_back_other_bytes_is_told(folder, files, monkeypatch):
    monkeypatch.setattr(Folder, "checksum", lambda *_: "blake3:00")
    with pytest.raises(DatastoreError, match="does not keep what is written"):
        folder.upload_files([files / "a.txt"])
    assert not list((folder.place().backend.root).rglob("*"))


def test_an_etag_that_is_no_hash_of_the_contents_does_no_harm(s3, files, workspace, monkeypatch, tmp_path):
    monkeypatch.setattr(remote, "_s3_checksum", lambda etag: f"md5:{etag[::-1]}")  # as with a customer's own key
    s3.upload(files, "in")
    s3.upload(files, "in")
    assert s3.download(tmp_path, "in").copied == s3.download(tmp_path, "in").skipped == 3
    assert materialise(s3.path("in/a.txt"), workspace.datastores).read_text() == "first"
    assert identity(s3.path("in/a.txt"), workspace.datastores).startswith("md5:")


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [("gs://b/x", "gcsfs", "gcs"), ("s3://b/x", "s3fs", "s3"), ("az://b", "adlfs", "azure-storage")],
)
def test_a_package_that_is_missing_is_named(workspace, monkeypatch, url, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, url.partition(":")[0], raising=False)
    with pytest.raises(DatastoreError, match=rf"pip install 'penstock\[{extra}\]'"):
        workspace.register_datastore("far", url).list()


def test_a_wrong_key_is_a_refusal_that_shows_no_key(azure, azurite, files, monkeypatch):
    wrong = azurite.replace("AccountKey=Eby8", "AccountKey=Abcd")
    monkeypatch.setenv("TEST_AZURE", wrong)
    for act in (lambda: azure.list("a"), lambda: azure.upload_files([files / "a.txt"])):
        with pytest.raises(DatastoreError, match="refuses access") as caught:
            act()
        assert "Abcd" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("name", ["azure", "s3"])
def test_a_container_that_is_not_there_is_told(name, request, workspace, files):
    store = request.getfixturevalue(name)
    scheme = store.url.partition("://")[0]
    absent = workspace.register_datastore("absent", f"{scheme}://nowhere-at-all/x", **store.options)
    with pytest.raises(DatastoreError, match="its bucket or container is not there. Make it first"):
        absent.upload_files([files / "a.txt"])
    with pytest.raises(DataNotFound):
        absent.list()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_how_far_it_is(memory, files, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    memory.upload_files([files / "a.txt"])
    assert "uploading to memory" in sys.stderr.getvalue()
    memory.upload_files([files / "a.txt"], "quiet", show_progress=False)
    assert sys.stderr.getvalue().count("uploading to memory") >= 1


def test_nothing_is_shown_elsewhere_or_where_it_is_not_wanted(memory, files, monkeypatch, capfd, tmp_path):
    memory.upload(files)
    monkeypatch.setattr(sys, "stderr", Terminal())
    memory.download(tmp_path / "t", show_progress=False)
    assert sys.stderr.getvalue() == "" and capfd.readouterr() == ("", "")


def test_a_bar_goes_where_the_bytes_go(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.bar("data", 100) as advance:
        advance(100)
    assert "100/100 bytes" in sys.stderr.getvalue()


def test_a_blob_has_the_md5_of_its_contents_for_other_tools(azure, files):
    azure.upload_files([files / "a.txt"])
    place = azure.place("a.txt")
    info = place.backend._opened("a.txt")[0].info(place.backend._opened("a.txt")[1])
    assert bytes(info["content_settings"]["content_md5"]) == hashlib.md5(b"first").digest()


def test_a_block_that_is_changed_on_its_way_to_azure_is_refused(azure, files, monkeypatch):
    import aiohttp

    original = aiohttp.ClientSession._request

    def change(session, method, url, **given):
        if method == "PUT" and "blockid=" in str(url):
            given["data"] = b"FIRST"
        return original(session, method, url, **given)

    monkeypatch.setattr(aiohttp.ClientSession, "_request", change)
    with pytest.raises(DatastoreError, match="(?i)md5"):
        azure.upload_files([files / "a.txt"])
    assert not azure.exists("a.txt")


@pytest.mark.filterwarnings("ignore:Sending a large body")
def test_two_that_write_one_file_at_once_leave_one_of_them_whole(azure, tmp_path, workspace):
    for name in "ab":
        (tmp_path / name).write_bytes(name.encode() * 3_000_000)
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda name: copy_files(tmp_path / name, azure.path("x"), workspace.datastores, overwrite=True), "ab"
            )
        )
    assert len(set(materialise(azure.path("x"), workspace.datastores).read_bytes())) == 1
