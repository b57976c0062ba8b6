"""One connection serves many readers."""

from __future__ import annotations

import os

import pytest

from penstock.runtime.errors import HistoryError, RunNotFound
from penstock.runtime.history import connect
from penstock.runtime.history.sessions import Session


@pytest.fixture
def used(sqlite_path):
    """Use a session, and see the connections that it opened."""
    opened = []
    session = Session(lambda: opened.append(connect(sqlite_path)) or opened[-1])

    def use(error=None):
        with session.connection() as connection:
            if error:
                raise error
            return connection

    return use, opened


def test_it_opens_once(used):
    use, opened = used
    assert use() is use()
    assert len(opened) == 1


def test_it_opens_anew_after_a_failure(used):
    use, opened = used
    with pytest.raises(HistoryError):
        use(HistoryError("broken"))
    use()
    assert len(opened) == 2


def test_a_run_that_is_not_found_is_no_failure(used):
    use, opened = used
    with pytest.raises(RunNotFound):
        use(RunNotFound("x"))
    use()
    assert len(opened) == 1


def test_another_process_opens_its_own(used, monkeypatch):
    use, opened = used
    use()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    use()
    assert len(opened) == 2
