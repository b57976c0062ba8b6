"""A full disk is explained, any other trouble left alone."""

from __future__ import annotations

import errno
from collections import namedtuple

import pytest
from penstock.runtime.errors import StoreError
from penstock.runtime.store import space
from penstock.runtime.store.space import explaining_full_disk, readable_size

Usage = namedtuple("Usage", "free")


def test_what_is_needed_free_and_missing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: Usage(2_000_000))
    expected = r"12\.3 MB are needed, 2\.0 MB are free in .*not made yet, 10\.3 MB are missing"
    with pytest.raises(StoreError, match=expected), explaining_full_disk(tmp_path / "not made yet", 12_345_678):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_quota_counts_as_a_full_disk(tmp_path):
    with pytest.raises(StoreError, match="the disk is full: more than the"), explaining_full_disk(tmp_path):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")


def test_other_errors_pass(tmp_path):
    with pytest.raises(PermissionError), explaining_full_disk(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345, "12.3 kB"), (5e15, "5000.0 TB")]
)
def test_sizes_are_written_for_people(size, text):
    assert readable_size(size) == text
