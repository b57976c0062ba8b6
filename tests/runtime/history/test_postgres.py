"""The history in Postgres: a schema of its own, and errors without passwords."""

from __future__ import annotations

import sys

import pytest

from penstock.runtime.errors import HistoryError
from penstock.runtime.history import HistoryBusy, connect
from penstock.runtime.history.postgres import without_password


def test_the_tables_are_in_a_schema_of_their_own(postgres_url):
    rows = connect(postgres_url).rows("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('runs', 'steps')")
    assert rows == [("penstock",)]


def test_tables_of_other_programs_are_left_alone(postgres_url):
    connection = connect(postgres_url)
    connection.execute("CREATE TABLE public.runs (id INT)")
    connection.execute("INSERT INTO public.runs VALUES (7)")
    assert connection.rows("SELECT id FROM runs") == []
    assert connection.rows("SELECT id FROM public.runs") == [(7,)]
    connection.execute("DROP TABLE public.runs")


def test_a_server_that_is_away_is_worth_another_try():
    pytest.importorskip("psycopg")
    with pytest.raises(HistoryBusy, match="postgresql://me@127.0.0.1:1/db cannot be used") as error:
        connect("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(error.value)


def test_a_connection_that_was_cut_is_worth_another_try(postgres_url):
    victim, other = connect(postgres_url), connect(postgres_url)
    ((pid,),) = victim.rows("SELECT pg_backend_pid()")
    other.rows("SELECT pg_terminate_backend(?)", (pid,))
    with pytest.raises(HistoryBusy, match="cannot be used"):
        victim.rows("SELECT 1")


def test_without_psycopg_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(HistoryError, match=r"install penstock\[postgres\]"):
        connect("postgresql://host/db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h:1/d", "postgresql://u@h:1/d"),
        ("postgresql://h/d?password=p&x=1", "postgresql://h/d?password=***&x=1"),
        ("postgresql://u:p:@q@h/d", "postgresql://u@h/d"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert without_password(url) == shown
