"""Make JSON Schemas out of the types of what is sent and answered, as components of an OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias, final

import msgspec
from attrs import frozen

from ...compilers.graph import Graph
from ...compilers.serialisation import json_schema
from .actions import Action
from .problems import ProblemDocument
from .requests import Accepted

Schema: TypeAlias = dict[str, Any]

JSON: Final = "application/json"
PLACE: Final = "#/components/schemas/{name}"
"""Where a component is."""


@final
@frozen
class Schemas:
    """The schemas of types, by type, and the components that they refer to."""

    _known: Mapping[Any, Schema]
    components: Schema

    @classmethod
    def of(cls, actions: Iterable[Action]) -> Schemas:
        """Make the schemas of all that actions take and give, and of the problems that they answer with."""
        found = [kind for action in actions for kind in (action.body, action.sent, action.answer)]
        kinds = [kind for kind in dict.fromkeys([*found, Accepted, ProblemDocument]) if kind not in (None, Graph)]
        schemas, components = msgspec.json.schema_components(kinds, ref_template=PLACE)
        graph = {"$ref": PLACE.format(name="Graph")}
        return cls({**dict(zip(kinds, schemas, strict=True)), Graph: graph}, {**components, **_graph_components()})

    def __getitem__(self, kind: Any) -> Schema:
        """Return the schema of a type; anything goes where there is none."""
        return {} if kind is None else self._known[kind]


def _graph_components() -> Schema:
    """Return the schema of graphs, which has definitions of its own, as components."""
    text = json.dumps(json_schema()).replace("#/$defs/", PLACE.format(name="Graph."))
    schema: Schema = json.loads(text)
    inner: Schema = schema.pop("$defs")
    return {"Graph": {key: value for key, value in schema.items() if key not in ("$id", "$schema")}} | {
        f"Graph.{name}": one for name, one in inner.items()
    }
