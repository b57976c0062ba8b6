"""Declared files and folders count by names and contents, read again only where they may have changed."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import pytest
from penstock.compilers.fingerprints.declared import DeclaredPathError, DeclaredPaths
from penstock.compilers.fingerprints.ignoring import IgnoreError

from penstock.compilers.fingerprints import FileMemo, MemoryMemo

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two files, one of them inside another folder."""
    place = tmp_path / "data"
    (place / "deep").mkdir(parents=True)
    (place / "a.csv").write_text("1,2")
    (place / "deep" / "b.csv").write_text("3,4")
    return place


def identity(path: Path) -> str:
    return DeclaredPaths().digest(path)


def is_seen(folder: Path, name: str, text: str = "new") -> bool:
    """Tell whether writing a file changes the identity of its folder."""
    before = identity(folder)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return identity(folder) != before


def aged(folder: Path) -> None:
    """Let all files be older than what may still change unseen."""
    old = time.time() - 60
    for path in folder.rglob("*"):
        os.utime(path, (old, old))


# -- what counts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv", "deep/b.csv", "new.csv", "deep/new.csv", ".env", "other/new.csv"])
def test_a_file_that_changed_or_is_new_changes_the_folder(folder: Path, name: str) -> None:
    assert is_seen(folder, name)


def test_a_renamed_file_changes_the_folder(folder: Path) -> None:
    before = identity(folder)
    (folder / "a.csv").rename(folder / "c.csv")
    assert identity(folder) != before


def test_a_file_that_moved_to_another_folder_changes_it(folder: Path) -> None:
    before = identity(folder)
    (folder / "a.csv").rename(folder / "deep" / "a.csv")
    assert identity(folder) != before


def test_a_copy_of_a_folder_elsewhere_is_the_same(folder: Path, tmp_path: Path) -> None:
    before = identity(folder)
    assert identity(folder.rename(tmp_path / "elsewhere")) == before


def test_times_do_not_count(folder: Path) -> None:
    before = identity(folder)
    aged(folder)
    assert identity(folder) == before


def test_a_file_and_a_folder_that_holds_only_it_differ(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_text("x")
    assert identity(tmp_path / "data") != identity(tmp_path / "data" / "a")


def test_names_cannot_imitate_contents(tmp_path: Path) -> None:
    for name, files in {"one": {"ab": "c"}, "other": {"a": "bc"}}.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
    assert identity(tmp_path / "one") != identity(tmp_path / "other")


def test_what_is_not_there_is_missing_until_it_is(tmp_path: Path) -> None:
    before = identity(tmp_path / "later")
    (tmp_path / "later").write_text("x")
    assert (before, identity(tmp_path / "later").partition(" ")[0]) == ("missing", "file")


# -- what is left out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        ".git/index",
        "__pycache__/a.cpython-311.pyc",
        "deep/__pycache__/x",
        ".penstock/history.db",
        ".venv/bin/python",
        "old.pyc",
        ".ipynb_checkpoints/a.ipynb",
        "deep/.DS_Store",
        "a.csv~",
    ],
)
def test_what_tools_leave_behind_does_not_count(folder: Path, name: str) -> None:
    assert not is_seen(folder, name)


@pytest.mark.parametrize(
    ("rules", "name", "counts"),
    [
        ("*.log", "run.log", False),
        ("*.log", "deep/run.log", False),
        ("/run.log", "deep/run.log", True),
        ("/run.log", "run.log", False),
        ("cache/", "cache/x", False),
        ("cache/", "deep/cache/x", False),
        ("cache/", "cache", True),
        ("*.log\n!keep.log", "keep.log", True),
        ("!keep.log\n*.log", "keep.log", False),
        ("cache/\n!cache/x", "cache/x", False),
        ("deep/**/x", "deep/one/two/x", False),
        ("# a comment\n\n", "x", True),
        ("\\#x", "#x", False),
    ],
)
def test_ignore_files_speak_as_git_does(folder: Path, rules: str, name: str, counts: bool) -> None:
    (folder / ".gitignore").write_text(rules)
    assert is_seen(folder, name) is counts


def test_a_deeper_ignore_file_takes_back_what_one_above_says(folder: Path) -> None:
    (folder / ".gitignore").write_text("*.log")
    (folder / "deep" / ".gitignore").write_text("!keep.log")
    assert (is_seen(folder, "deep/keep.log"), is_seen(folder, "keep.log")) == (True, False)


def test_a_deeper_ignore_file_speaks_of_its_own_folder_only(folder: Path) -> None:
    (folder / "deep" / ".gitignore").write_text("/x")
    assert (is_seen(folder, "deep/x"), is_seen(folder, "x")) == (False, True)


def test_an_amlignore_replaces_the_gitignore_beside_it(folder: Path) -> None:
    (folder / ".gitignore").write_text("*.csv")
    (folder / ".amlignore").write_text("*.log")
    assert (is_seen(folder, "new.csv"), is_seen(folder, "new.log")) == (True, False)


def test_an_ignore_file_above_the_declared_folder_has_no_say(folder: Path) -> None:
    (folder.parent / ".gitignore").write_text("data/\n*.csv")
    assert is_seen(folder, "new.csv")


def test_a_folder_whose_content_git_keeps_out_counts_wholly(folder: Path) -> None:
    (folder / ".gitignore").write_text("*\n!.gitignore\n")
    assert is_seen(folder, "deep/new.csv")


def test_a_changed_ignore_file_counts_itself(folder: Path) -> None:
    (folder / ".gitignore").write_text("*.log")
    assert is_seen(folder, ".gitignore", "*.txt")


def test_a_line_that_is_no_pattern_is_told_with_file_and_line(folder: Path) -> None:
    (folder / "deep" / ".gitignore").write_text("*.log\n!\n")
    with pytest.raises(IgnoreError, match=r"deep/.gitignore, line 2: '!' is no pattern; expected one as git takes it"):
        identity(folder)


def test_an_ignore_file_of_any_bytes_is_read(folder: Path) -> None:
    (folder / ".gitignore").write_bytes(b"\xef\xbb\xbf*.log\r\n\xff\xfe\r\n")
    assert not is_seen(folder, "x.log")


# -- links and what cannot be read ----------------------------------------------------------------------------------------


def test_a_link_counts_by_what_it_leads_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text("5")
    (folder / "link.csv").symlink_to(tmp_path / "outside.csv")
    before = identity(folder)
    (tmp_path / "outside.csv").write_text("6")
    assert identity(folder) != before


def test_a_link_to_a_folder_outside_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    assert is_seen(folder, "link/new")


@pytest.mark.parametrize("target", ["..", ".", "../data", "deep"])
def test_a_circle_of_links_ends(folder: Path, target: str) -> None:
    (folder / "deep" / "again").symlink_to(target, target_is_directory=True)
    assert is_seen(folder, "a.csv")


@pytest.mark.parametrize("target", ["nowhere", "self"])
def test_a_link_that_leads_nowhere_counts_as_such(folder: Path, target: str) -> None:
    (folder / "self").symlink_to(target)
    before = identity(folder)
    (folder / "self").unlink()
    (folder / "self").symlink_to("elsewhere")
    assert identity(folder) != before


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    before = identity(folder)
    os.mkfifo(folder / "pipe")
    assert identity(folder) != before


@pytest.mark.skipif(AS_ROOT, reason="nothing is unreadable for root")
@pytest.mark.parametrize("name", ["a.csv", "deep", ""])
def test_what_cannot_be_read_is_named(folder: Path, name: str) -> None:
    (folder / name).chmod(0)
    try:
        with pytest.raises(DeclaredPathError, match="cannot be read: Permission denied"):
            identity(folder)
    finally:
        (folder / name).chmod(0o755)


def test_the_error_of_an_unreadable_file_survives_pickling() -> None:
    error = DeclaredPathError("data/a.csv", "Permission denied")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_file_that_cannot_be_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(DeclaredPathError, match=r"a\.csv is declared with hash_paths and cannot be read"):
        DeclaredPaths().digest(folder)


# -- what is remembered ---------------------------------------------------------------------------------------------------


def opened(monkeypatch: pytest.MonkeyPatch, paths: DeclaredPaths, folder: Path) -> list[str]:
    """Identify a folder, and return which of its files were opened for it."""
    found: list[str] = []
    real = open

    def note(file: object, *args: object, **kwargs: object) -> object:
        found.append(str(file))
        return real(file, *args, **kwargs)  # type: ignore[call-overload]  # passed on

    monkeypatch.setattr("builtins.open", note)
    paths.digest(folder)
    monkeypatch.undo()
    return sorted(Path(file).name for file in found if str(folder) in file)


def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three seconds have passed since whatever was written."""
    real = time.time_ns
    monkeypatch.setattr("time.time_ns", lambda: real() + 3_000_000_000)


def test_files_that_did_not_change_are_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memo = MemoryMemo()
    settled(monkeypatch)
    first = DeclaredPaths(memo).digest(folder)
    assert (opened(monkeypatch, DeclaredPaths(memo), folder), DeclaredPaths(memo).digest(folder)) == ([], first)


def test_a_file_that_was_just_written_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memo = MemoryMemo()
    DeclaredPaths(memo).digest(folder)
    assert opened(monkeypatch, DeclaredPaths(memo), folder) == ["a.csv", "b.csv"]


def test_only_the_changed_file_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memo = MemoryMemo()
    settled(monkeypatch)
    DeclaredPaths(memo).digest(folder)
    (folder / "a.csv").write_text("9,9")
    assert opened(monkeypatch, DeclaredPaths(memo), folder) == ["a.csv"]


def test_an_edit_of_equal_size_that_puts_the_time_back_is_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memo = MemoryMemo()
    aged(folder)
    settled(monkeypatch)
    before, times = DeclaredPaths(memo).digest(folder), (folder / "a.csv").stat()
    (folder / "a.csv").write_text("9,2")
    os.utime(folder / "a.csv", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert DeclaredPaths(memo).digest(folder) != before


def test_a_file_replaced_by_one_of_equal_size_and_time_is_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memo = MemoryMemo()
    aged(folder)
    settled(monkeypatch)
    before, times = DeclaredPaths(memo).digest(folder), (folder / "a.csv").stat()
    (folder / "other").write_text("9,2")
    os.utime(folder / "other", ns=(times.st_atime_ns, times.st_mtime_ns))
    (folder / "other").replace(folder / "a.csv")
    assert DeclaredPaths(memo).digest(folder) != before


def test_a_path_is_identified_once_until_told_to_forget(folder: Path) -> None:
    paths = DeclaredPaths()
    before = paths.digest(folder)
    (folder / "a.csv").write_text("9")
    kept = paths.digest(folder)
    paths.forget()
    assert (kept == before, paths.digest(folder) == before) == (True, False)


@pytest.mark.parametrize("garbage", [b"", b"nonsense", b"\xfb\x00\x00\x00\x00"])
def test_a_memo_full_of_nonsense_changes_nothing(folder: Path, garbage: bytes) -> None:
    class Lying(MemoryMemo):  # type: ignore[misc]  # final
        def get(self, key: str) -> bytes | None:
            return garbage

    assert DeclaredPaths(Lying()).digest(folder) == identity(folder)


# -- what is told ---------------------------------------------------------------------------------------------------------


def test_the_files_that_changed_are_named(folder: Path, tmp_path: Path) -> None:
    before = DeclaredPaths(FileMemo(tmp_path / "memo")).digest(folder)
    (folder / "deep" / "b.csv").write_text("9")
    (folder / "a.csv").unlink()
    (folder / "c.csv").write_text("")
    paths = DeclaredPaths(FileMemo(tmp_path / "memo"))
    assert paths.changes(before, paths.digest(folder)) == ("a.csv is gone", "c.csv is new", "deep/b.csv changed")


def test_nothing_is_named_where_the_memo_was_lost(folder: Path) -> None:
    before = identity(folder)
    (folder / "a.csv").write_text("9")
    paths = DeclaredPaths()
    assert paths.changes(before, paths.digest(folder)) == ()


def test_ten_thousand_files_take_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10_000):
        (tmp_path / f"{number}.txt").write_text(str(number))
    memo = MemoryMemo()
    settled(monkeypatch)
    first = DeclaredPaths(memo).digest(tmp_path)
    started = time.process_time()
    assert DeclaredPaths(memo).digest(tmp_path) == first
    assert time.process_time() - started < 2.0  # seconds; 0.1 on an idle machine


def test_a_folder_that_is_passed_as_an_argument_counts_wholly(folder: Path) -> None:
    from penstock.runtime.identities import path_digest

    (folder / ".gitignore").write_text("*.log")
    before = (path_digest(folder), identity(folder))
    (folder / "run.log").write_text("x")
    assert (path_digest(folder) != before[0], identity(folder) != before[1]) == (True, False)
