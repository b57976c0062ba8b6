"""Write the nodes of a graph as lines of JSON, quickly: a graph may have a hundred thousand.

What comes out is what the forms of :mod:`.forms` give, text for text. Calls of one step share their function, outputs and
options, so those are written once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, final

from attrs import frozen

from .documents import BINDING, NODE
from .forms import Form
from .graph import OUTPUT, Binding, Literal, Node, NodeOptions, OutputRef
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


@frozen(eq=False, repr=False)
class _Frame:
    """What is written around the id, the inputs and the label of a node: all of it, and what of it decides.

    ``held`` are the objects that it is made of.
    """

    before: str
    behind: str
    end: str
    deciding_before: str
    deciding_behind: str
    held: tuple[object, ...]


@final
class NodeLines:
    """Writes nodes, each as a whole and as what of it can change a result."""

    def __init__(self) -> None:
        self._shared: dict[int, tuple[object, str, str]] = {}
        self._frames: dict[tuple[object, ...], _Frame] = {}

    def both(self, node: Node) -> tuple[str, str]:
        """Return a node as an object on one line; and the same without what only describes it or says how to run it."""
        name = f'"id": {_quoted(node.id)}'
        inputs = f'"inputs": {{{", ".join([_input(*given) for given in node.inputs.items()])}}}'
        frame = self._frame(node)
        label = f', "label": {_quoted(node.label)}' if node.label else ""
        line = f"{{{name}{frame.before}{inputs}{frame.behind}{label}{frame.end}}}"
        if not (line.isascii() or _is_unicode(line)):
            line = json.dumps(json.loads(line))
        return line, f"{name}{frame.deciding_before}{inputs}{frame.deciding_behind}"

    def _frame(self, node: Node) -> _Frame:
        """Return what stands around the id, the inputs and the label of a node, which it shares with the other calls at its place."""
        if node.after or node.control is not None or node.optional:
            return self._framed(node)
        names = node.name, node.fingerprint, node.group, node.doc
        key = *names, id(node.function), id(node.outputs), id(node.options), id(node.source)
        known = self._frames.get(key)
        if known is None:
            known = self._frames[key] = self._framed(node)
        return known

    def _framed(self, node: Node) -> _Frame:
        whole, deciding, part = ["", "", ""], ["", "", ""], 0
        for field, name, form, default in NODE.fields:
            if field in ("inputs", "label"):
                part += 1
            elif field != "id":
                text, decides = self._field(getattr(node, field), field, name, form, default)
                whole[part] += text and f", {text}"
                deciding[part] += decides and f", {decides}"
        held = node.function, node.outputs, node.options, node.source  # holding them keeps their ids their own
        return _Frame(f"{whole[0]}, ", whole[1], whole[2], f"{deciding[0]}, ", "".join(deciding[1:]), held)

    def _field(self, value: object, field: str, name: str, form: Form, default: object) -> tuple[str, str]:
        """Write a field, as a whole and as what of it decides; nothing where it is the default."""
        if field in _SHARED:
            text, decides = self._once(value, name, form, default)
        elif field == "control" and value is not None:
            data = form.write(value)
            text, decides = f'"{name}": {_dumped(data)}', f'"{name}": {_dumped(_deciding_control(data))}'
        else:
            text = decides = "" if value == default else f'"{name}": {_written(value, form)}'
        return text, "" if field in DESCRIPTIVE else decides

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
    if type(binding) is Literal:
        quick = _QUICK.get(type(binding.value))
        if quick is not None:
            return f'{_quoted(name)}: {{"value": {quick(binding.value)}}}'
    elif type(binding) is OutputRef and binding.name == OUTPUT and not binding.path:
        return f'{_quoted(name)}: {{"node": {_quoted(binding.node)}}}'
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
