"""Serialisation: graphs come back from their documents, and broken documents are refused with the path of the fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import penstock.compilers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import InvalidGraph
from penstock.compilers.errors import GraphFormatError
from penstock.compilers.graph import FunctionRef, Graph, Literal, Node, NodeOptions, Output
from penstock.compilers.serialisation import digest, from_dict, from_json, json_schema, to_dict, to_json

SCHEMA_FILE = Path(penstock.compilers.__file__).parent / "graph.schema.json"


def places(data: Any, path: str = "$") -> Iterator[tuple[str, Any, Any]]:
    """Yield the path, container and key of everything in a document."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, item in list(pairs):
        inner = f"{path}.{key}" if isinstance(data, dict) else f"{path}[{key}]"
        yield inner, data, key
        yield from places(item, inner)


def is_free(path: str) -> bool:
    """Say whether a place is inside a value or a schema, whose content is checked by rules of its own."""
    return ".value" in path or ".keys" in path or (".schema" in path and path != "$.schema")


def with_literal(value: object) -> Graph:
    return Graph("p", (Node("f", "f", FunctionRef("m", "f"), {"x": Literal(value)}),))


@given(st.data())
def test_a_graph_comes_back_from_its_document(graphs, data):
    graph = data.draw(graphs())
    assert from_json(to_json(graph)) == graph
    assert to_json(from_json(to_json(graph))) == to_json(graph)


@given(st.data())
def test_the_options_of_a_node_come_back(options, data):
    graph = Graph("p", (Node("f", "f", FunctionRef("m", "f"), {}, options=data.draw(options)),))
    assert from_json(to_json(graph)) == graph


@given(st.data())
def test_a_plain_value_comes_back_in_a_graph(plain_values, data):
    graph = with_literal(data.draw(plain_values))
    assert from_json(to_json(graph)) == graph


@given(st.data())
def test_a_document_fits_the_published_schema(graphs, data):
    document = json.loads(to_json(data.draw(graphs())))
    jsonschema.Draft202012Validator(json_schema()).validate(document)


def test_the_graph_with_one_of_everything_comes_back(rich, golden):
    text = to_json(rich)
    golden("rich.json", text)
    assert from_json(text) == rich
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(text))


def test_the_document_has_one_line_a_node(rich):
    lines = to_json(rich).splitlines()
    assert sum(line.startswith('{"id": ') for line in lines) == len(rich)


def test_defaults_are_left_out():
    assert to_dict(Graph("p", ())) == {"schema": 1, "name": "p", "nodes": []}


def test_a_schema_inside_a_parameter_is_plain_json(rich):
    assert to_dict(rich)["parameters"][0]["schema"] == {"type": "string"}


def test_half_a_surrogate_pair_is_escaped():
    graph = with_literal("\ud800")
    assert from_json(to_json(graph).encode().decode()) == graph


def test_letters_of_any_language_are_written_as_they_are():
    assert "größe" in to_json(with_literal("größe"))


def test_the_published_schema_is_up_to_date(request):
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--update-golden"):
        SCHEMA_FILE.write_text(text, encoding="utf-8")
    assert SCHEMA_FILE.read_text(encoding="utf-8") == text


def test_the_published_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def test_every_class_of_the_schema_says_what_it_is():
    assert all(definition["description"] for definition in json_schema()["$defs"].values())


def test_each_mistyped_field_is_refused_with_its_path(rich):
    for path, _container, _key in places(to_dict(rich)):
        document = copy.deepcopy(to_dict(rich))
        container, key = next((box, key) for found, box, key in places(document) if found == path)
        container[key] = {"$nonsense": object()}
        if is_free(path):
            continue
        with pytest.raises(GraphFormatError) as caught:
            from_dict(document)
        assert caught.value.path.startswith(path), path


def test_each_unknown_field_is_refused_with_its_path(rich):
    records = [path for path, box, key in places(to_dict(rich)) if isinstance(box[key], dict) and not is_free(path)]
    for path in [
        "$",
        *(path for path in records if path.split(".")[-1] not in ("schema", "inputs", "variables", "tags")),
    ]:
        document = copy.deepcopy(to_dict(rich))
        found = [box[key] for where, box, key in places(document) if where == path] or [document]
        found[0]["nonsense"] = 1
        with pytest.raises(GraphFormatError, match="unknown field 'nonsense'; a ") as caught:
            from_dict(document)
        assert caught.value.path == path


def test_each_deleted_field_is_refused_or_has_a_default(rich):
    kept = []
    for path, _container, _key in places(to_dict(rich)):
        document = copy.deepcopy(to_dict(rich))
        container, key = next((box, key) for found, box, key in places(document) if found == path)
        del container[key]
        try:
            from_dict(document)
            kept.append(path)
        except GraphFormatError as error:
            assert path.startswith(error.path) or is_free(path), path
        except InvalidGraph as error:
            assert any(part in error.problem for part in ("needs the", " keys and ", "stands in the group")), path
    assert "$.nodes[0].inputs.lr" in kept
    assert not {"$.schema", "$.name", "$.nodes", "$.nodes[0].id", "$.nodes[0].function.module"} & set(kept)


@pytest.mark.parametrize(
    ("record", "field", "owner"),
    [
        ("$", "name", "Graph"), ("$", "nodes", "Graph"), ("$.nodes[0]", "id", "Node"), ("$.nodes[0]", "name", "Node"),
        ("$.nodes[0]", "function", "Node"), ("$.nodes[0]", "inputs", "Node"), ("$.nodes[0].function", "module", "FunctionRef"),
        ("$.nodes[0].function", "qualname", "FunctionRef"), ("$.nodes[1].source", "file", "Source"),
        ("$.nodes[1].outputs[0]", "name", "Output"), ("$.parameters[0]", "name", "Parameter"), ("$.groups[0]", "id", "Group"),
        ("$.nodes[1].inputs.mixed", "items", "Collection"),
    ],
)  # fmt: skip
def test_a_missing_field_is_named_with_its_owner(rich, record, field, owner):
    document = copy.deepcopy(to_dict(rich))
    found = [box[key] for path, box, key in places(document) if path == record] or [document]
    del found[0][field]
    with pytest.raises(GraphFormatError, match=f"a {owner} needs the field {field!r}") as caught:
        from_dict(document)
    assert caught.value.path == record


@pytest.mark.parametrize("version", [0, 2, "1", 1.0, True, None])
def test_a_schema_of_another_version_is_refused(version):
    with pytest.raises(
        GraphFormatError, match=r"at \$\.schema: this Penstock reads graphs of schema 1, and the document's is"
    ):
        from_dict({"schema": version, "name": "p", "nodes": []})


def test_a_document_without_a_schema_is_refused():
    with pytest.raises(GraphFormatError, match="the document's is 'none'"):
        from_dict({"name": "p", "nodes": []})


def test_truncated_json_is_refused_wherever_it_ends(rich):
    text = to_json(rich).rstrip()
    for end in range(0, len(text), 7):
        with pytest.raises(GraphFormatError, match="the document is not JSON"):
            from_json(text[:end])


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[" * 100_000, '{"schema": 1, "name": "p", "nodes": [], "doc": NaN}', "1" * 5000]
)
def test_what_is_not_json_is_refused(text):
    with pytest.raises(GraphFormatError):
        from_json(text)


@pytest.mark.parametrize("document", [None, [], "graph", 5])
def test_a_document_that_is_no_object_is_refused(document):
    with pytest.raises(GraphFormatError, match="expected an object"):
        from_dict(document)


def test_a_broken_invariant_is_refused_too(rich):
    document = copy.deepcopy(to_dict(rich))
    document["nodes"][1]["after"] = ["nobody"]
    with pytest.raises(InvalidGraph, match="needs the node 'nobody', which does not exist"):
        from_dict(document)


@pytest.mark.parametrize(
    "field",
    [
        {"source": None},
        {"doc": "another"},
        {"label": "another"},
        {"options": NodeOptions(retries=5, tags={"a": "b"}, compute="gpu")},
    ],
    ids=str,
)
def test_the_digest_leaves_out_what_cannot_change_a_result(field):
    node = Node("f", "f", FunctionRef("m", "f"), {"x": Literal(1)})
    assert digest(Graph("p", (attrs.evolve(node, **field),), doc="a")) == digest(Graph("p", (node,), doc="b"))


@pytest.mark.parametrize(
    "field",
    [
        {"inputs": {"x": Literal(2)}}, {"inputs": {"x": Literal(1.0)}}, {"inputs": {"y": Literal(1)}}, {"id": "g"},
        {"fingerprint": "abc"}, {"options": NodeOptions(version="2")}, {"options": NodeOptions(hash_paths=("a",))},
        {"outputs": (Output("other"),)}, {"function": FunctionRef("m", "g")},
    ],
    ids=str,
)  # fmt: skip
def test_the_digest_holds_what_can_change_a_result(field):
    node = Node("f", "f", FunctionRef("m", "f"), {"x": Literal(1)})
    assert digest(Graph("p", (attrs.evolve(node, **field),))) != digest(Graph("p", (node,)))


def test_the_digest_of_a_graph_is_the_digest_of_what_was_read_back(rich):
    assert digest(from_json(to_json(rich))) == digest(rich)
    assert len(digest(rich)) == 64
