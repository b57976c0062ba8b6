"""The changes that a reason speaks of are found again in the history."""

from __future__ import annotations

import attrs
import pytest
from penstock.compilers.fingerprints import Manifest
from penstock.compilers.fingerprints.manifests import Definition
from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime.changes import EarlierCode, code_changes, graph_of
from penstock.runtime.errors import HistoryError
from penstock.runtime.history.records import RunRecord
from penstock.runtime.states import State


def manifest(text: str) -> Manifest:
    return Manifest((Definition("function", "m.fit", "m.py", 1, text, f"def fit():\n    return {text}", ()),))


KNOWN = {text: manifest(text) for text in ("1", "2", "3")}
REASON = "m.fit (m.py:1) changed; input n changed: 1 -> 2"


@attrs.define
class Past:
    """A history of runs whose step had these fingerprints, the newest first; an empty one stands for a lost graph."""

    fingerprints: list[str]
    asked: int = 0

    def runs(self, **_: object) -> list[RunRecord]:
        return [
            RunRecord(str(number), "study", "study", State.COMPLETED, 0.0) for number in range(len(self.fingerprints))
        ]

    def graph(self, run: str, **_: object) -> Graph:
        self.asked += 1
        if not self.fingerprints[int(run)]:
            raise HistoryError(run)
        return Graph(
            "study", (Node("fit", "fit", FunctionRef("m", "fit"), {}, fingerprint=self.fingerprints[int(run)]),)
        )


def told(past: Past, now: str = "3", reason: str = REASON) -> list[str | None]:
    earlier = EarlierCode(past, "study", KNOWN.get)  # type: ignore[arg-type]
    return [change.before for change in earlier.told("fit", now, reason)]


def test_the_newest_code_that_was_another_one_is_compared():
    assert told(Past(["3", "2", "1"])) == ["def fit():\n    return 2"]


def test_graphs_and_manifests_that_were_lost_are_passed_over():
    assert told(Past(["", "gone", "1"])) == ["def fit():\n    return 1"]


@pytest.mark.parametrize("reason", ["", "it has not completed before", "input n changed: 1 -> 2"])
def test_a_reason_that_speaks_of_no_code_has_no_changes(reason):
    assert told(Past(["1"]), reason=reason) == []


def test_a_step_that_was_never_there_has_no_changes():
    assert EarlierCode(Past(["1"]), "study", KNOWN.get).told("other", "3", REASON) == ()  # type: ignore[arg-type]


def test_a_graph_is_read_once_for_all_steps():
    past = Past(["3", "2"])
    earlier = EarlierCode(past, "study", KNOWN.get)  # type: ignore[arg-type]
    assert earlier.told("fit", "3", REASON) == earlier.told("fit", "3", REASON) and past.asked == 2


def test_code_that_nobody_knows_is_none_and_equal_code_has_no_changes():
    assert code_changes("1", "gone", KNOWN.get) is None and code_changes(None, "1", KNOWN.get) is None
    assert code_changes("1", "1", KNOWN.get) == () == code_changes(None, None, KNOWN.get)


def test_a_graph_that_was_not_kept_is_none():
    assert graph_of(Past([""]), "0") is None  # type: ignore[arg-type]
