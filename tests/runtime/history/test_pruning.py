"""Runs are forgotten with all that only they need, and what they computed for others stays to be found."""

from __future__ import annotations

import os
from functools import partial

import pytest

from penstock.compilers.fingerprints import Manifest
from penstock.compilers.fingerprints.manifests import Definition
from penstock.runtime.artifacts import Artifact
from penstock.runtime.bases import Basis
from penstock.runtime.errors import HistoryBusy
from penstock.runtime.events import MetricLogged, RunEnded, RunStarted, StepCompleted, StepReused
from penstock.runtime.history import Recorder, connect, pruning
from penstock.runtime.states import State

TABLES = ("runs", "steps", "attempts", "artifacts", "metrics", "files", "graphs", "packages", "results", "latest",
          "fingerprints", "definitions")  # fmt: skip

MANIFESTS = {"f" * 64: Manifest((Definition("function", "m.f", "m.py", 1, "d", "def f(): ...", ()),))}


def stored(text):
    return {"output": Artifact(text * 64, "parquet", 1000, "DataFrame", f"the table {text}")}


def completed(step, text, key, *, fingerprint="f" * 64, loss=None):
    logged = [] if loss is None else [MetricLogged(step, 1.0, "loss", loss)]
    return [*logged, StepCompleted(step, 2.0, stored(text), 1.5, Basis(key * 64, fingerprint))]


def reused(step, earlier, key, *, loss=None):
    logged = [] if loss is None else [MetricLogged(step, 1.0, "loss", loss)]
    told = StepReused(step, 2.0, earlier.outputs, earlier.run, earlier.duration, key * 64, earlier.result)
    return [*logged, told]


@pytest.fixture
def found(history):
    """Find the result of a key, which is one letter here."""
    return lambda key: history.cache.find([key * 64]).get(key * 64)


def rows(opened, table):
    return opened.rows(f"SELECT * FROM {table}")


@pytest.fixture
def running(location, a_run):
    """A run of this process that has not ended."""
    listener = Recorder(partial(connect, location))
    for event in a_run("r-live", started=9.0, state=None):
        listener(event)
    listener.flush()
    yield "r-live"
    listener.close()


def test_a_forgotten_run_leaves_nothing(record, a_run, opened):
    begin, *rest = a_run(middle=completed("load", "a", "k"))
    record([RunStarted("r-1", begin.graph, "x", 1.0, manifests=MANIFESTS), *rest])
    assert all(
        rows(opened, table) for table in ("runs", "artifacts", "results", "latest", "fingerprints", "definitions")
    )
    forgotten = pruning.forget(opened, ["r-1"])
    assert {table: rows(opened, table) for table in TABLES} == {table: [] for table in TABLES}
    assert (forgotten.runs, forgotten.records) == (("r-1",), 4)  # its graph, its latest, its fingerprint and definition


def test_documents_that_a_kept_run_needs_stay(record, a_run, opened):
    begin, *rest = a_run("r-2", middle=completed("load", "a", "k"))
    kept = [RunStarted("r-2", begin.graph, "x", 2.0, manifests=MANIFESTS), *rest]
    record(a_run("r-1", middle=completed("load", "b", "j")), kept)
    assert pruning.forget(opened, ["r-1"]).records == 0
    assert [len(rows(opened, table)) for table in ("graphs", "latest", "fingerprints", "definitions")] == [1, 1, 1, 1]


def test_a_running_run_is_never_forgotten(record, a_run, running, opened, history):
    record(a_run("r-1"))
    assert pruning.forget(opened, ["r-1", running]).runs == ("r-1",)
    assert [run.id for run in history.runs()] == [running]


def test_needed_is_what_runs_have_made_reused_or_been_given(record, a_run, a_graph, opened):
    given = RunStarted("r-2", a_graph(), "x", 2.0, inputs={"source": stored("g")["output"]})
    other = StepReused("load", 2.0, stored("c"), "r-0", 1.5, "k" * 64)
    record(a_run("r-1", middle=completed("load", "a", "k")), [given, other, RunEnded("r-2", 3.0, State.FAILED)])
    assert pruning.needed(opened) == {"a" * 64, "c" * 64, "g" * 64}
    pruning.forget(opened, ["r-1"])
    assert pruning.needed(opened) == {"c" * 64, "g" * 64}


def test_a_result_goes_to_the_kept_run_that_reused_it(record, a_run, found, history, opened):
    record(a_run("r-1", middle=completed("load", "a", "k", loss=0.5)))
    record(a_run("r-2", middle=reused("load", found("k"), "k", loss=0.5)))
    pruning.forget(opened, ["r-1"])
    earlier = found("k")
    assert (earlier.run, earlier.step, earlier.outputs, earlier.duration) == ("r-2", "load", stored("a"), 1.5)
    assert earlier.metrics == (("loss", 0.5, None),)
    assert history.cache.last_bases("train")["load"].fingerprint == "f" * 64


def test_a_result_goes_to_the_newest_run_that_has_it(record, a_run, found, opened):
    record(a_run("r-1", middle=completed("load", "a", "k")))
    record(*(a_run(f"r-{number}", started=-number, middle=reused("load", found("k"), "k")) for number in (2, 3)))
    pruning.forget(opened, ["r-1"])
    assert found("k").run == "r-3"


@pytest.mark.parametrize(
    "other",
    [
        [StepReused("load", 2.0, stored("a"), "r-1", 1.5, "k" * 64)],  # which result that was, nobody knows
        completed("load", "a", "j", loss=0.5),  # computed anew, under another key
    ],
)
def test_a_result_does_not_go_to_a_run_that_has_not_taken_it(record, a_run, found, opened, other):
    record(a_run("r-1", middle=completed("load", "a", "k", loss=0.5)), a_run("r-2", middle=other))
    pruning.forget(opened, ["r-1"])
    assert found("k") is None


def test_a_result_that_a_step_of_another_name_took_finds_a_place(record, a_run, found, opened):
    record(a_run("r-1", middle=[*completed("load", "a", "k"), *completed("fit", "a", "j")]))
    record(a_run("r-2", middle=[*reused("fit", found("k"), "k"), *reused("load", found("j"), "j")]))
    pruning.forget(opened, ["r-1"])
    assert [(found(key).run, found(key).step) for key in "kj"] == [("r-2", "fit"), ("r-2", "load")]


def test_a_result_moves_on_from_run_to_run(record, a_run, found, opened):
    record(a_run("r-0", middle=completed("load", "a", "k")))
    for run in ("r-1", "r-2"):
        record(a_run(run, middle=reused("load", found("k"), "k")))
    pruning.forget(opened, ["r-0"])
    pruning.forget(opened, ["r-2"])
    assert found("k").run == "r-1"


def test_a_reused_step_keeps_its_small_outputs_when_the_run_that_made_them_is_deleted(
    record, a_run, an_artifact, found, history
):
    made = {"output": an_artifact(), "other": an_artifact("y")}
    record(a_run("r-1", middle=[StepCompleted("load", 2.0, made, 1.5, Basis("k" * 64, "f" * 64))]))
    record(a_run("r-2", middle=reused("load", found("k"), "k")))
    history.delete("r-1")
    assert (history.steps("r-2")[0].outputs, found("k").outputs) == (made, made)
    assert [origin.run for origin in history.lineage.origins("y" * 64)] == ["r-2"]


def test_a_step_keeps_its_outputs_though_the_result_was_forgotten_before_that_was_written(
    record, a_run, an_artifact, found, history
):
    made = {"output": an_artifact()}
    record(a_run("r-1", middle=[StepCompleted("load", 2.0, made, 1.5, Basis("k" * 64, "f" * 64))]))
    taken = reused("load", found("k"), "k")
    history.delete("r-1")
    record(a_run("r-2", middle=[*taken, StepReused("fit", 2.0, made, "r-2", 1.5, "k" * 64)]))
    assert [step.outputs for step in history.steps("r-2")] == [made, made]


def test_an_equal_call_of_the_same_run_shares_its_result(record, a_run, an_artifact, history, opened):
    made = {"output": an_artifact()}
    first = StepCompleted("load", 2.0, made, 1.5, Basis("k" * 64, "f" * 64))
    record(a_run("r-1", middle=[first, StepReused("fit", 2.0, made, "r-1", 1.5, "k" * 64)]))
    assert [step.outputs for step in history.steps("r-1")] == [made, made]
    assert set(history.cache.last_bases("train")) == {"load", "fit"}


def test_a_rehearsal_tells_the_same_and_changes_nothing(record, a_run, found, opened):
    record(a_run("r-1", middle=completed("load", "a", "k")))
    record(
        a_run("r-2", middle=[*completed("fit", "b", "j"), *reused("load", found("k"), "k")]),
        a_run("r-3", middle=completed("load", "c", "l")),
    )
    before = {table: rows(opened, table) for table in TABLES}
    rehearsed, needed = pruning.rehearse(opened, ["r-3", "r-1"])
    assert {table: rows(opened, table) for table in TABLES} == before
    assert (pruning.forget(opened, ["r-3", "r-1"]), pruning.needed(opened)) == (rehearsed, needed)


def test_two_that_forget_at_once_forget_each_run_once(record, a_run, opened, location):
    record(*(a_run(f"r-{number}", started=number) for number in range(3)))
    other = connect(location)
    assert pruning.forget(other, ["r-2", "r-1"]).runs == ("r-2", "r-1")
    assert pruning.forget(opened, ["r-2", "r-1", "r-0"]).runs == ("r-0",)
    other.close()


def test_recorders_write_between_the_portions(record, a_run, a_graph, opened, location, history):
    record(*(a_run(f"r-{number:02}", started=number) for number in range(25)))
    doomed = [run.id for run in pruning.lifetimes(opened)]
    pruning.forget(opened, doomed, lambda done: record(a_run(f"new-{done}", started=99.0)))
    assert sorted(run.id for run in history.runs()) == ["new-10", "new-20", "new-25"]
    assert history.graph("new-10") == a_graph()


def test_what_made_an_artifact_is_known(record, a_run, opened):
    record(a_run("r-1", middle=completed("load", "a", "k")))
    assert pruning.made_by(opened, ["r-1"]) == {"a" * 64: pruning.Known("a" * 64, 1000, "the table a", "r-1", "load")}


def test_an_artifact_that_is_carried_in_the_history_has_no_files(record, a_run, an_artifact, opened):
    record(a_run("r-1", middle=[StepCompleted("load", 2.0, {"output": an_artifact()}, 1.0)]))
    assert pruning.made_by(opened, ["r-1"]) == {}


def test_lifetimes_come_newest_first_with_the_host(record, a_run, running, opened):
    record(a_run("r-1", started=1.0))
    ended, live = pruning.lifetimes(opened)  # the one that began later, whatever its clock said
    assert (live.id, live.state, live.ended, live.host) == (running, State.RUNNING, None, os.uname().nodename)
    assert (ended.id, ended.state, ended.started, ended.ended) == ("r-1", State.COMPLETED, 1.0, 4.0)


def test_fingerprints_that_no_result_is_based_on_go(record, a_run, opened):
    begin, *rest = a_run("r-1", middle=completed("load", "a", "k"))
    record([RunStarted("r-1", begin.graph, "x", 1.0, manifests=MANIFESTS), *rest])
    opened.execute("INSERT INTO fingerprints (digest, document) VALUES (?, ?)", ("x", "{}"))
    assert pruning.forget(opened, []).records == 1
    assert [row[0] for row in rows(opened, "fingerprints")] == ["f" * 64]


def test_a_locked_history_is_said_so_and_nothing_is_forgotten(record, a_run, opened, sqlite_path, monkeypatch):
    if opened.engine.prepare_schema:
        pytest.skip("Postgres waits")
    record(a_run("r-1"))
    opened.rows("PRAGMA busy_timeout = 10")
    with connect(sqlite_path).transaction(), pytest.raises(HistoryBusy):
        pruning.forget(opened, ["r-1"])
    assert len(rows(opened, "runs")) == 1
