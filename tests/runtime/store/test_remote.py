"""The remote store under broken uploads, lost files and failing file systems."""

from __future__ import annotations

import pickle

import pytest
from penstock.runtime.errors import ArtifactNotFound, CorruptArtifact, StoreError
from penstock.runtime.store import RemoteStore


@pytest.fixture
def store(tmp_path):
    return RemoteStore(f"file://{tmp_path}/far", tmp_path / "cache")


def put(store, **files):
    folder = store.staging / "draft"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return store.put(folder)[0]


def elsewhere(store, tmp_path):
    return RemoteStore(store.url, tmp_path / "cache of another machine")


def far(tmp_path, digest):
    return tmp_path / "far" / digest[:2] / digest


def test_another_machine_reads_what_was_put(store, tmp_path):
    digest = put(store, a="one")
    assert (elsewhere(store, tmp_path).get(digest) / "a").read_text() == "one"


def test_what_was_read_once_is_read_from_the_cache(store, tmp_path):
    digest = put(store, a="one")
    other = elsewhere(store, tmp_path)
    other.get(digest)
    (far(tmp_path, digest) / "a").unlink()
    assert (other.get(digest) / "a").read_text() == "one"


@pytest.mark.parametrize("seal", [None, b"", b'{"version": 1, "fil'])
def test_an_unfinished_upload_is_not_there_and_the_next_put_finishes_it(store, tmp_path, seal):
    digest = put(store, a="one")
    path = far(tmp_path, digest) / ".seal"
    path.unlink() if seal is None else path.write_bytes(seal)
    other = elsewhere(store, tmp_path)
    assert not other.has(digest)
    with pytest.raises(ArtifactNotFound):
        other.get(digest)
    put(store, a="one")
    assert (other.get(digest) / "a").read_text() == "one"


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("two")])
def test_damage_far_away_is_found_reported_and_from_then_on_a_miss(store, tmp_path, damage):
    digest = put(store, a="one")
    damage(far(tmp_path, digest) / "a")
    other = elsewhere(store, tmp_path)
    with pytest.raises(CorruptArtifact):
        other.get(digest)
    assert not other.has(digest)
    assert list(other.staging.iterdir()) == []


def test_a_put_completes_an_upload_of_the_wrong_size(store, tmp_path):
    digest = put(store, a="one")
    (far(tmp_path, digest) / "a").write_text("o")
    put(store, a="one")
    assert (far(tmp_path, digest) / "a").read_text() == "one"


def test_a_damaged_cache_is_filled_again(store):
    digest = put(store, a="one")
    path = store.get(digest) / "a"
    path.chmod(0o644)
    path.write_text("two")
    assert (store.get(digest) / "a").read_text() == "one"


def test_a_failing_file_system_is_named(tmp_path):
    (tmp_path / "far").write_text("a file where the store should be")
    store = RemoteStore(f"file://{tmp_path}/far", tmp_path / "cache")
    with pytest.raises(StoreError, match=f"the store at file://{tmp_path}/far failed"):
        put(store, a="one")


def test_an_unknown_scheme_is_named(tmp_path):
    with pytest.raises(StoreError, match="nosuch://there failed: .*nosuch"):
        RemoteStore("nosuch://there", tmp_path).has("0" * 64)


def test_a_store_travels_to_workers(store):
    assert pickle.loads(pickle.dumps(store)) == store


def test_options_do_not_show_in_messages(tmp_path):
    assert "hunter2" not in repr(RemoteStore("s3://bucket", tmp_path, {"secret": "hunter2"}))
