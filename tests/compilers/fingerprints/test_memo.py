"""The persistent memo survives everything but its own loss."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.fingerprints import FileMemo, Fingerprinter, MemoryMemo


def helper(x: int) -> int:
    return x * 2


def entry(x: int) -> int:
    return helper(x)


def test_what_was_put_is_found_by_another_memo(tmp_path: Path) -> None:
    FileMemo(tmp_path).put("key", b"data")
    assert FileMemo(tmp_path).get("key") == b"data"


def test_nothing_is_found_under_another_key(tmp_path: Path) -> None:
    FileMemo(tmp_path).put("key", b"data")
    assert FileMemo(tmp_path).get("other") is None


@given(st.binary(max_size=40))
def test_a_damaged_entry_is_a_miss(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    folder = tmp_path_factory.mktemp("memo")
    FileMemo(folder).put("key", b"data")
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    if garbage != file.read_bytes():
        file.write_bytes(garbage)
        assert FileMemo(folder).get("key") is None


def test_no_temporary_file_stays(tmp_path: Path) -> None:
    FileMemo(tmp_path).put("key", b"data")
    assert [path.name[0] for path in tmp_path.rglob("*") if path.is_file()] != ["."]


def test_a_folder_that_cannot_be_made_makes_it_forget(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memo = FileMemo(tmp_path / "file" / "memo")
    memo.put("key", b"data")
    assert memo.get("key") is None


def test_a_fingerprint_is_the_same_with_and_without_a_memo(tmp_path: Path) -> None:
    warm = [Fingerprinter(memo=FileMemo(tmp_path)).function(entry).digest for _ in range(2)]
    assert {*warm, Fingerprinter().function(entry).digest} == {warm[0]}


def test_a_memo_full_of_nonsense_changes_nothing() -> None:
    class Lying(MemoryMemo):
        def get(self, key: str) -> bytes | None:
            return b'{"definitions": [[1]]}'

    assert Fingerprinter(memo=Lying()).function(entry).digest == Fingerprinter().function(entry).digest
