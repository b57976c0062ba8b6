"""Two runs side by side."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import ModuleType

import attrs
import pytest
from penstock import Local, Run, Workspace, compare
from penstock.runtime.comparisons import Change, Comparison, MetricChange, StepChange
from penstock.runtime.errors import RunNotFound
from penstock.runtime.history.records import StepRecord
from penstock.runtime.states import State

FLOW = """
from penstock import log_metric, pipeline, step

def scale(value):
    return value * 2

@step
def load(n: int) -> int:
    return n

@step
def fit(n: int, name: str) -> int:
    log_metric("score", scale(n))
    return scale(n)

@step
def tell(n: int) -> int:
    return n

@pipeline
def study(n: int = 1, more: bool = False) -> int:
    return fit(load(n), "first")

@pipeline
def wider(n: int = 1) -> int:
    return tell(fit(load(n), "first"))
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a pipeline of a module whose text can be changed from run to run."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def go(pipeline: str = "study", text: str = FLOW, tags: dict[str, str] | None = None, **parameters: object) -> Run:
        monkeypatch.delitem(sys.modules, "flow_to_compare", raising=False)
        (tmp_path / "flow_to_compare.py").write_text(text)
        module: ModuleType = __import__("flow_to_compare")
        local = Local(workspace=tmp_path, executor="inline", display="none", tags=tags or {}, raise_on_failure=False)
        return local.run(getattr(module, pipeline), **parameters)

    return go


@pytest.fixture
def last_two(tmp_path: Path):
    """Compare the newest run with the one before."""

    def go() -> Comparison:
        return compare("last~1", "last", workspace=Workspace.open(tmp_path))

    return go


def test_equal_runs_do_not_differ(run, last_two):
    run(n=3)
    run(n=3)
    found = last_two()
    assert not found.differs and str(found).endswith("do not differ")
    assert [change.after.state for change in found.steps] == [State.REUSED, State.REUSED]


def test_a_parameter_is_named_and_so_is_what_followed_from_it(run, last_two):
    run(n=3)
    run(n=4)
    found = last_two()
    assert [change for change in found.parameters if change.differs] == [Change("n", "3", "4")]
    assert found.metrics == (MetricChange("fit", "score", 6.0, 8.0),) and found.code == ()
    assert [change.same_outputs for change in found.steps] == [False, False] and found.differs


def test_a_changed_helper_is_named_once_with_the_steps_that_reach_it(run, last_two):
    run("wider")
    run("wider", FLOW.replace("value * 2", "value * 3"))
    (code,) = last_two().code
    assert (code.change.name, code.steps) == ("flow_to_compare.scale", ("fit",))
    assert "+    return value * 3" in code.change.diff


def test_steps_that_only_one_run_has_are_told(run, last_two):
    run("study")
    run("wider")
    found = {change.step: change for change in last_two().steps}
    assert found["tell"].before is None and found["tell"].differs and found["load"].before is not None


def test_facts_tags_and_packages_are_side_by_side(run, last_two):
    run(tags={"owner": "ada"})
    run("wider")
    found = last_two()
    facts = {fact.name: fact for fact in found.facts}
    assert facts["pipeline"] == Change("pipeline", "study", "wider")
    assert facts["tag owner"] == Change("tag owner", "ada", None) and not facts["python"].differs
    assert "attrs" in {package.name for package in found.packages}


def test_a_live_run_can_be_compared(run):
    first, second = run(n=1), run(n=2)
    assert compare(first, second).differs and not compare(first, first).differs


def test_an_unknown_run_is_not_found(run, tmp_path):
    run()
    with pytest.raises(RunNotFound):
        compare("last~7", "last", workspace=Workspace.open(tmp_path))


@pytest.mark.parametrize(("before", "after", "differs", "percentage"), [
    (2.0, 3.0, True, 50.0), (-2.0, -1.0, True, 50.0), (2.0, 2.0, False, 0.0), (0.0, 1.0, True, None),
    (None, 1.0, True, None), (math.nan, math.nan, False, None), (math.nan, 1.0, True, None), (math.inf, 1.0, True, None),
])  # fmt: skip
def test_a_metric_differs_by_so_many_percent(before, after, differs, percentage):
    change = MetricChange("fit", "score", before, after)
    assert (change.differs, change.percentage) == (differs, percentage)


@pytest.mark.parametrize(("before", "after", "expected"), [
    (1.0, 1.05, False), (1.0, 1.2, True), (0.01, 0.09, False), (0.01, 0.2, True), (100.0, 105.0, False), (1.0, None, False),
])  # fmt: skip
def test_a_duration_differs_by_a_tenth_and_a_tenth_of_a_second(before, after, expected):
    step = StepRecord("r", "fit", "fit", "m:fit", 0, State.COMPLETED)
    change = StepChange("fit", attrs.evolve(step, duration=before), attrs.evolve(step, duration=after))
    assert change.takes_another_time is change.differs is expected
