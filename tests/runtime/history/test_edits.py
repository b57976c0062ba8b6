"""Tags and deletion are all that people change in the history."""

from __future__ import annotations

import pytest

from penstock.runtime.errors import HistoryError, RunNotFound
from penstock.runtime.events import MetricLogged
from penstock.runtime.history import Recorder, connect


def test_tags_are_added_changed_and_removed(record, history, a_run):
    record(a_run(tags={"old": "1", "gone": "x"}))
    assert history.tag("r-1", new="2", old="3", gone=None) == {"old": "3", "new": "2"}
    assert history.run("r-1").tags == {"old": "3", "new": "2"}


def test_tags_that_are_set_while_a_run_runs_stay(location, history, a_run):
    begin, *rest = a_run()
    listener = Recorder(lambda: connect(location))
    listener(begin)
    listener.flush()
    history.tag("r-1", keep="me")
    [listener(event) for event in rest]
    listener.close()
    assert history.run("r-1").tags == {"keep": "me"}


def test_a_deleted_run_leaves_nothing(record, history, a_run, opened):
    record(a_run(middle=[MetricLogged("fit", 1.0, "loss", 1.0)]))
    history.delete("r-1")
    tables = ("runs", "steps", "attempts", "artifacts", "metrics", "files", "graphs", "packages")
    assert [opened.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables] == [0] * 8
    with pytest.raises(RunNotFound):
        history.run("r-1")


def test_a_graph_that_another_run_has_stays(record, history, a_run, a_graph):
    record(a_run("r-1"), a_run("r-2"))
    history.delete("r-1")
    assert history.graph("r-2") == a_graph()


def test_a_running_run_is_not_deleted(location, history, a_run):
    listener = Recorder(lambda: connect(location))
    [listener(event) for event in a_run(state=None)]
    listener.flush()
    with pytest.raises(HistoryError, match="r-1 is running: cancel it, or wait"):
        history.delete("r-1")
    listener.close()
