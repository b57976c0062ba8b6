"""Writing files that are hashed meanwhile."""

from __future__ import annotations

import os
import resource
import threading

import pytest
from blake3 import blake3
from penstock.runtime.store import LocalStore, encode, writing
from penstock.runtime.store.seals import make_seal, verify
from penstock.runtime.store.writing import HASHED_FROM, write_files


@pytest.fixture
def big():
    """Bytes of no regular length that are worth hashing while they are written."""
    return os.urandom(HASHED_FROM + 4321)


def hashing_threads():
    return [thread for thread in threading.enumerate() if thread.name == "penstock-hash"]


def test_a_big_file_is_hashed_while_it_is_written(tmp_path, big, monkeypatch):
    monkeypatch.setattr(writing, "_WRITTEN", 1 << 20)
    found = write_files({"value": [b"head", memoryview(big), b""], "small": [b"few"]}, tmp_path)
    assert found.keys() == {"value"}
    assert found["value"].blake3 == blake3(b"head" + big).hexdigest()
    assert (tmp_path / "value").read_bytes() == b"head" + big
    assert (tmp_path / "small").read_bytes() == b"few"
    assert not hashing_threads()


def test_what_was_hashed_is_not_hashed_again(tmp_path, big, monkeypatch):
    hashed = write_files({"value": [big]}, tmp_path)
    digest = make_seal(tmp_path, {}).digest
    monkeypatch.setattr("penstock.runtime.store.trees.hash_file", lambda *_: pytest.fail("hashed again"))
    assert make_seal(tmp_path, hashed).digest == digest


def test_a_file_that_was_changed_since_is_hashed_again(tmp_path, big):
    store = LocalStore(tmp_path / "store")
    folder = tmp_path / "value"
    folder.mkdir()
    hashed = write_files({"value": [big]}, folder)
    (folder / "value").chmod(0o644)
    with (folder / "value").open("r+b") as file:
        file.write(b"changed")
    digest, _ = store.put(folder, hashed)
    verify(store.get(digest), digest)
    assert make_seal(store.get(digest), {}).digest == digest


def test_what_cannot_be_read_meanwhile_is_hashed_later(tmp_path, big, monkeypatch):
    monkeypatch.setattr(writing, "blake3", lambda: Unwilling())
    assert write_files({"value": [big]}, tmp_path) == {}
    assert (tmp_path / "value").read_bytes() == big


class Unwilling:
    """A hasher that does as a file does that cannot be read."""

    def update(self, _data):
        raise OSError("not now")


@pytest.fixture
def small_disk():
    """A system that writes no more than a part of a file, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HASHED_FROM // 2, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_does_not_fit_on_the_disk_leaves_nobody_hashing(tmp_path, big, small_disk):
    with pytest.raises(OSError, match="File too large"):
        write_files({"value": [big]}, tmp_path)
    assert not hashing_threads()


def test_a_value_that_does_not_fit_is_not_stored(tmp_path, big, small_disk):
    store = LocalStore(tmp_path)
    with pytest.raises(OSError, match="File too large"):
        encode(big, store)
    assert list(store.digests()) == []
    assert list(store.staging.iterdir()) == []
