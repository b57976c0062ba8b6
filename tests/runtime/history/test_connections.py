"""One set of statements works on both engines."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys

import pytest

from penstock.runtime.errors import HistoryError
from penstock.runtime.history import HistoryBusy, connect


def put(connection, *digests):
    connection.execute_many(
        "INSERT INTO graphs (digest, document) VALUES (?, ?)", [(digest, "{}") for digest in digests]
    )


def digests(connection):
    return [digest for (digest,) in connection.rows("SELECT digest FROM graphs ORDER BY digest")]


def test_what_is_committed_is_there(opened):
    with opened.transaction():
        put(opened, "a", "b")
    assert digests(opened) == ["a", "b"]


def test_a_failed_transaction_leaves_nothing(opened):
    with pytest.raises(ZeroDivisionError), opened.transaction():
        put(opened, "a")
        1 / 0  # noqa: B018
    assert digests(opened) == []


def test_a_failed_statement_leaves_the_connection_usable(opened):
    with pytest.raises(HistoryError, match="no_such_table"), opened.transaction():
        opened.rows("SELECT * FROM no_such_table")
    assert digests(opened) == []


def test_parameters_may_hold_question_marks_and_per_cent_signs(opened):
    put(opened, "100 % sure?")
    assert opened.rows("SELECT digest FROM graphs WHERE digest LIKE ?", ("100 % s%",)) == [("100 % sure?",)]


def test_a_statement_tells_how_many_rows_it_changed(opened):
    put(opened, "a", "b")
    assert opened.execute("UPDATE graphs SET document = ?", ("[]",)) == 2


def test_a_row_cannot_refer_to_a_run_that_is_not_there(opened):
    with pytest.raises(HistoryError, match="(?i)foreign key"):
        opened.execute("INSERT INTO files (run, step, ordinal, name, path, logged) VALUES ('x', '', 1, '', '', 0)")


def test_closing_twice_is_harmless(location):
    connection = connect(location)
    connection.close()
    connection.close()


def test_a_connection_that_is_dropped_closes_itself(location):
    connect(location)  # warnings are errors: sqlite3 warns of one that is collected open
    gc.collect()


def test_the_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(HistoryBusy("the history x is locked")))
    assert (type(error), str(error)) == (HistoryBusy, "the history x is locked")


ENDING = """
import sys, threading
from penstock.runtime.history import connect

def write():
    connection = connect(sys.argv[1])
    begun.set()
    while True:
        connection.execute_many("INSERT INTO graphs (digest, document) VALUES (?, ?)", [])
        connection.execute_many("UPDATE graphs SET document = ?", [("{}",)] * 5000)

begun = threading.Event()
threading.Thread(target=write, daemon=True).start()
begun.wait()
"""


def test_a_process_may_end_while_a_thread_of_it_writes(sqlite_path):
    ended = subprocess.run(
        [sys.executable, "-c", ENDING, str(sqlite_path)], capture_output=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
