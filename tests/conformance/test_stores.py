"""What every store of artifacts does, whatever keeps the files."""

from __future__ import annotations

import stat
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from penstock.runtime.errors import ArtifactNotFound, CorruptArtifact, StoreError
from penstock.runtime.store import LocalStore, RemoteStore, open_store
from penstock.runtime.store.artifacts import Expiring

STORES: dict[str, Callable[[Path], LocalStore | RemoteStore]] = {
    "local": lambda folder: LocalStore(folder / "store"),
    "file": lambda folder: RemoteStore(f"file://{folder / 'far'}", folder / "cache"),
    "memory": lambda folder: RemoteStore(f"memory://{uuid.uuid4().hex}/artifacts", folder / "cache"),
    "opened": lambda folder: open_store(f"file://{folder / 'far'}", folder / "cache"),  # type: ignore[dict-item,return-value]
}
ABSENT = "0" * 64


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LocalStore | RemoteStore:
    return STORES[request.param](tmp_path)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    def folder(**files: str) -> Path:
        made = tmp_path / uuid.uuid4().hex
        for name, text in files.items():
            path = made / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return made

    return folder


def test_what_was_put_is_got_back(store, make):
    digest, size = store.put(make(a="one", sub__b="two2"))
    place = store.get(digest)
    assert ((place / "a").read_text(), (place / "sub/b").read_text(), size) == ("one", "two2", 7)


def test_putting_moves_the_folder(store, make):
    folder = make(a="one")
    store.put(folder)
    assert not folder.exists()


def test_equal_contents_have_one_digest_and_are_kept_once(store, make):
    assert store.put(make(a="one"))[0] == store.put(make(a="one"))[0]
    assert len(list(store.digests())) == 1


@pytest.mark.parametrize("files", [{"a": "two"}, {"b": "one"}, {"a": "one", "b": ""}, {"sub__a": "one"}])
def test_other_contents_have_another_digest(store, make, files):
    assert store.put(make(a="one"))[0] != store.put(make(**files))[0]


def test_the_executable_bit_is_part_of_an_artifact(store, make):
    tool, text = make(a="one"), make(a="one")
    (tool / "a").chmod(0o755)
    digest = store.put(tool)[0]
    assert digest != store.put(text)[0]
    assert stat.S_IMODE((store.get(digest) / "a").stat().st_mode) == 0o555


def test_empty_folders_are_kept(store, make):
    folder = make(a="one")
    (folder / "sub" / "empty").mkdir(parents=True)
    assert (store.get(store.put(folder)[0]) / "sub" / "empty").is_dir()


def test_an_empty_folder_is_an_artifact(store, tmp_path):
    (tmp_path / "nothing").mkdir()
    digest, size = store.put(tmp_path / "nothing")
    assert (store.get(digest).is_dir(), size) == (True, 0)


def test_names_may_be_any_text(store, make):
    names = ["ä b.txt", "100%.csv", "#1", "日本", "line\nbreak", "[x]*?"]
    place = store.get(store.put(make(**{name: name for name in names}))[0])
    assert {path.name for path in place.iterdir()} - {".seal"} == set(names)


def test_an_absent_artifact_is_not_found(store):
    assert not store.has(ABSENT)
    with pytest.raises(ArtifactNotFound, match="000000000000"):
        store.get(ABSENT)


@pytest.mark.parametrize("digest", ["", "..", "../../etc", "zz" * 32, "AB" * 32])
def test_what_is_no_digest_never_becomes_a_path(store, digest):
    assert not store.has(digest)
    store.delete(digest)
    with pytest.raises(ArtifactNotFound):
        store.get(digest)


def test_a_deleted_artifact_is_gone_and_can_be_put_again(store, make):
    digest, _ = store.put(make(a="one", sub__b="two"))
    store.delete(digest)
    assert not store.has(digest)
    assert list(store.digests()) == []
    assert store.put(make(a="one", sub__b="two"))[0] == digest
    assert (store.get(digest) / "a").read_text() == "one"


def test_deleting_what_is_absent_does_nothing(store):
    store.delete(ABSENT)


def test_files_are_read_only(store, make):
    place = store.get(store.put(make(a="one", sub__b="two"))[0])
    assert not (place / "a").stat().st_mode & 0o222
    assert not (place / "sub").stat().st_mode & 0o222


def test_many_puts_of_one_artifact_at_once_leave_one(store, make):
    folders = [make(a="x" * 50_000, sub__b="y") for _ in range(16)]
    with ThreadPoolExecutor(8) as pool:
        digests = {digest for digest, _ in pool.map(store.put, folders)}
    assert set(store.digests()) == digests
    assert (store.get(digests.pop()) / "a").stat().st_size == 50_000


def test_a_link_is_refused_and_nothing_is_left(store, make):
    folder = make(a="one")
    (folder / "link").symlink_to("a")
    with pytest.raises(StoreError, match="link is neither a file nor a folder"):
        store.put(folder)
    assert list(store.staging.glob("*")) == []


def test_a_missing_folder_is_refused(store, tmp_path):
    with pytest.raises(StoreError, match="there is no folder"):
        store.put(tmp_path / "absent")


def test_a_changed_artifact_is_corrupt_and_healed_by_the_next_put(store, make):
    digest, _ = store.put(make(a="one"))
    for path in _copies(store, digest):
        path.chmod(0o644)
        path.write_text("two")
    _damage_memory(store, digest)
    with pytest.raises(CorruptArtifact, match="run the step that makes it again"):
        store.get(digest)
    store.put(make(a="one"))
    assert (store.get(digest) / "a").read_text() == "one"


def _copies(store, digest):
    roots = [store.root] if isinstance(store, LocalStore) else [store.cache.root, Path(store.url.partition("://")[2])]
    return [path for root in roots for path in root.glob(f"*/{digest}/a")]


def _damage_memory(store, digest):
    if isinstance(store, RemoteStore) and store.url.startswith("memory"):
        import fsspec

        (path,) = fsspec.filesystem("memory").glob(f"{store.url.partition('://')[2]}/*/{digest}/a")
        fsspec.filesystem("memory").pipe_file(path, b"two")


def test_what_is_held_is_described_but_for_what_somebody_knows_already(store, make):
    known, _ = store.put(make(a="one"))
    digest, size = store.put(make(a="two", sub__b="three"))
    (held,) = store.held(besides={known})
    assert (held.digest, held.size >= size) == (digest, True)
    assert abs(held.used - store.clock()) < 60


def test_an_artifact_that_nobody_uses_expires_once(store, make):
    digest, _ = store.put(make(a="one", sub__b="two"))
    assert store.expire(digest, unused_since=store.clock() + 60)
    assert not store.expire(digest, unused_since=store.clock() + 60)
    assert (store.has(digest), list(store.digests()), list(store.staging.glob("*"))) == (False, [], [])


def test_an_artifact_that_was_put_since_does_not_expire(store, make):
    digest, _ = store.put(make(a="one"))
    assert not store.expire(digest, unused_since=store.clock() - 60)
    assert (store.get(digest) / "a").read_text() == "one"


@pytest.mark.parametrize("use", ["put", "get"])
def test_putting_and_getting_an_artifact_again_keeps_it_from_expiring(store, make, use):
    digest, _ = store.put(make(a="one"))
    time.sleep(0.03)  # file systems keep time in steps of some milliseconds
    since = store.clock()
    assert all(held.used < since for held in store.held(besides=()))
    store.put(make(a="one")) if use == "put" else store.get(digest)
    assert [held.used >= since for held in store.held(besides=())] == [True]
    assert not store.expire(digest, unused_since=since)


def test_what_is_no_digest_never_expires(store, tmp_path):
    (tmp_path / "store" / "tmp").mkdir(parents=True)
    assert not store.expire("../tmp", unused_since=store.clock() + 60)
    assert (tmp_path / "store" / "tmp").exists()


def test_an_empty_store_holds_nothing(store):
    assert (list(store.held(besides=())), list(store.leftovers())) == ([], [])


def test_every_store_can_be_cleaned(store):
    assert isinstance(store, Expiring)
