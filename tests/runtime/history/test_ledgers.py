"""Events change rows, and rows stay marked until they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.graph import FunctionRef, Node
from penstock.runtime import events as e
from penstock.runtime.history.absorption import absorb
from penstock.runtime.history.ledgers import open_ledger
from penstock.runtime.history.tables import plain
from penstock.runtime.states import State


@pytest.fixture
def ledger(a_graph):
    return open_ledger(e.RunStarted("r-1", a_graph(), "taxi", 10.0))


def told(ledger, *happened):
    for event in happened:
        absorb(event, ledger)
    return ledger


def written_tables(ledger):
    return {table.name: len(rows) for table, rows in ledger.changes() if rows}


def test_a_step_has_no_row_before_it_begins(ledger):
    assert written_tables(ledger) == {"runs": 1}
    told(ledger, e.StepStarted("load", 11.0))
    assert written_tables(ledger) == {"runs": 1, "steps": 1}


def test_where_no_graph_is_kept_each_step_has_a_row_from_the_beginning(ledger):
    ledger.show_all()
    assert written_tables(ledger) == {"runs": 1, "steps": 2}


def test_only_what_changed_is_written_again(ledger):
    ledger.mark_written()
    assert ledger.written
    told(ledger, e.StepStarted("fit", 11.0))
    assert written_tables(ledger) == {"runs": 1, "steps": 1}


def test_many_events_of_one_step_are_one_row(ledger, an_artifact):
    ledger.mark_written()
    told(ledger, e.StepStarted("fit", 11.0), e.StepCompleted("fit", 12.0, {"output": an_artifact()}, 0.5))
    assert written_tables(ledger) == {"runs": 1, "steps": 1, "artifacts": 1}


def test_what_was_not_written_stays_marked(ledger):
    told(ledger, e.MetricLogged("fit", 11.0, "loss", 0.5))
    ledger.changes()
    assert written_tables(ledger)["metrics"] == 1


def test_progress_leaves_nothing_behind(ledger):
    ledger.mark_written()
    assert told(ledger, e.Progressed("fit", 11.0, 1)).written


def test_states_are_counted(ledger):
    told(ledger, e.StepStarted("load", 11.0), e.StepSkipped("fit", 12.0, "load failed"))
    assert +ledger.counts == {"running": 1, "skipped": 1}


def unfolded(step: str, *items: str) -> e.StepUnfolded:
    nodes = tuple(Node(item, "fold", FunctionRef("m", "fold"), {}, label=item) for item in items)
    return e.StepUnfolded(step, 11.0, nodes, tuple(range(len(items))), "why")


def test_what_a_step_is_unfolded_to_stands_beside_it(ledger):
    told(ledger, unfolded("load", "load[0]", "load[1]"))
    row = ledger.steps["load[1]"]
    assert (row.name, row.function, row.position, row.ordinal) == ("fold", "m:fold", 0, 3)
    assert (row.parent, row.place, row.state) == ("load", 1, "pending")
    assert (ledger.steps["load"].state, ledger.steps["load"].reason) == ("running", "why")
    assert +ledger.counts == {"running": 1, "pending": 3}


def test_a_retried_step_keeps_its_first_start(ledger, a_failure):
    told(
        ledger,
        e.StepStarted("fit", 11.0),
        e.StepRetried("fit", 12.0, 1, a_failure()),
        e.StepStarted("fit", 13.0, attempt=2),
    )
    assert (ledger.steps["fit"].started, ledger.steps["fit"].attempts) == (11.0, 2)


def test_an_abandoned_run_fails_its_running_steps_and_cancels_the_others(ledger):
    told(ledger, e.StepStarted("load", 11.0)).abandon(State.FAILED, "left")
    assert {row.id: (row.state, row.reason) for row in ledger.steps.values()} == {
        "load": ("failed", "left"),
        "fit": ("cancelled", "left"),
    }
    assert (ledger.run.state, ledger.run.ended, ledger.run.problem) == ("failed", 11.0, "left")


@given(st.text())
def test_kept_text_can_be_encoded_and_has_no_nul(text):
    kept = plain(text)
    assert "\0" not in kept and kept.encode().decode() == kept


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_ordinary_text_is_kept_as_it_is(text):
    assert plain(text) == text


@given(st.text(st.characters(categories=["Cs", "Ll"])))
def test_halves_of_characters_are_replaced(text):
    assert len(plain(text)) == len(text)
