"""Write the nodes of a graph as lines of JSON, quickly: a graph may have a hundred thousand.

What comes out is what the forms of :mod:`.forms` give, text for text. Calls of one step share their function, outputs and
options, so those are written once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, final

from .documents import BINDING, NODE
from .forms import Form
from .graph import Binding, Literal, Node, NodeOptions
from .values import Json

DESCRIPTIVE = frozenset({"source", "doc", "label"})
"""The fields that only describe."""

RESULT_OPTIONS = frozenset({"version", "hash_paths", "env", "environment"})
"""The options that can change a result; the others say how to run."""

BODIES = frozenset({"body", "then", "otherwise", "until", "cleanup"})
"""The fields of control nodes that are graphs."""

_SHARED = frozenset({"function", "outputs", "options", "source"})

_quoted: Callable[[str], str] = json.encoder.encode_basestring

_QUICK: Mapping[type, Callable[[Any], str]] = {
    int: int.__repr__,
    str: _quoted,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _: "null",
}
"""How the types are written of which a literal is JSON already."""


@final
class NodeLines:
    """Writes nodes, each as a whole and as what of it can change a result."""

    def __init__(self) -> None:
        self._shared: dict[int, tuple[object, str, str]] = {}

    def both(self, node: Node) -> tuple[str, str]:
        """Return a node as an object on one line; and the same without what only describes it or says how to run it."""
        whole, deciding = [], []
        for field, name, form, default in NODE.fields:
            value = getattr(node, field)
            if field in _SHARED:
                text, decides = self._once(value, name, form, default)
            elif field == "inputs":
                text = decides = f'"{name}": {{{", ".join([_input(*given) for given in value.items()])}}}'
            elif field == "control" and value is not None:
                data = form.write(value)
                text, decides = f'"{name}": {_dumped(data)}', f'"{name}": {_dumped(_deciding_control(data))}'
            else:
                text = decides = "" if value == default else f'"{name}": {_written(value, form)}'
            if text:
                whole.append(text)
            if decides and field not in DESCRIPTIVE:
                deciding.append(decides)
        line = f"{{{', '.join(whole)}}}"
        return line if line.isascii() or _is_unicode(line) else json.dumps(json.loads(line)), ", ".join(deciding)

    def _once(self, value: object, name: str, form: Form, default: object) -> tuple[str, str]:
        """Write a field whose value other nodes have too; nothing where it is the default."""
        known = self._shared.get(id(value))
        if known is None:
            data = None if value == default else form.write(value)
            text = "" if data is None else f'"{name}": {_dumped(data)}'
            if isinstance(value, NodeOptions) and data is not None:
                data = {option: item for option, item in data.items() if option in RESULT_OPTIONS} or None
            decides = "" if data is None else f'"{name}": {_dumped(data)}'
            known = self._shared[id(value)] = value, text, decides  # holding the value keeps its id its own
        return known[1:]


def _deciding_control(control: Json) -> Json:
    """Return what a control node does without what only describes it, or says how to run the nodes inside."""
    return {key: _deciding_graph(value) if key in BODIES and value else value for key, value in control.items()}


def _deciding_graph(graph: Json) -> Json:
    kept = {key: value for key, value in graph.items() if key not in DESCRIPTIVE}
    kept["nodes"] = [_deciding_node(node) for node in graph["nodes"]]
    if "groups" in kept:
        kept["groups"] = [{key: group[key] for key in group if key not in DESCRIPTIVE} for group in kept["groups"]]
    return kept


def _deciding_node(node: Json) -> Json:
    kept = {key: value for key, value in node.items() if key not in DESCRIPTIVE}
    options = {key: value for key, value in kept.pop("options", {}).items() if key in RESULT_OPTIONS}
    if "control" in kept:
        kept["control"] = _deciding_control(kept["control"])
    return {**kept, "options": options} if options else kept


def _input(name: str, binding: Binding) -> str:
    quick = _QUICK.get(type(binding.value)) if type(binding) is Literal else None
    if quick is not None:
        return f'{_quoted(name)}: {{"value": {quick(binding.value)}}}'  # type: ignore[union-attr]
    return f"{_quoted(name)}: {_dumped(BINDING.write(binding))}"


def _written(value: object, form: Form) -> str:
    return _quoted(value) if type(value) is str else _dumped(form.write(value))


def _dumped(data: Json) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def _is_unicode(text: str) -> bool:
    """Say whether no character is half of a surrogate pair, which no file can hold unless it is escaped."""
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False
