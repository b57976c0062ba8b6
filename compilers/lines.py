"""Write the nodes of a graph as lines of JSON, quickly: a graph may have a hundred thousand.

What comes out is what the forms of :mod:`.forms` give, text for text. Calls of one step share their function, outputs and
options, so those are written once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, final

from .documents import BINDING, NODE
from .forms import Form
from .graph import Binding, Literal, Node, NodeOptions
from .values import Json

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
    """Writes nodes, without the fields in ``skipped``; of the options only those in ``options``, where given."""

    def __init__(self, skipped: Collection[str] = (), options: Collection[str] | None = None) -> None:
        self._fields = [field for field in NODE.fields if field[0] not in skipped]
        self._options = options
        self._shared: dict[int, tuple[object, str]] = {}

    def line(self, node: Node) -> str:
        """Return a node as an object on one line."""
        text = f"{{{', '.join(self._parts(node))}}}"
        return text if text.isascii() or _is_unicode(text) else json.dumps(json.loads(text))

    def _parts(self, node: Node) -> Iterator[str]:
        for field, name, form, default in self._fields:
            value = getattr(node, field)
            if field in _SHARED:
                text = self._once(value, name, form, default)
                if text:
                    yield text
            elif field == "inputs":
                yield f'"{name}": {{{", ".join(_input(name, binding) for name, binding in value.items())}}}'
            elif value != default:
                yield f'"{name}": {_quoted(value) if type(value) is str else _dumped(form.write(value))}'

    def _once(self, value: object, name: str, form: Form, default: object) -> str:
        """Write a field whose value other nodes have too; nothing where it is the default."""
        known = self._shared.get(id(value))
        if known is None:
            data = None if value == default else self._kept(value, form.write(value))
            text = "" if data is None or data == {} else f'"{name}": {_dumped(data)}'
            known = self._shared[id(value)] = value, text  # holding the value keeps its id its own
        return known[1]

    def _kept(self, value: object, data: Json) -> Json:
        if self._options is None or not isinstance(value, NodeOptions):
            return data
        return {name: item for name, item in data.items() if name in self._options}


def _input(name: str, binding: Binding) -> str:
    quick = _QUICK.get(type(binding.value)) if type(binding) is Literal else None
    if quick is not None:
        return f'{_quoted(name)}: {{"value": {quick(binding.value)}}}'  # type: ignore[union-attr]
    return f"{_quoted(name)}: {_dumped(BINDING.write(binding))}"


def _dumped(data: Json) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def _is_unicode(text: str) -> bool:
    """Say whether no character is half of a surrogate pair, which no file can hold unless it is escaped."""
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False
