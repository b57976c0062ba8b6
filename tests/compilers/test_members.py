"""Members of enums: imported where a document is one's own, left at their names where it may be anybody's."""

from __future__ import annotations

import sys

import pytest

from penstock import State
from penstock.compilers.errors import GraphFormatError
from penstock.compilers.graph import FunctionRef, Graph, Literal, Node, Parameter
from penstock.compilers.members import Member
from penstock.compilers.serialisation import digest, from_json, to_json
from penstock.compilers.values import from_json as value_from
from penstock.compilers.values import is_plain
from penstock.compilers.values import to_json as value_to

FAILED = Member("penstock.runtime.states:State.FAILED")


def holding(value: object) -> Graph:
    node = Node("f", "f", FunctionRef("m", "f"), {"x": Literal(value)})
    return Graph("p", (node,), (Parameter("state", "State", default=Literal(value)),), Literal(value))


@pytest.fixture
def marking(tmp_path, monkeypatch) -> str:
    (tmp_path / "imported_by_a_document.py").write_text("from enum import Enum\nclass Kind(Enum):\n    A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "imported_by_a_document"
    sys.modules.pop("imported_by_a_document", None)


@pytest.mark.parametrize(
    "wrap",
    [lambda x: x, lambda x: [x], lambda x: (1, x), lambda x: {x}, lambda x: frozenset([x]), lambda x: {x: [{"a": x}]}],
)
def test_members_stay_names_wherever_they_are(wrap):
    read = value_from(value_to(wrap(State.FAILED)), member=Member)
    assert read == wrap(FAILED)
    assert value_to(read) == value_to(wrap(State.FAILED))
    assert is_plain(read)


def test_a_graph_with_names_has_the_document_and_the_digest_of_that_with_members():
    graph = holding([State.FAILED])
    named = from_json(to_json(graph), member=Member)
    assert named == holding([FAILED])
    assert (to_json(named), digest(named)) == (to_json(graph), digest(graph))
    assert from_json(to_json(named)) == graph


def test_reading_by_names_imports_nothing_and_reading_members_does(marking):
    document = to_json(holding(Member(f"{marking}:Kind.A")))
    assert from_json(document, member=Member).output == Literal(Member(f"{marking}:Kind.A"))
    assert marking not in sys.modules
    assert from_json(document).output.value.name == "A"
    assert marking in sys.modules


def test_a_name_is_shown_as_python_writes_it_and_sent_without_its_class():
    assert (repr(FAILED), FAILED.short) == ("State.FAILED", "FAILED")


@pytest.mark.parametrize("name", [None, 5, [], {}, ["a:B.C"]])
def test_what_is_no_text_names_no_member(name):
    with pytest.raises(GraphFormatError, match="a member is named by a text"):
        value_from({"$enum": name}, member=Member)


@pytest.mark.parametrize("beginning", ['{"$tuple": [', "["])
def test_a_document_that_is_nested_too_deeply_is_refused(beginning):
    ends = {'{"$tuple": [': "]}", "[": "]"}
    value = beginning * 600 + ends[beginning] * 600
    document = to_json(holding(1)).replace('"value": 1', f'"value": {value}')
    with pytest.raises(GraphFormatError):
        from_json(document, member=Member)
