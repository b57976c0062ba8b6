"""Big files are mapped, small ones read; both are writable, and the file stays as it is."""

from __future__ import annotations

import os

import pytest
from penstock.runtime.store import mapping
from penstock.runtime.store.mapping import MAPPED_FROM, read_shared


@pytest.mark.parametrize("size", [0, 1, MAPPED_FROM - 1, MAPPED_FROM, MAPPED_FROM + 1])
def test_the_bytes_are_those_of_the_file(tmp_path, size):
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    assert read_shared(tmp_path / "a") == data


@pytest.mark.parametrize("size", [10, MAPPED_FROM])
def test_writing_changes_this_copy_only(tmp_path, size):
    (tmp_path / "a").write_bytes(bytes(size))
    (tmp_path / "a").chmod(0o444)
    memory = read_shared(tmp_path / "a")
    memory[3] = 7
    assert (memory[3], read_shared(tmp_path / "a")[3]) == (7, 0)


def test_more_files_than_a_process_may_keep_open_can_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(mapping, "_MOST_MAPPINGS", 3)
    (tmp_path / "a").write_bytes(bytes(MAPPED_FROM))
    before = len(os.listdir("/proc/self/fd"))
    kept = [read_shared(tmp_path / "a") for _ in range(20)]
    assert len(os.listdir("/proc/self/fd")) - before <= 3
    assert len(kept) == 20


def test_a_mapping_that_is_let_go_frees_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(mapping, "_MOST_MAPPINGS", 3)
    (tmp_path / "a").write_bytes(bytes(MAPPED_FROM))
    for _ in range(9):
        memory = read_shared(tmp_path / "a")
    assert not isinstance(memory.obj, bytearray)
