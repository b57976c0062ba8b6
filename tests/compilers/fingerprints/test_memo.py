"""The persistent memo survives everything but its own loss."""

from __future__ import annotations

import json
import subprocess
import sys
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


def filled(folder: Path, count: int = 5) -> Path:
    """Put entries into a memo, and return its file."""
    for number in range(count):
        FileMemo(folder).put(f"key {number}", f"data {number}".encode() * 9)
    return folder / "parsed"


def kept(folder: Path, count: int = 5) -> list[int]:
    """Return the numbers of the entries that are there, each of which has to be right."""
    memo = FileMemo(folder)
    found = {number: memo.get(f"key {number}") for number in range(count)}
    assert all(data in (None, f"data {number}".encode() * 9) for number, data in found.items())
    return [number for number, data in found.items() if data is not None]


@given(st.data())
def test_a_memo_cut_off_anywhere_keeps_what_is_whole(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("memo")
    file = filled(folder)
    size = file.stat().st_size
    end = data.draw(st.integers(0, size))
    file.write_bytes(file.read_bytes()[:end])
    assert kept(folder) == list(range(end * 5 // size))


@given(st.data())
def test_damage_to_one_entry_costs_no_other(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("memo")
    file = filled(folder)
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    assert {*range(5)} - {*kept(folder)} <= {place * 5 // len(content), place * 5 // len(content) + 1}


def test_what_was_lost_is_found_again_once_it_is_put(tmp_path: Path) -> None:
    file = filled(tmp_path)
    file.write_bytes(file.read_bytes()[:-1])
    FileMemo(tmp_path).put("key 4", b"data 4" * 9)
    assert kept(tmp_path) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "rubbish", [b"SQLite format 3\0" * 9, b"\xf5penmemo", b"\xf5penmemo" + b"\xff" * 80, b"\0" * 200]
)
def test_what_another_version_wrote_is_passed_over(tmp_path: Path, rubbish: bytes) -> None:
    file = filled(tmp_path)
    file.write_bytes(rubbish + file.read_bytes())
    assert kept(tmp_path) == [0, 1, 2, 3, 4]


WRITING = """
import sys
from penstock.compilers.fingerprints import FileMemo
memo = FileMemo(sys.argv[1], largest=int(sys.argv[3]))
for number in range(int(sys.argv[2]), 400, 2):
    memo.put(f"key {number}", f"data {number}".encode() * 9)
"""


@pytest.mark.parametrize(("largest", "least"), [(1 << 26, 400), (9_000, 1)])
def test_processes_that_write_at_once_write_nothing_wrong(tmp_path: Path, largest: int, least: int) -> None:
    command = [sys.executable, "-c", WRITING, str(tmp_path)]
    both = [subprocess.Popen([*command, str(number), str(largest)]) for number in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert len(kept(tmp_path, 400)) >= least


def test_a_memo_that_grew_too_large_keeps_what_is_in_use(tmp_path: Path) -> None:
    file = filled(tmp_path, 100)
    memo = FileMemo(tmp_path, largest=file.stat().st_size)
    used = [memo.get(f"key {number}") for number in range(0, 100, 10)]
    memo.put("key 100", b"data 100" * 9)
    assert (kept(tmp_path, 101), len(used)) == ([*range(0, 101, 10)], 10)


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


LOADED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import flow
from penstock.compilers.fingerprints import FileMemo, Fingerprinter
found = Fingerprinter(memo=FileMemo(sys.argv[2])).function(flow.train)
modules = [name.rpartition(".")[2] for name in sys.modules if name.startswith("penstock.compilers.fingerprints.")]
print(json.dumps([found.digest, len(found.manifest.definitions), modules, "networkx" in sys.modules]))
"""


def test_a_process_that_finds_everything_in_the_memo_loads_no_parser(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "flow.py").write_text("K = 2\ndef f(x):\n    return x * K\ndef train(x):\n    return f(x)\n")
    command = [sys.executable, "-c", LOADED, str(tmp_path), str(tmp_path / "memo")]
    cold, warm = (json.loads(subprocess.check_output(command)) for _ in range(2))
    assert (cold[:2], "parsing" in cold[2], "parsing" in warm[2]) == (warm[:2], True, False)


def test_who_reads_manifests_loads_nothing_that_computes_them() -> None:
    code = "import sys; from penstock.compilers.fingerprints import Manifest; print([m for m in sys.modules if 'reach' in m])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_a_function_is_fingerprinted_once_however_often_it_is_called() -> None:
    fingerprinter = Fingerprinter()
    assert len({id(fingerprinter.function(entry)) for _ in range(10_000)}) == 1
