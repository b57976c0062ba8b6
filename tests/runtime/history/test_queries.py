"""The history answers what people ask of it."""

from __future__ import annotations

import threading

import pytest

from penstock.compilers.graph import FunctionRef, Node
from penstock.runtime import events as e
from penstock.runtime.errors import HistoryError, RunNotFound
from penstock.runtime.history import History
from penstock.runtime.states import State


@pytest.fixture
def three(record, a_run, a_graph):
    record(
        a_run("r-1", started=1.0, experiment="a"),
        a_run("r-2", started=2.0, experiment="b", graph=a_graph(name="tune")),
        a_run("r-3", started=3.0, experiment="a", state=State.FAILED),
    )


def ids(records):
    return [record.id for record in records]


def test_runs_come_newest_first(three, history):
    assert ids(history.runs()) == ["r-3", "r-2", "r-1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"experiment": "a"}, ["r-3", "r-1"]), ({"pipeline": "tune"}, ["r-2"]), ({"state": State.FAILED}, ["r-3"]),
        ({"experiment": "a", "state": State.COMPLETED}, ["r-1"]), ({"experiment": "nope"}, []), ({"limit": 2}, ["r-3", "r-2"]),
        ({"limit": 0}, []), ({"before": "r-3"}, ["r-2", "r-1"]), ({"before": "r-3", "experiment": "a"}, ["r-1"]),
        ({"before": "r-1"}, []),
    ],
)  # fmt: skip
def test_runs_are_filtered_and_paged(three, history, wanted, found):
    assert ids(history.runs(**wanted)) == found


def test_runs_of_one_moment_are_paged_without_loss(record, a_run, history):
    record(*(a_run(f"r-{number}", started=1.0) for number in range(5)))
    first = history.runs(limit=3)
    assert len({*ids(first), *ids(history.runs(before=first[-1].id))}) == 5


def test_a_negative_limit_is_refused(history):
    with pytest.raises(ValueError, match="limit must not be negative, got -1"):
        history.runs(limit=-1)


def test_paging_from_an_unknown_run_is_refused(three, history):
    with pytest.raises(RunNotFound, match="r-9"):
        history.runs(before="r-9")


def unfolded(step: str, *items: str) -> e.StepUnfolded:
    nodes = tuple(Node(item, "fold", FunctionRef("m", "fold"), {}, label=item) for item in items)
    return e.StepUnfolded(step, 1.0, nodes, tuple(range(len(items))))


def test_steps_come_in_the_order_of_the_graph_with_items_after_their_step(record, a_run, history, a_graph):
    middle = [
        unfolded("b", "b[0]", "b[1]"),
        unfolded("b[1]", "b[1]/x"),
        unfolded("b[0]", "b[0]/y"),
        e.StepStarted("c", 1.0),
    ]
    record(a_run(graph=a_graph("a", "b", "c"), middle=middle))
    assert ids(history.steps("r-1")) == ["a", "b", "b[0]", "b[0]/y", "b[1]", "b[1]/x", "c"]
    assert [(step.parent, step.place) for step in history.steps("r-1")][2:4] == [("b", 0), ("b[0]", 0)]


def test_metrics_and_files_can_be_asked_for_by_step(record, a_run, history):
    logged = [
        event
        for step in ("load", "fit")
        for event in (e.MetricLogged(step, 1.0, "m", 1.0), e.FileLogged(step, 1.0, "f", "p"))
    ]
    record(a_run(middle=logged))
    assert [len(history.metrics("r-1", step)) for step in (None, "fit", "nope")] == [2, 1, 0]
    assert [len(history.files("r-1", step)) for step in (None, "fit", "nope")] == [2, 1, 0]


@pytest.mark.parametrize("question", ["steps", "metrics", "files", "graph", "delete", "tag", "packages"])
def test_an_unknown_run_is_an_error(history, question):
    with pytest.raises(RunNotFound, match="'r-9': no run has that id"):
        getattr(history, question)("r-9")


def test_a_run_without_a_graph_says_so(three, opened, history):
    opened.execute("UPDATE runs SET graph = NULL")
    with pytest.raises(HistoryError, match="keeps no graph of run r-1"):
        history.graph("r-1")


def test_runs_without_packages_have_none(three, history):
    assert history.packages("r-1") == {}


def test_a_step_that_never_began_has_no_attempts(three, history):
    assert history.attempts("r-1", "nope") == ()


def test_threads_share_a_history(three, history):
    found = []
    threads = [threading.Thread(target=lambda: found.extend(ids(history.runs()) for _ in range(20))) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert found == [["r-3", "r-2", "r-1"]] * 80


def test_a_closed_history_opens_again(three, history):
    history.close()
    assert len(history.runs()) == 3


def test_a_failure_of_the_database_is_got_over(three, opened):
    opened.close = lambda: None  # the history closes what has failed; keep it for the second try
    opened.execute("ALTER TABLE runs RENAME TO hidden")
    history = History(lambda: opened)
    with pytest.raises(HistoryError, match="runs"):
        history.runs()
    opened.execute("ALTER TABLE hidden RENAME TO runs")
    assert len(history.runs()) == 3
