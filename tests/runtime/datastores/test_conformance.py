"""What every datastore does that can be written to: a folder, memory, Azure, S3."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from penstock import DataPath, copy_files, materialise
from penstock.runtime.datastores import identity
from penstock.runtime.datastores.places import writable
from penstock.runtime.errors import DataExists, DataNotFound, DatastoreError, DatastoreNotFound

NAMES = ("a.txt", "deep/ä b#1%.txt", "empty")


def paths(store, prefix=""):
    return tuple(entry.path for entry in store.list(prefix))


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_folder_is_uploaded_and_comes_back_as_it_was(store, files, tmp_path):
    assert store.upload(files, "in") == DataPath(store.name, "in")
    assert paths(store) == tuple(f"in/{name}" for name in NAMES)
    done = store.download(tmp_path / "back", "in")
    assert contents(tmp_path / "back" / "in") == contents(files)
    assert (done.copied, done.skipped, done.size) == (3, 0, 10)


def test_files_keep_their_paths_from_the_folder_they_have_in_common(store, files):
    store.upload_files([files / "a.txt", files / "deep" / "ä b#1%.txt"], target_path="in")
    assert paths(store) == ("in/a.txt", "in/deep/ä b#1%.txt")


def test_files_keep_their_paths_from_a_root_that_is_named(store, files):
    store.upload_files([str(files / "a.txt")], relative_root=files.parent)
    assert paths(store) == ("files/a.txt",)


def test_one_file_and_a_folder_in_the_list_keep_their_names(store, files):
    store.upload_files([files / "a.txt"], target_path="x")
    store.upload_files([files / "deep"], target_path="y")
    assert paths(store) == ("x/a.txt", "y/deep/ä b#1%.txt")


def test_a_listing_tells_sizes_and_times(store, files):
    store.upload(files)
    (entry,) = store.list("a.txt")
    assert (entry.path, entry.size) == ("a.txt", 5)
    assert entry.modified == pytest.approx((files / "a.txt").stat().st_mtime, abs=120)


def test_a_prefix_is_a_path_and_not_the_beginning_of_a_name(store, files):
    store.upload_files([files / "a.txt"], "data")
    store.upload_files([files / "a.txt"], "data2")
    assert paths(store, "data") == ("data/a.txt",)


def test_what_is_there_with_the_same_contents_is_skipped(store, files, tmp_path):
    store.upload(files, "in")
    before = store.list()
    store.upload(files, "in")
    assert store.list() == before
    store.download(tmp_path, "in")
    assert store.download(tmp_path, "in").skipped == 3


def test_an_upload_that_broke_off_is_finished(store, files, workspace):
    store.upload_files([files / "a.txt"], "in")
    done = copy_files(files, store.path("in"), workspace.datastores)
    assert (done.copied, done.skipped) == (2, 1)
    assert paths(store, "in") == tuple(f"in/{name}" for name in NAMES)


@pytest.mark.parametrize("text", ["other", "longer than before"])
def test_other_contents_are_not_overwritten_unless_that_is_said(store, files, text):
    store.upload_files([files / "a.txt"])
    (files / "a.txt").write_text(text)
    (files / "new").touch()
    with pytest.raises(DataExists, match=r"a\.txt\. Nothing was written; say overwrite=True"):
        store.upload(files)
    assert paths(store) == ("a.txt",)
    store.upload(files, overwrite=True)
    assert store.list("a.txt")[0].size == len(text)


def test_other_contents_here_are_not_overwritten_unless_that_is_said(store, files, tmp_path):
    store.upload_files([files / "a.txt"])
    (tmp_path / "a.txt").write_text("mine!")
    with pytest.raises(DataExists):
        store.download(tmp_path, "a.txt")
    assert (tmp_path / "a.txt").read_text() == "mine!"
    store.download(tmp_path, "a.txt", overwrite=True)
    assert (tmp_path / "a.txt").read_text() == "first"


def test_files_and_folders_exist_and_are_deleted(store, files):
    store.upload(files, "in")
    assert store.exists("in") and store.exists("in/a.txt") and not store.exists("in/a")
    assert (store.delete("in/a.txt"), store.delete("in")) == (1, 2)
    assert not store.exists("in")


def test_what_is_not_there_is_not_found(store, tmp_path):
    for act in (store.list, store.delete, lambda path: store.download(tmp_path, path)):
        with pytest.raises(DataNotFound, match=f"no file and no folder datastore://{store.name}/nowhere"):
            act("nowhere")


def test_all_of_a_datastore_is_not_deleted(store, files):
    store.upload(files)
    with pytest.raises(DatastoreError, match="all of it is refused"):
        store.delete("./")
    assert len(store.list()) == 3


def test_big_files_arrive_whole_in_blocks(store, tmp_path, workspace):
    data = bytes(range(256)) * ((40 << 20) // 256) + b"the end"
    (tmp_path / "big").write_bytes(data)
    store.upload_files([tmp_path / "big"])
    assert store.list("big")[0].size == len(data)
    assert copy_files(tmp_path / "big", store.path("big"), workspace.datastores).skipped == 1
    assert materialise(store.path("big"), workspace.datastores).read_bytes() == data


class Broken:
    """A stream that fails in the middle, after more than one block."""

    size, blake3 = 40 << 20, "blake3:00"

    def __iter__(self):
        yield b"x" * (20 << 20)
        raise DatastoreError("the source is gone")


def test_half_a_file_is_never_seen(store):
    place = store.place("half")
    with pytest.raises(DatastoreError, match="the source is gone"):
        writable(place).write("half", Broken())
    assert not store.exists("half")
    assert place.backend.stat("half") is None


def test_a_file_that_is_replaced_badly_stays_as_it_was(store, files):
    store.upload_files([files / "a.txt"])
    with pytest.raises(DatastoreError, match="the source is gone"):
        writable(store.place("a.txt")).write("a.txt", Broken())
    assert store.list("a.txt")[0].size == 5


def test_a_file_is_materialised_under_its_name_to_be_read_only(store, files, workspace):
    store.upload(files, "in")
    path = materialise(store.path("in/deep/ä b#1%.txt"), workspace.datastores)
    assert (path.name, path.read_text()) == ("ä b#1%.txt", "third")
    assert store.name == "folder" or not path.stat().st_mode & 0o222


def test_a_folder_is_materialised_under_its_name(store, files, workspace):
    store.upload(files, "in")
    path = materialise(store.path("in"), workspace.datastores)
    assert (path.name, contents(path)) == ("in", contents(files))


def test_what_is_replaced_is_materialised_anew(store, files, workspace):
    store.upload(files, "in")
    before = materialise(store.path("in"), workspace.datastores)
    (files / "a.txt").write_text("1st??")
    store.upload(files, "in", overwrite=True)
    after = materialise(store.path("in"), workspace.datastores)
    assert (after / "a.txt").read_text() == "1st??"
    assert store.name == "folder" or (before / "a.txt").read_text() == "first"


def test_equal_contents_have_one_identity_in_one_store(store, files, workspace):
    for place in ("in", "again"):
        store.upload(files, place)
    both = [identity(store.path(f"{place}"), workspace.datastores) for place in ("in", "again")]
    files_too = [identity(store.path(f"{place}/a.txt"), workspace.datastores) for place in ("in", "again")]
    assert both[0] == both[1] and files_too[0] == files_too[1]


def test_the_identity_follows_contents_and_names(store, files, workspace):
    store.upload(files, "in")
    found = {identity(store.path("in"), workspace.datastores)}
    (files / "a.txt").write_text("1st??")
    store.upload(files, "in", overwrite=True)
    found.add(identity(store.path("in"), workspace.datastores))
    store.delete("in/empty")
    found.add(identity(store.path("in"), workspace.datastores))
    assert len(found) == 3


def test_many_materialise_one_place_at_once_and_all_get_it(store, files, workspace):
    store.upload(files, "in")
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: materialise(store.path("in"), workspace.datastores), range(16)))
    assert {tuple(sorted(contents(path).items())) for path in found} == {tuple(sorted(contents(files).items()))}
    assert len(found) == 1


@pytest.mark.filterwarnings("ignore:Sending a large body")
def test_files_are_copied_between_any_two(store, files, workspace, folder, memory):
    store.upload(files, "in")
    for name, other in workspace.datastores.items():
        done = copy_files(store.path("in"), other.path("copied"), workspace.datastores)
        assert (name, done.copied, paths(other, "copied")) == (name, 3, tuple(f"copied/{one}" for one in NAMES))
        assert copy_files(store.path("in"), other.path("copied"), workspace.datastores).skipped == 3
        assert materialise(other.path("copied/a.txt"), workspace.datastores).read_text() == "first"


def test_a_file_that_is_copied_gets_the_name_of_the_target(store, files, workspace):
    copy_files(files / "a.txt", store.path("x/b.txt"), workspace.datastores)
    assert paths(store) == ("x/b.txt",)
    with pytest.raises(DatastoreError, match="needs a name"):
        copy_files(files / "a.txt", store.path(), workspace.datastores)


def test_a_datastore_comes_back_from_another_process_without_its_secrets(store, files):
    store.upload(files)
    sent = pickle.dumps(store)
    assert pickle.loads(sent) == store
    assert paths(pickle.loads(sent)) == NAMES
    assert b"a-secret-that" not in sent and b"Eby8vdM02xNO" not in sent


def test_it_is_found_by_its_name(store, workspace):
    assert workspace.datastores[store.name] == store
    with pytest.raises(DatastoreNotFound, match=f"no datastore 'nope'; there are: {store.name}, workspace"):
        materialise(DataPath("nope", "x"), workspace.datastores)
