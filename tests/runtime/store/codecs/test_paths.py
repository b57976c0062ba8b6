"""Files and folders are stored by their contents, moved out of the scratch folder, copied from anywhere else."""

from __future__ import annotations

import os
import socket
from pathlib import Path, PurePosixPath

import pytest
from penstock.runtime.errors import StoreError
from penstock.runtime.store import LocalStore, decode, encode


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    (folder / "data" / "sub" / "empty").mkdir(parents=True)
    (folder / "data" / "sub" / "run.sh").write_text("#!/bin/sh")
    (folder / "data" / "sub" / "run.sh").chmod(0o750)
    (folder / "model.pkl").write_bytes(b"weights")
    return folder


def test_a_file_keeps_its_name(store, scratch):
    back = decode(encode(scratch / "model.pkl", store), store)
    assert (type(back), back.name, back.read_bytes()) == (type(scratch), "model.pkl", b"weights")


def test_a_folder_keeps_its_structure_and_executable_bits(store, scratch):
    back = decode(encode(scratch / "data", store), store)
    assert sorted(str(path.relative_to(back)) for path in back.rglob("*")) == ["sub", "sub/empty", "sub/run.sh"]
    assert os.access(back / "sub" / "run.sh", os.X_OK)


def test_what_is_read_cannot_be_changed_by_mistake(store, scratch):
    back = decode(encode(scratch / "data", store), store)
    modes = [
        path.stat().st_mode & 0o222 for path in (back, back / "sub", back / "sub" / "empty", back / "sub" / "run.sh")
    ]
    assert modes == [0, 0, 0, 0]


def test_from_the_scratch_folder_files_are_moved(store, scratch):
    inode = (scratch / "model.pkl").stat().st_ino
    assert decode(encode(scratch / "model.pkl", store, scratch=scratch), store).stat().st_ino == inode
    encode(scratch / "data", store, scratch=scratch)
    assert list(scratch.iterdir()) == []


def test_from_anywhere_else_files_are_copied(store, scratch, tmp_path):
    for other in (None, tmp_path / "other", scratch / "data"):
        encode(scratch / "model.pkl", store, scratch=other)
    encode(scratch, store, scratch=scratch)
    assert (scratch / "model.pkl").exists()
    assert (scratch / "data" / "sub" / "run.sh").stat().st_mode & 0o777 == 0o750


def test_a_file_with_a_second_name_is_copied(store, scratch):
    os.link(scratch / "model.pkl", scratch / "second")
    artifact = encode(scratch / "model.pkl", store, scratch=scratch)
    (scratch / "second").write_bytes(b"changed")
    assert decode(artifact, store).read_bytes() == b"weights"


def test_the_name_of_a_folder_does_not_count_but_that_of_a_file_does(store, scratch):
    (scratch / "data").rename(scratch / "tmp123")
    first = encode(scratch / "tmp123", store)
    (scratch / "tmp123").rename(scratch / "tmp456")
    assert encode(scratch / "tmp456", store).digest == first.digest
    (scratch / "copy.pkl").write_bytes(b"weights")
    assert encode(scratch / "copy.pkl", store).digest != encode(scratch / "model.pkl", store).digest


@pytest.mark.parametrize("movable", [True, False])
def test_links_are_followed(store, scratch, movable):
    (scratch / "data" / "link").symlink_to("../model.pkl")
    (scratch / "whole").symlink_to("data")
    back = decode(encode(scratch / "whole", store, scratch=scratch if movable else None), store)
    assert (back / "link").read_bytes() == b"weights"
    assert not (back / "link").is_symlink()
    assert (scratch / "model.pkl").exists()


def test_a_link_to_a_file_keeps_the_name_of_the_link(store, scratch):
    (scratch / "latest").symlink_to("model.pkl")
    assert decode(encode(scratch / "latest", store, scratch=scratch), store).name == "latest"


def test_a_missing_path_is_named(store):
    with pytest.raises(StoreError, match=r"the path models/best\.pkl does not exist.*write the file"):
        encode(Path("models/best.pkl"), store)


def test_a_broken_link_is_named_with_its_target(store, scratch):
    (scratch / "data" / "link").symlink_to("nowhere")
    with pytest.raises(StoreError, match="data/link is a link to nowhere, which does not exist"):
        encode(scratch / "data", store, scratch=scratch)
    assert (scratch / "data" / "sub" / "run.sh").exists()


def test_links_without_an_end_are_refused(store, scratch):
    (scratch / "data" / "loop").symlink_to("..")
    (scratch / "data" / "self").symlink_to("self")
    with pytest.raises(StoreError, match=r"has no end|levels of symbolic links"):
        encode(scratch, store)


def test_sockets_and_pipes_are_refused(store, scratch):
    os.mkfifo(scratch / "data" / "pipe")
    with pytest.raises(StoreError, match="pipe is a device, pipe or socket"):
        encode(scratch / "data", store, scratch=scratch)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(scratch / "listener"))
        with pytest.raises(StoreError, match="listener is a device, pipe or socket"):
            encode(scratch / "listener", store)


def test_a_refused_path_leaves_nothing_in_the_store(store, scratch):
    (scratch / "data" / "link").symlink_to("nowhere")
    with pytest.raises(StoreError):
        encode([scratch / "model.pkl", scratch / "data"], store)
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_path_into_the_store_can_be_passed_on(store, scratch):
    artifact = encode(scratch / "data", store)
    again = encode(decode(artifact, store), store, scratch=scratch)
    assert again.digest == artifact.digest
    assert (decode(artifact, store) / "sub" / "run.sh").exists()


def test_pure_paths_are_values(store):
    assert decode(encode(PurePosixPath("/nowhere"), store), store) == PurePosixPath("/nowhere")
