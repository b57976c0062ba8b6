"""A location says which engine keeps the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.runtime.errors import HistoryError
from penstock.runtime.history import connect
from penstock.runtime.history.opening import is_postgres, sqlite_path


@pytest.mark.parametrize(
    ("location", "path"),
    [("sqlite:////var/h.db", "/var/h.db"), ("sqlite:///h.db", "h.db"), ("h.db", "h.db"), (Path("a://b"), "a:/b")],
)
def test_a_path_is_a_file(location, path):
    assert sqlite_path(location) == Path(path)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_is_known_by_its_scheme(scheme):
    assert is_postgres(f"{scheme}://host/db")


@pytest.mark.parametrize("location", ["postgresql", "mysql://host/db", "postgresql.db", Path("postgresql://host/db")])
def test_nothing_else_is_postgres(location):
    assert not is_postgres(location)


def test_another_url_is_refused_without_its_password():
    with pytest.raises(HistoryError, match="mysql://me@host/db: expected a path, sqlite:///PATH") as error:
        connect("mysql://me:secret@host/db")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("location", ["sqlite://", "sqlite:///", "sqlite://h.db"])
def test_a_url_without_a_path_is_refused(location):
    with pytest.raises(HistoryError, match="four slashes"):
        connect(location)


def test_prepare_is_called_before_a_file_is_made_and_not_again(tmp_path):
    calls = []
    connect(tmp_path / "h.db", lambda: calls.append("made")).close()
    connect(tmp_path / "h.db", lambda: calls.append("made")).close()
    assert calls == ["made"]
