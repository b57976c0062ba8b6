"""Write a graph as one JSON document, read it back, describe the document, and give the graph a digest.

The document is the same, byte for byte, on every machine: no times, users, absolute paths or random names. Its form
follows from the classes in :mod:`.graph` (see :mod:`.forms`); ``graph.schema.json`` beside this file is its JSON Schema.
"""

from __future__ import annotations

import json
from typing import NoReturn, Union

import attrs

from .errors import GraphFormatError
from .forms import Record, Tagged, Verbatim, form_of, register
from .graph import Attached, Binding, Collection, Graph, Literal, OutputRef, Parameter, ParameterRef
from .values import Json
from .verification import verify

SCHEMA = 1
"""The version of the document. It grows when an older Penstock could misread a newer document."""

_DOCUMENT = "urn:penstock:graph:1"
_RESULT_OPTIONS = frozenset({"version", "hash_paths", "env", "environment"})

_RECORDS = {
    "value": Record(Literal, {}),
    "attached": Record(Attached, {"key": "attached"}),
    "parameter": Record(ParameterRef, {"name": "parameter"}),
    "node": Record(OutputRef, {"name": "output"}),
    "collection": Record(Collection, {"kind": "collection"}),
}
for _record in _RECORDS.values():
    register(_record.kind, _record)
register(Parameter, Record(Parameter, {}, {"schema": Verbatim()}))
_BINDINGS = Tagged(_RECORDS)
register(Binding, _BINDINGS)
register(Union["Literal", "Attached", "ParameterRef", "OutputRef", "Collection"], _BINDINGS)


def to_dict(graph: Graph) -> dict[str, Json]:
    """Return the document as Python data."""
    return {"schema": SCHEMA, **form_of(Graph).write(graph)}


def to_json(graph: Graph) -> str:
    """Return the document as text: one line a field, and one line a node."""
    return _lines(to_dict(graph)) + "\n"


def _lines(document: dict[str, Json]) -> str:
    rows = [f"{_text(key)}: {_rows(value) if key == 'nodes' else _text(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(rows) + "\n}"


def _rows(nodes: list[Json]) -> str:
    return "[\n" + ",\n".join(map(_text, nodes)) + "\n]"


def _text(data: Json) -> str:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which no file can hold unless it is escaped
        return json.dumps(data, allow_nan=False)
    return text


def from_json(text: str) -> Graph:
    """Read a document. Raises GraphFormatError with the path of the fault, and InvalidGraph for a broken invariant."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise GraphFormatError(f"the document is not JSON: {error}") from None
    return from_dict(document)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def from_dict(document: Json) -> Graph:
    """Read a document that is Python data already. Raises as :func:`from_json` does."""
    if not isinstance(document, dict):
        raise GraphFormatError(f"expected an object, found a {type(document).__name__}")
    found = document.get("schema", "none")
    if type(found) is not int or found != SCHEMA:
        raise GraphFormatError(
            f"this Penstock reads graphs of schema {SCHEMA}, and the document's is {found!r}", "$.schema"
        )
    graph: Graph = form_of(Graph).read({key: value for key, value in document.items() if key != "schema"}, "$")
    return verify(graph)


def digest(graph: Graph) -> str:
    """Return the blake3, in hex, of all that can change a result.

    Left out: positions in the source, docstrings, labels, and the options that say only how to run.
    """
    from blake3 import blake3  # compiled; documents are written and read without it

    document = to_dict(graph)
    for part in (document, *document["nodes"], *document.get("groups", [])):
        for field in ("source", "doc", "label"):
            part.pop(field, None)
    for node in document["nodes"]:
        node["options"] = {name: value for name, value in node.get("options", {}).items() if name in _RESULT_OPTIONS}
    return blake3(json.dumps(document, sort_keys=False).encode()).hexdigest()


def json_schema() -> dict[str, Json]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    record = form_of(Graph)
    definitions: dict[str, Json] = {}
    _collect(record, definitions)
    top = definitions.pop("Graph")
    top["properties"] = {"schema": {"const": SCHEMA}, **top["properties"]}
    top["required"] = ["schema", *top["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": _DOCUMENT, "title": "Penstock graph", **top,
            "$defs": dict(sorted(definitions.items()))}  # fmt: skip


def _collect(form: object, definitions: dict[str, Json]) -> None:
    """Describe a form and all the forms inside it."""
    if isinstance(form, Record):
        if form.kind.__name__ in definitions:
            return
        definitions[form.kind.__name__] = form.definition()
        inner: list[object] = [field[2] for field in form._fields]
    elif isinstance(form, Tagged):
        inner = list(form.records.values())
    else:
        inner = [form.inner] if attrs.has(type(form)) and hasattr(form, "inner") else []
    for item in inner:
        _collect(item, definitions)
