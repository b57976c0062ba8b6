"""Say how the classes of a graph look in JSON, where their fields alone do not tell."""

from __future__ import annotations

from typing import Union, cast

from .forms import Record, Tagged, Verbatim, form_of, register
from .graph import Attached, Binding, Collection, Graph, Literal, Node, Operation, OutputRef, Parameter, ParameterRef

_RECORDS = {
    "value": Record(Literal, {}),
    "attached": Record(Attached, {"key": "attached"}),
    "parameter": Record(ParameterRef, {"name": "parameter"}),
    "node": Record(OutputRef, {"name": "output"}),
    "collection": Record(Collection, {"kind": "collection"}),
    "operator": Record(Operation, {}),
}
for _record in _RECORDS.values():
    register(_record.kind, _record)
register(Parameter, Record(Parameter, {}, {"schema": Verbatim()}))
BINDING = Tagged(_RECORDS)
register(Binding, BINDING)
register(Union["Literal", "Attached", "ParameterRef", "OutputRef", "Collection", "Operation"], BINDING)

NODE = cast(Record, form_of(Node))
GRAPH = cast(Record, form_of(Graph))
