"""Artifacts are followed to where they were made and to what they went into."""

from __future__ import annotations

from penstock.runtime.events import StepCompleted, StepReused
from penstock.runtime.history import Origin


def test_an_artifact_is_followed_to_all_steps_that_made_it(record, a_run, history, an_artifact):
    made = [StepCompleted("load", 1.0, {"output": an_artifact()})]
    record(
        a_run("r-1", middle=made),
        a_run("r-2", started=2000.0, middle=[StepReused("load", 1.0, made[0].outputs, "r-1")]),
    )
    assert history.lineage.origins("x" * 64) == (Origin("r-1", "load", "output"), Origin("r-2", "load", "output"))


def test_an_unknown_artifact_has_no_origin(history):
    assert history.lineage.origins("nope") == ()


def test_what_was_given_to_a_run_is_remembered(record, a_run, history, an_artifact):
    record(a_run(inputs={"source": an_artifact("s")}))
    assert history.lineage.given("r-1") == {"source": an_artifact("s")}
    assert history.lineage.origins("s" * 64) == (Origin("r-1", "", "source"),)


def test_artifacts_of_kept_runs_are_needed(record, a_run, history, an_artifact):
    record(
        a_run("r-1", inputs={"a": an_artifact("a")}),
        a_run("r-2", inputs={"a": an_artifact("a"), "b": an_artifact("b")}),
    )
    history.delete("r-2")
    assert history.lineage.needed() == {"a" * 64}
