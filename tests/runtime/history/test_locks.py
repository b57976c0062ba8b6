"""Who keeps others from writing is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from penstock.runtime.errors import HistoryBusy
from penstock.runtime.history import connect, locks
from penstock.runtime.history.locks import holders

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not tell of locks")


@pytest.fixture
def held(sqlite_path):
    """A history that another process is writing to, and that process."""
    connect(sqlite_path).close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, sqlite_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.stdin.close()


def test_the_process_that_writes_is_named_with_its_command(held, sqlite_path):
    (found,) = holders(sqlite_path)
    assert found.startswith(f"{held.pid} ({sys.executable} -c import sqlite3, sys connection") and len(found) < 120


def test_a_lock_is_explained_by_who_holds_it(held, sqlite_path):
    connection = connect(sqlite_path)
    connection.wait_at_most(0.01)
    with pytest.raises(HistoryBusy, match=f"is locked by another process: {held.pid} "), connection.transaction():
        pass
    connection.close()


def test_one_that_only_reads_and_one_of_ones_own_are_not_named(sqlite_path):
    connection = connect(sqlite_path)
    with connection.transaction():
        assert holders(sqlite_path) == ()
    connection.close()


def test_where_nobody_is_seen_a_lock_is_explained_by_how_to_find_out(held, sqlite_path, tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_LOCKS", tmp_path / "absent")
    connection = connect(sqlite_path)
    connection.wait_at_most(0.01)
    with pytest.raises(HistoryBusy, match="another process; `lsof .*history.db` lists"), connection.transaction():
        pass
    connection.close()


@pytest.mark.parametrize(
    "lines", ["", "1:\n", "1: POSIX ADVISORY WRITE x fe:00:1 1 1\n", "\xff\n1: -> POSIX WRITE 1 1"]
)
def test_a_list_of_locks_in_another_form_names_nobody(lines, sqlite_path, tmp_path, monkeypatch):
    (tmp_path / "locks").write_text(lines, encoding="latin-1")
    monkeypatch.setattr(locks, "_LOCKS", tmp_path / "locks")
    assert holders(sqlite_path) == ()
