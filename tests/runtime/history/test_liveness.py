"""Runs whose driver is gone are ended by whoever reads the history."""

from __future__ import annotations

import time

import pytest

from penstock.runtime.events import StepStarted
from penstock.runtime.history import History, liveness, processes
from penstock.runtime.history.ledgers import add_graph, open_ledger
from penstock.runtime.history.liveness import reconcile
from penstock.runtime.history.writing import write as write_ledger
from penstock.runtime.states import State


@pytest.fixture
def running(opened, a_run):
    """Write a run that is running, by whoever is said."""

    def write(run="r-1", seen=1000.0, **driver):
        begin = a_run(run)[0]
        ledger = open_ledger(begin)
        for name, value in {"seen": seen, **driver}.items():
            setattr(ledger.run, name, value)
        add_graph(ledger, begin.graph)
        ledger.change("load", 0.0, State.RUNNING)
        with opened.transaction():
            write_ledger(ledger, opened)

    return write


def of_another_start(recorded):
    return f"{recorded}9"


def test_a_run_of_this_process_goes_on(opened, running):
    running()
    assert reconcile(opened) == []


def test_a_run_of_a_process_that_is_gone_is_ended(opened, running):
    running(process=processes.identity(1).rpartition("/")[0] + "/1", pid=2**22 + 1)
    assert reconcile(opened) == ["r-1"]
    assert opened.rows("SELECT state, problem, ended FROM runs") == [("failed", "driver died", 1000.0)]


def test_its_steps_are_ended_too(running, history):
    running(pid=2**22 + 1)
    steps = [(step.id, step.state, step.reason, step.ended) for step in history.steps("r-1")]
    assert steps == [
        ("load", State.FAILED, "driver died", 1000.0),
        ("fit", State.CANCELLED, "driver died", 1000.0),
    ]


def test_a_later_process_of_the_same_number_does_not_keep_it_alive(opened, running):
    import os

    running(process=of_another_start(processes.identity(os.getpid())))
    assert reconcile(opened) == ["r-1"]


def test_runs_of_other_hosts_are_left_alone(opened, running):
    running(host="elsewhere", pid=2**22 + 1)
    assert reconcile(opened) == []


@pytest.mark.parametrize(("silence", "ended"), [(0.0, []), (liveness.SILENCE + 5, ["r-1"])])
def test_a_run_of_another_container_is_given_up_when_nothing_is_heard(opened, running, silence, ended):
    running(process="boot/pid:[1]/7", seen=time.time() - silence)
    assert reconcile(opened) == ended


def test_a_run_is_ended_once(opened, running):
    running(pid=2**22 + 1)
    assert (reconcile(opened), reconcile(opened)) == (["r-1"], [])


def test_reading_ends_them(opened, running):
    running(pid=2**22 + 1)
    history = History(lambda: opened)
    assert history.run("r-1").counts == {State.FAILED: 1, State.CANCELLED: 1}


def test_attempts_are_ended_too(opened, record, a_run, history, monkeypatch):
    record(a_run(middle=[StepStarted("load", 1000.5, 2), StepStarted("fit", 1001.0)], state=None))
    opened.execute("UPDATE runs SET state = 'running', ended = NULL, pid = ?", (2**22 + 1,))
    opened.execute("UPDATE attempts SET ended = NULL")
    reconcile(opened)
    assert [history.attempts("r-1", step)[0].ended for step in ("load", "fit")] == [1001.0, 1001.0]
