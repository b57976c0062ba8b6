"""What a bundle says of itself must follow from its graph; that is checked before it is taken, and nothing of it is imported."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from penstock.runtime.bundles import Packed, pack, read_archive
from penstock.runtime.bundles.archives import write_archive
from penstock.runtime.bundles.contents import GRAPH, MANIFESTS, PARAMETERS
from penstock.runtime.errors import BundleError
from penstock.runtime.bundles import identified

Change = Callable[[Any], object]


@pytest.fixture
def packed(flowing) -> Packed:
    return pack(identified(flowing.flow))


def claiming(packed: Packed, files: dict[str, bytes] | None = None, **claims: object) -> bytes:
    """Return a bundle that is whole as an archive, with other files and other words about itself."""
    contents, known = read_archive(packed.data)
    return write_archive(attrs.evolve(contents, **claims), {**known, **(files or {})})


def edited(packed: Packed, name: str, edit: Change) -> dict[str, bytes]:
    document = json.loads(read_archive(packed.data)[1][name])
    edit(document)
    return {name: json.dumps(document).encode()}


def refused(data: bytes, why: str) -> None:
    with pytest.raises(BundleError, match=why):
        Packed.received(data)


def test_what_was_packed_is_taken_as_it_is_and_nothing_is_imported(packed):
    sys.modules.pop("bundled_flow")
    assert Packed.received(packed.data) == packed
    assert "bundled_flow" not in sys.modules


def test_code_that_no_fingerprint_tells_apart_counts_by_its_files(flowing):
    compiled = identified(flowing.flow)
    nodes = tuple(attrs.evolve(node, fingerprint=None) for node in compiled.graph)
    packed = pack(attrs.evolve(compiled, graph=attrs.evolve(compiled.graph, nodes=nodes)))
    assert Packed.received(packed.data).content == packed.content
    refused(claiming(packed, {"code/bundled_helpers.py": b"def double(x):\n    return 3 * x\n"}), "its content is")


def test_another_content_is_refused_with_the_one_that_follows(packed):
    refused(
        claiming(packed, content="0" * 64),
        f"its content is '{'0' * 64}', and from its graph follows '{packed.content}'",
    )


def test_another_name_is_refused(packed):
    refused(claiming(packed, name="harmless"), "calls the pipeline 'harmless', and its graph is of 'flow'")


@pytest.mark.parametrize(
    "edit",
    [
        lambda document: document["properties"]["lr"].update(default=5),
        lambda document: document["properties"].pop("lr"),
        lambda document: document.update(required=[]),
        lambda document: document.update(title="other"),
        lambda document: document["x-fixed"].clear(),
    ],
)
def test_parameters_that_are_not_those_of_the_graph_are_refused(packed, edit):
    refused(claiming(packed, edited(packed, PARAMETERS, edit)), "parameters.json does not say what its graph asks for")


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
@pytest.mark.parametrize("name", [PARAMETERS, GRAPH, MANIFESTS])
def test_documents_that_are_none_are_refused(packed, name, text):
    refused(claiming(packed, {name: text}), f"{name} (does not say|cannot be read)")


def test_a_graph_of_other_steps_is_refused(packed):
    change = edited(packed, GRAPH, lambda document: document["nodes"][0].update(fingerprint="f" * 64))
    refused(claiming(packed, change), "from its graph follows")


@pytest.mark.parametrize(
    "schema",
    [{"type": "all"}, {"type": ["string"]}, {"enum": []}, {"enum": [[]]}, {"anyOf": 5}, {"anyOf": []}, {"items": 1},
     {"$ref": "https://elsewhere/"}, {"format": 5}, {"anyOf": [{"type": "x"}]}, {"minItems": -1}],
    ids=str,
)  # fmt: skip
def test_a_schema_that_no_type_has_is_refused(packed, schema):
    change = edited(packed, GRAPH, lambda document: document["parameters"][0].update(schema=schema))
    refused(claiming(packed, change), "the schema of its parameter 'name' is none that a type has")


def test_a_value_that_is_not_there_is_refused(packed):
    def edit(document):
        document["nodes"][0]["inputs"]["lr"] = {"attached": "elsewhere"}

    change = edited(packed, GRAPH, edit)
    with pytest.raises(BundleError) as told:
        Packed.received(claiming(packed, change))
    follows = str(told.value).partition("follows '")[2].partition("'")[0]
    refused(claiming(packed, change, content=follows), "its graph needs the value 'elsewhere', which is not in it")
