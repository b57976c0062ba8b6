"""What a bundle asks for is read from its graph, without the classes of its defaults, and values become what parameters are."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from penstock import State
from penstock.compilers.datapaths import DataPath
from penstock.compilers.graph import Attached, Graph, Literal, Parameter
from penstock.compilers.schemas import schema_of
from penstock.compilers.serialisation import to_json
from penstock.runtime.bundles.parameters import as_json, outline, signature_of, written
from penstock.runtime.bundles.values import as_python, parameter_value
from penstock.runtime.errors import BundleError


def asking(default: Any) -> Graph:
    return Graph("p", (), (Parameter("x", "T", {}, Literal(default)),))


@pytest.mark.parametrize(
    ("default", "sent"),
    [
        (State.FAILED, "FAILED"), ([State.FAILED, 1], ["FAILED", 1]), ({"a": State.FAILED}, {"a": "FAILED"}),
        ({"b", "a", "c"}, ["a", "b", "c"]), (frozenset({State.FAILED}), ["FAILED"]), ((1, "a"), [1, "a"]),
        (date(2026, 11, 22), "2026-11-22"), (Path("a/b"), "a/b"), (DataPath("store", "a"), "datastore://store/a"), (None, None),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_default_is_told_as_a_caller_would_send_it_whether_its_class_is_here_or_not(default, sent):
    named = outline(to_json(asking(default)).encode(), "b")
    assert signature_of(asking(default)) == signature_of(named)
    assert signature_of(named).parameters[0].default == Literal(sent)
    assert written(asking(default)) == written(named)


@pytest.mark.parametrize(
    "default", [b"a", 1j, Decimal("1.5"), float("nan"), {1: "a"}, {State.FAILED: 1}, [b"a"]], ids=str
)
def test_a_default_that_json_cannot_say_is_there_and_not_told(default):
    for graph in (asking(default), outline(to_json(asking(default)).encode(), "b")):
        assert signature_of(graph).parameters[0].default == Attached("parameter:x")
        document = json.loads(written(graph))
        assert (document["required"], "default" in document["properties"]["x"]) == ([], False)


def test_a_graph_that_cannot_be_read_is_told_with_the_name_of_the_bundle():
    with pytest.raises(BundleError, match=r"version 1 of p cannot be used as a bundle: its graph.json cannot be read"):
        outline(b"{", "version 1 of p")


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (tuple[int, ...], (1, 2)), (tuple, (1, "a")), (frozenset[str], frozenset({"a"})), (set[str], {"a"}), (list[int], [1]),
        (tuple[int, Path], (1, Path("a"))), (dict[str, tuple[int, ...]], {"a": (1,)}), (list[State], [State.FAILED]),
        (frozenset[str] | None, frozenset({"a"})), (date | None, date(2026, 11, 22)), (DataPath, DataPath("store", "a")),
    ],
    ids=str,
)  # fmt: skip
def test_json_becomes_what_the_type_says_however_deep(hint, value):
    made = as_python(json.loads(json.dumps(as_json(value))), schema_of(hint))
    assert (made, type(made)) == (value, type(value))


def test_a_text_that_names_a_file_is_read_as_asked():
    schema = schema_of(list[Path | None])
    assert as_python(["a", None, "b"], schema, path=lambda text: f"<{text}>") == ["<a>", None, "<b>"]


def test_a_member_of_a_class_that_travels_by_value_is_one_of_its_defaults_class():
    parameter = Parameter("x", "State", {"enum": ["FAILED"]}, Attached("parameter:x"))
    assert parameter_value("FAILED", parameter, {"parameter:x": State.RUNNING}) is State.FAILED
    assert parameter_value("OTHER", parameter, {"parameter:x": State.RUNNING}) == "OTHER"
    assert parameter_value("FAILED", parameter, {}) == "FAILED"
