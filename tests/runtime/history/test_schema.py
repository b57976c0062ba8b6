"""A database is made at once, and brought up to date by numbered files."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from functools import partial

import pytest

from penstock.runtime.errors import HistoryError
from penstock.runtime.endpoints import Queue
from penstock.runtime.history import History, HistoryBusy, Session, connect, schema
from penstock.runtime.history.schema import MIGRATIONS, bring_up_to_date, migrations, statements, version


NEXT = max(migrations()) + 1


@pytest.fixture
def newer(tmp_path):
    """The migrations of a Penstock to come."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / f"{NEXT:04}_notes.sql").write_text(
        f"-- Notes; on runs.\nALTER TABLE runs ADD COLUMN note TEXT;\n\nUPDATE schema_version SET version = {NEXT};\n"
    )
    return folder


def url_of(location):
    return (
        f"sqlite:///{location}"
        if not isinstance(location, str)
        else location.replace("://", "+psycopg://") + "&schema=penstock"
    )


def test_files_are_numbered_without_a_gap():
    assert list(migrations()) == list(range(1, len(migrations()) + 1))


@pytest.mark.parametrize("number", migrations())
def test_each_file_ends_with_its_number(number):
    assert (
        f"{number}" in statements(migrations()[number])[-1] and "schema_version" in statements(migrations()[number])[-1]
    )


def test_a_new_database_has_the_newest_version(opened):
    assert version(opened) == max(migrations())


def test_a_database_that_is_behind_is_brought_up_to_date(opened, location, newer, record, a_run, history):
    record(a_run("r-1"))
    bring_up_to_date(opened, url_of(location), folder=newer)
    assert version(opened) == NEXT
    assert opened.rows("SELECT id, note FROM runs") == [("r-1", None)]


@pytest.mark.parametrize("number", list(migrations())[:-1])
def test_a_database_of_every_earlier_version_is_brought_up_to_date(location, tmp_path, number, monkeypatch):
    older = tmp_path / "older"
    shutil.copytree(MIGRATIONS, older, ignore=lambda _, names: [name for name in names if name[:4] > f"{number:04}"])
    with monkeypatch.context() as patched:
        patched.setattr(schema.bring_up_to_date, "__defaults__", (None, older))
        connect(location).close()
    connection = connect(location)
    assert version(connection) == max(migrations())
    assert connection.rows("SELECT compute FROM queue") == []
    connection.close()


def test_what_waited_before_there_were_computes_runs_in_slots(tmp_path, monkeypatch):
    older = tmp_path / "older"
    shutil.copytree(MIGRATIONS, older, ignore=lambda _, names: [name for name in names if name[:4] in ("0005", "0006")])
    with monkeypatch.context() as patched:
        patched.setattr(schema.bring_up_to_date, "__defaults__", (None, older))
        connection = connect(tmp_path / "h.db")
    told = "id, endpoint, version, bundle, parameters, tags, priority, requested_by, state, tries, cancelled, problem, created"
    connection.execute(
        f"INSERT INTO queue ({told}) VALUES ('r', 'e', '1', 'b', '{{}}', '{{}}', 0, '', 'queued', 0, 0, '', 1.0)"
    )
    connection.close()
    taken = Queue(Session(partial(connect, tmp_path / "h.db"))).take("server")
    assert (taken.id, taken.compute) == ("r", "local")


OLD_ROWS = {
    "runs": "('r-1', 'train', 'x', 'completed', 9.0, 10.0, 10.0, '', '{}', '{}', '{}', '{\"completed\": 2}', '', NULL, NULL, 'h', 1, ''), "
    "('r-2', 'train', 'x', 'completed', 11.0, 12.0, 12.0, '', '{}', '{}', '{}', '{\"reused\": 2}', '', NULL, NULL, 'h', 1, '')",
    "steps (run, id, name, function, position, ordinal, state, label, attempts, reason, reused_from)": ", ".join(
        f"('{run}', '{step}', '{step}', 'm:f', 0, 0, '{state}', '', 1, '', {origin})"
        for run, state, origin in (("r-1", "completed", "NULL"), ("r-2", "reused", "'r-1'"))
        for step in ("fit", "load")
    ),
    "artifacts (run, step, name, position, digest, codec, size, type, summary)": "('r-1', 'load', 'output', 0, 'd', 'json', 1, 'int', '3'), "
    "('r-2', 'load', 'output', 0, 'd', 'json', 1, 'int', '3'), ('r-1', 'fit', 'output', 0, 'e', 'json', 1, 'int', '4'), "
    "('r-2', 'fit', 'output', 0, 'other', 'json', 1, 'int', '4')",
    "results": ", ".join(
        f"('{key}-of-{step}-that-is-long', 'r-1', '{step}', 'f', 10.0, 0.5, 0, '[[\"output\", \"{digest}\", \"json\", 1, \"int\", \"3\", null]]', "
        f'\'{{"key": "{key}", "fingerprint": "f", "inputs": {{}}, "declared": {{}}, "problem": ""}}\')'
        for key, step, digest in (("k", "load", "d"), ("j", "fit", "e"))
    ),
    "latest": "('train', 'load', 'k-of-load-that-is-long')",
}


@pytest.fixture
def of_version_5(location, tmp_path, monkeypatch):
    """A database of that version: a run whose steps another reused, one of them from a step that is not the one of its name."""
    older = tmp_path / "older"
    shutil.copytree(MIGRATIONS, older, ignore=lambda _, names: [name for name in names if name[:4] > "0005"])
    with monkeypatch.context() as patched:
        patched.setattr(schema.bring_up_to_date, "__defaults__", (None, older))
        connection = connect(location)
    for table, rows in OLD_ROWS.items():
        connection.execute(f"INSERT INTO {table} VALUES {rows}")
    connection.close()


def test_results_of_earlier_versions_are_found_and_handed_on(of_version_5, history):
    key = "k-of-load-that-is-long"
    assert [history.run(name).id for name in ("last", "last~1")] == ["r-2", "r-1"]
    assert history.cache.last_bases("train")["load"].key == key
    assert (history.cache.find([key])[key].run, history.cache.find(["k-of-load-that-was"])) == ("r-1", {})
    history.delete("r-1")
    assert (history.cache.find([key])[key].run, history.cache.find(["j-of-fit-that-is-long"])) == ("r-2", {})
    assert {step.id: step.outputs["output"].digest for step in history.steps("r-2")} == {"load": "d", "fit": "other"}


def test_a_new_database_gets_all_files_at_once(tmp_path, newer, monkeypatch):
    monkeypatch.setattr(schema.bring_up_to_date, "__defaults__", (None, newer))
    connection = connect(tmp_path / "new.db")
    assert version(connection) == NEXT
    assert connection.rows("SELECT count(*) FROM sqlite_master WHERE name LIKE '%yoyo%'") == [(0,)]


def test_bringing_up_to_date_twice_changes_nothing(opened, location, newer):
    bring_up_to_date(opened, url_of(location), folder=newer)
    bring_up_to_date(opened, url_of(location), folder=newer)
    assert version(opened) == NEXT


def test_a_file_that_fails_changes_nothing(opened, location, newer):
    (newer / f"{NEXT:04}_notes.sql").write_text(
        f"UPDATE schema_version SET version = {NEXT};\nALTER TABLE nowhere ADD COLUMN x TEXT;\n"
    )
    with pytest.raises(HistoryError, match="nowhere"):
        bring_up_to_date(opened, url_of(location), folder=newer)
    assert version(opened) == NEXT - 1


def test_a_database_of_a_newer_penstock_is_refused(opened, location):
    opened.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(HistoryError, match="version 99 .* upgrade Penstock. Nothing was changed"):
        connect(location)


def test_a_database_of_another_program_is_refused(sqlite_path):
    import sqlite3

    with sqlite3.connect(sqlite_path) as raw:
        raw.execute("CREATE TABLE customers (id INT)")
    raw.close()
    with pytest.raises(HistoryError, match="tables of another program"):
        connect(sqlite_path)


def test_many_threads_may_make_one_database_at_once(location):
    versions, barrier = [], threading.Barrier(6)

    def make():
        barrier.wait()
        connection = connect(location)
        versions.append(version(connection))
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert versions == [max(migrations())] * 6


def test_yoyo_is_not_imported_for_a_database_that_is_up_to_date(sqlite_path):
    code = (
        "import sys; from penstock.runtime.history import History, connect;"
        "from penstock.runtime import workspace;"
        f"connect({str(sqlite_path)!r}).close(); connect({str(sqlite_path)!r}).close();"
        "heavy = {'yoyo', 'psycopg', 'psutil', 'click', 'rich', 'networkx', 'fsspec', 'joblib'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_rows_written_before_are_read_after(opened, location, newer, record, a_run):
    record(a_run("r-1"))
    bring_up_to_date(opened, url_of(location), folder=newer)
    assert [step.id for step in History(lambda: opened).steps("r-1")] == ["load", "fit"]


def test_many_threads_may_bring_one_database_up_to_date_at_once(location, newer):
    problems, connections = [], [connect(location) for _ in range(3)]

    def upgrade(connection):
        try:
            bring_up_to_date(connection, url_of(location), folder=newer)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=upgrade, args=(connection,)) for connection in connections]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert problems == [] and [version(connection) for connection in connections] == [NEXT] * 3


def test_a_lock_that_a_killed_process_has_left_is_explained(opened, location, newer, monkeypatch):
    monkeypatch.setattr(schema, "_LOCK_TIMEOUT", 0.01)
    opened.execute(
        "CREATE TABLE yoyo_lock (locked INT DEFAULT 1, ctime TIMESTAMP, pid INT NOT NULL, PRIMARY KEY (locked))"
    )
    opened.execute("INSERT INTO yoyo_lock (locked, pid) VALUES (1, 4711)")
    with pytest.raises(HistoryBusy, match="Process 4711 .* delete the row in its table yoyo_lock"):
        bring_up_to_date(opened, url_of(location), folder=newer)
