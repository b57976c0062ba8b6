"""What a step reports, in a run and outside one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from penstock import log_figure, log_metric, log_text, progress
from penstock.runtime import reporting
from penstock.runtime.context import StepContext, Entered
from penstock.runtime.events import FileLogged, MetricLogged, Progressed


@pytest.fixture
def events(tmp_path: Path) -> Iterator[list[object]]:
    told: list[object] = []
    with Entered(StepContext("group/train", "r", 1, tmp_path, told.append)):
        yield told


@pytest.mark.parametrize("value", [1, 1.0, True, np.float32(1), np.array([1.0])[0], Decimal(1), "1"])
def test_whatever_is_a_number_is_a_metric(events, value):
    log_metric("loss", value, step=3)
    (event,) = events
    assert isinstance(event, MetricLogged) and (event.name, event.value, event.index) == ("loss", 1.0, 3.0)


@pytest.mark.parametrize("value", [None, "high", [1.0], 1j])
def test_what_is_no_number_is_refused_by_name(events, value):
    with pytest.raises(TypeError, match="log_metric.'loss'. takes a number, and was given a "):
        log_metric("loss", value)
    assert events == []


@pytest.mark.parametrize("name", [None, 3, ""])
def test_a_metric_needs_a_name(events, name):
    with pytest.raises(TypeError, match="takes a name"):
        log_metric(name, 1.0)


def test_a_position_that_is_no_number_is_refused(events):
    with pytest.raises(TypeError, match="step='first'.: the step is no number"):
        log_metric("loss", 1.0, step="first")


def test_a_text_is_kept_under_its_name(events, tmp_path):
    log_text("notes", "caf\u00e9")
    log_text("table.csv", "a,b")
    assert [event.path for event in events] == ["files/group/train/notes.txt", "files/group/train/table.csv"]
    assert (tmp_path / events[0].path).read_text(encoding="utf-8") == "caf\u00e9"


@pytest.mark.parametrize("name", ["", "../out", "a/b", "/etc/passwd", ".", "..", ".hidden"])
def test_a_name_that_leads_elsewhere_is_refused(events, name):
    with pytest.raises(ValueError, match="is no name for a logged file"):
        log_text(name, "text")


class Saves:
    def __init__(self, verb: str) -> None:
        setattr(self, verb, lambda path: Path(path).write_bytes(b"picture"))


@pytest.mark.parametrize("verb", ["savefig", "write_image", "save"])
def test_a_figure_is_saved_in_its_own_way(events, tmp_path, verb):
    log_figure("curve", Saves(verb))
    assert isinstance(events[0], FileLogged) and (tmp_path / events[0].path).read_bytes() == b"picture"


def test_a_figure_may_be_a_file(events, tmp_path):
    (tmp_path / "plot.svg").write_text("<svg/>")
    log_figure("plot.svg", tmp_path / "plot.svg")
    assert (tmp_path / events[0].path).read_text() == "<svg/>"


def test_what_is_no_figure_is_refused(events):
    with pytest.raises(TypeError, match="was given a int"):
        log_figure("curve", 3)


def test_progress_gives_every_item_and_tells_the_last(events):
    assert list(progress("abc", label="letters")) == ["a", "b", "c"]
    assert isinstance(events[-1], Progressed)
    assert (events[-1].done, events[-1].total, events[-1].label) == (3, 3, "letters")


def test_progress_is_quiet_between_two_reports(events, monkeypatch):
    monkeypatch.setattr(reporting, "_QUIET", 3600.0)
    list(progress(range(1000)))
    assert [event.done for event in events] == [1, 1000]


def test_progress_of_unknown_length_has_no_total(events):
    assert list(progress(iter([1]))) == [1] and events[0].total is None
    list(progress(iter([1, 2]), total=2))
    assert events[-1].total == 2


def test_outside_a_run_the_same_calls_print(capsys):
    log_metric("loss", 0.5, step=2)
    log_text("notes", "well")
    log_figure("curve", "a figure")
    assert list(progress([1, 2])) == [1, 2]
    assert capsys.readouterr().out == "loss = 0.5 (step 2)\nnotes:\nwell\ncurve: 'a figure'\n"
