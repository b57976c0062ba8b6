"""The history in a file: made late, shared, and refused when it is broken."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import pytest

from penstock.runtime.errors import HistoryError
from penstock.runtime.history import History, HistoryBusy, connect, connect_to_read, sqlite


@pytest.fixture
def written(sqlite_path):
    connection = connect(sqlite_path)
    connection.execute("INSERT INTO graphs (digest, document) VALUES ('a', '{}')")
    connection.close()
    return sqlite_path


def test_a_file_is_made_with_its_folder(tmp_path):
    connect(tmp_path / "deep" / "er" / "history.db").close()
    assert (tmp_path / "deep" / "er" / "history.db").exists()


def test_reading_an_absent_file_makes_none(tmp_path):
    assert History(lambda: connect_to_read(tmp_path / "x" / "history.db")).runs() == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b.db", "50%25.db", "what?.db", "#1.db", "wörld.db"])
def test_the_file_may_have_any_name(tmp_path, name):
    connect(tmp_path / name).close()
    assert (tmp_path / name).exists()


def test_a_relative_path_is_understood(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    connect("history.db").close()
    assert (tmp_path / "history.db").exists()


def test_it_keeps_a_write_ahead_log(sqlite_path):
    assert connect(sqlite_path).rows("PRAGMA journal_mode") == [("wal",)]


def test_it_keeps_none_on_a_network_share(sqlite_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_file_system", lambda path: "nfs4")
    assert connect(sqlite_path).rows("PRAGMA journal_mode") == [("delete",)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux' list of mounts")
def test_the_file_system_of_a_path_is_found():
    assert sqlite._file_system(sqlite.Path("/proc/self/status")) == "proc"


@pytest.mark.parametrize(
    "broken", [b"not a database at all, but long enough" * 99, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_a_file_that_is_no_database_is_refused_and_kept(sqlite_path, broken):
    sqlite_path.write_bytes(broken)
    with pytest.raises(HistoryError, match=rf"{sqlite_path.name} is corrupt .* Nothing was changed. Move it away"):
        connect(sqlite_path)
    assert sqlite_path.read_bytes() == broken


def test_a_truncated_file_is_refused_and_kept(written):
    whole = written.read_bytes()
    written.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(HistoryError, match="is corrupt"):
        connect(written).rows("SELECT * FROM runs")
    assert written.read_bytes()[:100] == whole[:100]


def test_an_empty_file_becomes_a_history(sqlite_path):
    sqlite_path.touch()
    assert connect(sqlite_path).rows("SELECT count(*) FROM runs") == [(0,)]


def test_a_folder_in_place_of_the_file_is_refused(sqlite_path):
    sqlite_path.mkdir()
    with pytest.raises(HistoryError, match="cannot be opened"):
        connect(sqlite_path)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="the folder of the history .* cannot be made"):
        connect(tmp_path / "file" / "deep" / "history.db")


def test_a_lock_that_is_held_for_long_is_worth_another_try(written, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    first, second = connect(written), connect(written)
    with first.transaction(), pytest.raises(HistoryBusy, match="locked by another process"), second.transaction():
        pass


def test_readers_do_not_wait_for_a_writer(written):
    writer, reader = connect(written), connect(written)
    with writer.transaction():
        writer.execute("DELETE FROM graphs")
        assert reader.rows("SELECT count(*) FROM graphs") == [(1,)]


READ_AS_NOBODY = """
import os, sys
from penstock.runtime.history import connect, connect_to_read
os.setuid(65534)
print(connect_to_read(sys.argv[1]).rows("SELECT digest FROM graphs"))
try:
    connect(sys.argv[1]).execute("DELETE FROM graphs")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="only root can become another user")
def test_a_history_that_may_only_be_read_can_be_read(written):
    with tempfile.TemporaryDirectory() as folder:  # pytest keeps its own folders from other users
        os.chmod(folder, 0o755)
        shutil.copyfile(written, f"{folder}/history.db")
        command = [sys.executable, "-c", READ_AS_NOBODY, f"{folder}/history.db"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "[('a',)]" in found and ("is read-only" in found or "cannot be opened" in found)


def test_a_full_disk_is_worth_another_try(written):
    connection = connect(written)
    connection.rows("PRAGMA max_page_count = 1")
    with pytest.raises(HistoryBusy, match="the disk is full"):
        connection.execute("INSERT INTO graphs (digest, document) VALUES ('big', ?)", ("x" * 1_000_000,))


def test_a_file_that_was_replaced_is_noticed(written):
    connection = connect(written)
    assert connection.current()
    written.unlink()
    assert not connection.current()
    sqlite3.connect(written).close()
    assert not connection.current()


def test_a_history_goes_on_with_the_new_file(written):
    history = History(lambda: connect_to_read(written))
    assert history.runs() == ()
    written.unlink()
    assert history.runs() == ()
    connect(written).close()
    assert history.runs() == ()
