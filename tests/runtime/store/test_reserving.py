"""Reserving the space of big files."""

from __future__ import annotations

import os

import pytest
from penstock.runtime.store import reserving, writing
from penstock.runtime.store.reserving import reserve

SIZE = 1 << 20


@pytest.fixture
def any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserving, "RESERVED_FROM", 1)


def test_reserved_space_belongs_to_the_file_and_is_no_part_of_it(tmp_path, any_size):
    with (tmp_path / "file").open("wb") as file:
        reserve(file.fileno(), SIZE)
        found = os.fstat(file.fileno())
    assert found.st_size == 0
    if found.st_blocks == 0:
        pytest.skip("this file system reserves nothing")
    assert found.st_blocks * 512 >= SIZE


def test_a_file_that_is_written_into_reserved_space_holds_what_was_written(tmp_path, any_size):
    big = os.urandom(writing.HASHED_FROM + 99)
    found = writing.write_files({"value": [b"head", big]}, tmp_path)
    assert (tmp_path / "value").read_bytes() == b"head" + big
    assert found["value"].stamp == writing.stamp(os.stat(tmp_path / "value"))


@pytest.mark.parametrize("size", [1, 1 << 62])
def test_nothing_happens_where_it_is_not_worth_it_or_not_possible(tmp_path, size):
    with (tmp_path / "file").open("wb") as file:
        reserve(file.fileno(), size)
        assert (os.fstat(file.fileno()).st_size, os.fstat(file.fileno()).st_blocks) == (0, 0)


def test_other_systems_reserve_nothing(tmp_path, any_size, monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    reserving._fallocate.cache_clear()
    with (tmp_path / "file").open("wb") as file:
        reserve(file.fileno(), SIZE)
        assert os.fstat(file.fileno()).st_blocks == 0
    reserving._fallocate.cache_clear()
