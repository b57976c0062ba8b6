"""Write a graph as one JSON document, read it back, describe the document, and give the graph a digest.

The document is the same, byte for byte, on every machine: no times, users, absolute paths or random names. Its form
follows from the classes in :mod:`.graph` (see :mod:`.forms`); ``graph.schema.json`` beside this file is its JSON Schema.
"""

from __future__ import annotations

import json
from typing import NoReturn

import attrs

from .documents import GRAPH
from .errors import GraphFormatError
from .forms import Record, Tagged
from .graph import Graph
from .lines import DESCRIPTIVE, NodeLines
from .members import FindMember, imported
from .values import Json
from .verification import verify

SCHEMA = 1
"""The version of the document. It grows when an older Penstock could misread a newer document."""

_DOCUMENT = "urn:penstock:graph:1"


def to_dict(graph: Graph) -> dict[str, Json]:
    """Return the document as Python data."""
    return {"schema": SCHEMA, **GRAPH.write(graph)}


def to_json(graph: Graph) -> str:
    """Return the document as text: one line a field, and one line a node."""
    return _written(graph)[0]


def digest(graph: Graph) -> str:
    """Return the blake3, in hex, of all that can change a result.

    Left out: positions in the source, docstrings, labels, and the options that say only how to run.
    """
    return document_and_digest(graph)[1]


def document_and_digest(graph: Graph) -> tuple[str, str]:
    """Return the document as text, and the digest; quicker than one after the other."""
    from blake3 import blake3  # compiled; documents are written and read without it

    document, deciding = _written(graph)
    return document, blake3(deciding.encode(errors="surrogatepass")).hexdigest()


def _written(graph: Graph) -> tuple[str, str]:
    """Return the document, and the text of all in it that can change a result."""
    lines = NodeLines()
    nodes = [lines.both(node) for node in graph]
    head = _without_nodes(graph)
    rows = {key: _text(value) for key, value in head.items()}
    rows["nodes"] = "[\n" + ",\n".join(whole for whole, _ in nodes) + "\n]"
    for part in (head, *head.get("groups", [])):
        for field in DESCRIPTIVE:
            part.pop(field, None)
    document = "{\n" + ",\n".join(f"{_text(key)}: {text}" for key, text in rows.items()) + "\n}\n"
    return document, "\n".join([json.dumps(head), *(decides for _, decides in nodes)])


def _without_nodes(graph: Graph) -> dict[str, Json]:
    """Return the document with an empty list of nodes: those are written one by one."""
    return to_dict(attrs.evolve(graph, nodes=()))


def _text(data: Json) -> str:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which no file can hold unless it is escaped
        return json.dumps(data, allow_nan=False)
    return text


def from_json(text: str, *, member: FindMember = imported) -> Graph:
    """Read a document. Raises GraphFormatError with the path of the fault, and InvalidGraph for a broken invariant.

    The classes of enums are imported, members of which are in it. Where it may come from anybody, or is only looked at, pass
    :class:`~.members.Member`: then nothing is imported, members stay names, and the graph has the same document and digest.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise GraphFormatError(f"the document is not JSON: {error}") from None
    return from_dict(document, member=member)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def from_dict(document: Json, *, member: FindMember = imported) -> Graph:
    """Read a document that is Python data already. Raises as :func:`from_json` does."""
    if not isinstance(document, dict):
        raise GraphFormatError(f"expected an object, found a {type(document).__name__}")
    found = document.get("schema", "none")
    if type(found) is not int or found != SCHEMA:
        raise GraphFormatError(
            f"this Penstock reads graphs of schema {SCHEMA}, and the document's is {found!r}", "$.schema"
        )
    fields = {key: value for key, value in document.items() if key != "schema"}
    try:
        graph: Graph = GRAPH.read(fields, "$", member)
        return verify(graph)
    except RecursionError:
        raise GraphFormatError("the document is nested too deeply") from None


def json_schema() -> dict[str, Json]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    record = GRAPH
    definitions: dict[str, Json] = {}
    _collect(record, definitions)
    top = dict(definitions["Graph"])  # which stays: bodies of control nodes are graphs too, and name no schema
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
        inner: list[object] = [field[2] for field in form.fields]
    elif isinstance(form, Tagged):
        inner = list(form.records.values())
    else:
        inner = [form.inner] if attrs.has(type(form)) and hasattr(form, "inner") else []
    for item in inner:
        _collect(item, definitions)
