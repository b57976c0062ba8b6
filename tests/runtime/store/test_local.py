"""The local store under copied, touched and damaged folders, full disks and killed processes."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from penstock.runtime.errors import ArtifactNotFound, CorruptArtifact, StoreError
from penstock.runtime.store import LocalStore, seals
from penstock.runtime.store.staging import fresh_name

WRITER = """
import sys
from pathlib import Path
from penstock.runtime.store import LocalStore
from penstock.runtime.store.staging import new_folder
store = LocalStore(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    folder = new_folder(store.staging)
    for number in range(20):
        (folder / str(number)).write_bytes(bytes(100_000))
    store.put(folder)
    store.delete(next(iter(store.digests()))) if len(sys.argv) > 2 else None
"""


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


def put(store, **files):
    folder = store.staging / "draft"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return store.put(folder)[0]


def test_an_untouched_artifact_is_not_hashed_again(store, monkeypatch):
    digest = put(store, a="one")
    monkeypatch.setattr(seals, "describe", lambda *_: pytest.fail("hashed"))
    assert (store.get(digest) / "a").read_text() == "one"


def test_a_copied_workspace_is_hashed_once_and_sealed_anew(store, tmp_path, monkeypatch):
    digest = put(store, a="one")
    shutil.copytree(store.root, tmp_path / "copy")
    copy = LocalStore(tmp_path / "copy")
    copy.get(digest)
    monkeypatch.setattr(seals, "describe", lambda *_: pytest.fail("hashed"))
    assert (copy.get(digest) / "a").read_text() == "one"


@pytest.mark.parametrize("seal", [b"", b"{", b"[]", b'{"version": 9}', b"\xff", b'{"version": 1, "digest": "x"}', None])
def test_a_lost_or_broken_seal_is_made_anew(store, seal):
    digest = put(store, a="one")
    path = store.get(digest) / ".seal"
    path.unlink()
    if seal is not None:
        path.write_bytes(seal)
    assert (store.get(digest) / "a").read_text() == "one"
    assert digest in path.read_text()


def test_a_change_that_keeps_size_and_time_is_seen(store):
    digest = put(store, a="one")
    path = store.get(digest) / "a"
    before = path.stat()
    path.chmod(0o644)
    path.write_text("two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(CorruptArtifact, match="a was changed"):
        store.get(digest)


def test_truncated_added_and_missing_files_are_named(store):
    digest = put(store, a="one", b="two")
    place = store.get(digest)
    os.truncate(place / "a", 1)
    (place / "b").unlink()
    (place / "c").write_text("")
    with pytest.raises(CorruptArtifact, match="b is missing, c was added, a has 1 bytes instead of 3"):
        store.get(digest)


def test_an_artifact_under_another_name_is_corrupt(store):
    first, second = put(store, a="one"), put(store, a="two")
    shutil.rmtree(store.get(second))
    shutil.copytree(store.get(first), store.root / second[:2] / second)
    with pytest.raises(CorruptArtifact):
        store.get(second)


def test_a_file_in_the_place_of_an_artifact_is_not_found(store):
    (store.root / "00").mkdir(parents=True)
    (store.root / "00" / ("0" * 64)).write_text("")
    with pytest.raises(ArtifactNotFound):
        store.get("0" * 64)


def test_a_read_only_workspace_still_reads(store, tmp_path, monkeypatch):
    digest = put(store, a="one")
    os.utime(store.get(digest) / "a", ns=(1, 1))
    monkeypatch.setattr(seals.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only")))
    assert (store.get(digest) / "a").read_text() == "one"


def test_a_full_disk_says_where_and_leaves_nothing(store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("penstock.runtime.store.local.write_seal", full)
    with pytest.raises(
        StoreError, match="the disk is full: more than the .* that are free are needed in .*store"
    ) as caught:
        put(store, a="one")
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_put_from_another_file_system_copies(store, tmp_path, monkeypatch):
    (tmp_path / "far" / "sub" / "empty").mkdir(parents=True)
    (tmp_path / "far" / "sub" / "tool").write_text("#!")
    (tmp_path / "far" / "sub" / "tool").chmod(0o755)
    rename = os.rename

    def guarded(source, target):
        if str(source) == str(tmp_path / "far"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, target)

    monkeypatch.setattr("penstock.runtime.store.local.os.rename", guarded)
    place = store.get(store.put(tmp_path / "far")[0])
    assert os.access(place / "sub" / "tool", os.X_OK)
    assert (place / "sub" / "empty").is_dir()
    assert not (tmp_path / "far").exists()


def test_a_killed_writer_leaves_only_leftovers_that_sweeping_removes(store):
    process = subprocess.Popen([sys.executable, "-c", WRITER, store.root, "delete"], stdout=subprocess.PIPE)
    with process:
        process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
    for digest in store.digests():
        store.get(digest)
    store.sweep(older_than=-60)
    assert list(store.staging.iterdir()) == []


def test_processes_that_put_and_delete_the_same_artifact_never_corrupt_it(store):
    arguments = [sys.executable, "-c", WRITER, str(store.root)]
    processes = [subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        process.stdout.readline()
    for _ in range(20):
        for digest in list(store.digests()):
            store.get(digest)
        time.sleep(0.02)
    assert [process.poll() for process in processes] == [None] * 3
    for process in processes:
        process.kill()
        process.communicate()


def test_young_leftovers_are_left_alone(store):
    (store.staging / "young").mkdir(parents=True)
    assert store.sweep() == 0
    assert (store.staging / "young").exists()


def test_old_leftovers_with_read_only_folders_are_removed(store):
    folder = store.staging / "old" / "sub"
    folder.mkdir(parents=True)
    (folder / "file").write_text("")
    folder.chmod(0o555)
    assert store.sweep(older_than=-60) == 1
    assert list(store.staging.iterdir()) == []


def test_the_top_folder_stays_writable_so_that_a_workspace_can_be_removed(store):
    assert store.get(put(store, a="one")).stat().st_mode & 0o200


def test_an_artifact_that_is_used_while_it_expires_is_put_back(store, monkeypatch):
    digest = put(store, a="one")
    os.utime(store.root / digest[:2] / digest, (1, 1))
    rename = os.rename

    def used_before(source, target):
        monkeypatch.undo()
        store.get(digest)
        rename(source, target)

    monkeypatch.setattr("penstock.runtime.store.local.os.rename", used_before)
    assert not store.expire(digest, unused_since=1000.0)
    assert (store.get(digest) / "a").read_text() == "one"
    assert list(store.staging.iterdir()) == []


def test_an_artifact_that_expires_while_it_is_put_is_stored_anew(store, monkeypatch):
    digest = put(store, a="one")
    os.utime(store.root / digest[:2] / digest, (1, 1))
    utime = os.utime

    def expired_before(place):
        monkeypatch.undo()
        assert store.expire(digest, unused_since=1000.0)
        utime(place)

    monkeypatch.setattr("penstock.runtime.store.local.os.utime", expired_before)
    assert put(store, a="one") == digest
    assert (store.get(digest) / "a").read_text() == "one"


def test_an_artifact_that_expires_while_it_is_got_is_not_found(store, monkeypatch):
    digest = put(store, a="one")
    monkeypatch.setattr("penstock.runtime.store.local.os.utime", lambda _: (_ for _ in ()).throw(FileNotFoundError()))
    with pytest.raises(ArtifactNotFound):
        store.get(digest)


def test_leftovers_of_a_process_that_may_be_there_are_left_for_a_day(store):
    mine, gone = fresh_name(store.staging), store.staging / fresh_name(Path()).name.replace(str(os.getpid()), "4194999")
    unknown = store.staging / "4194999--ab"
    for folder in (mine, gone, unknown):
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - 7200,) * 2)
    assert list(store.leftovers(older_than=3600)) == [gone]
    for folder in (mine, unknown):
        os.utime(folder, (1, 1))
    assert set(store.leftovers(older_than=3600)) == {mine, gone, unknown}
