"""Carry out mapped calls: an instance for each item, and the list of what these return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from attrs import define, field

from ..compilers.graph import OUTPUT, Map, Node
from .bodies import Bodies
from .instances import Instance, bound_names, item_of
from .mapping import Items, gathered, items_of, name_of, split_items, splitter, transposed, zipped
from .resolved import SKIPPED
from .scopes import Scope
from .states import State

_LISTED = 10
"""How many failed items a message names."""


@define
class _Call:
    """A mapped call while it goes on: the items by input, None while they are split, and how many have not ended.

    ``splitting`` maps the ids of nodes that split to the inputs that they split.
    """

    found: dict[str, Items | None]
    splitting: dict[str, str] = field(factory=dict)
    instances: list[Instance] = field(factory=list)
    keys: tuple[object, ...] | None = None
    left: int = 0


@final
class MappedCalls:
    """The mapped calls of one run."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self._calls: dict[str, _Call] = {}

    def begin(self, node: Node, control: Map) -> None:
        """Make the items of a call whose inputs are there. Raises RunError for what has no items."""
        inputs = self._bodies.values.inputs(node)
        if any(inputs[name] is SKIPPED for name in control.over):
            self._bodies.announce(node, [])
            self._bodies.leave_out(node, "what it goes over was skipped")
            return
        self._bodies.bind(node.id, inputs)
        call = _Call({name: items_of(inputs[name], self._bodies.store) for name in control.over})
        self._calls[node.id] = call
        if None in call.found.values():
            self._split(node, call)
        else:
            self._spread(node, control, call)

    def close(self, node: Node, control: Map, scope: Scope) -> None:
        """Go on after an item, or what splits a list into items, has ended."""
        call = self._calls[node.id]
        if None not in call.found.values():
            call.left -= 1
            if call.left == 0:
                self._finish(node, call)
        elif scope.state is not State.COMPLETED or self._bodies.scheduler.stopped(node.id):
            self._bodies.end_badly(node, [scope])
        else:
            self._take_items(node, call)
            self._spread(node, control, call)

    def _split(self, node: Node, call: _Call) -> None:
        """Have lists split in a worker: what is big or pickled is not for the process that drives the run."""
        called = f"{node.id}/items"
        unsplit = [name for name, items in call.found.items() if items is None]
        nodes = [
            splitter(f"{called}-{place}" if place > 1 else called, "items", f"{node.id}.{name}")
            for place, name in enumerate(unsplit, 1)
        ]
        call.splitting = {split.id: name for split, name in zip(nodes, unsplit, strict=True)}
        self._bodies.add(node, Instance(called, node.id, tuple(nodes), node.inputs[unsplit[0]]))

    def _take_items(self, node: Node, call: _Call) -> None:
        bodies = self._bodies
        for step, name in call.splitting.items():
            code = bodies.ancestry.code(node.inputs[name])
            call.found[name] = split_items(bodies.values.outputs[step], code, bodies.store)

    def _spread(self, node: Node, control: Map, call: _Call) -> None:
        rows, call.keys = zipped({name: items for name, items in call.found.items() if items is not None})
        shared = bound_names(node.id, [name for name in node.inputs if name not in control.over])
        for place, row in enumerate(rows):
            self._bodies.bind(f"{node.id}[{place}]", dict(zip(control.over, row, strict=True)))
            key = "" if call.keys is None else name_of(row[0], call.keys, place)
            call.instances.append(item_of(node, control, place, shared, key))
        call.left = len(rows)
        self._bodies.announce(node, call.instances)
        self._bodies.schedule(node, call.instances, limit=control.limit, closed_off=True)
        if not rows:
            self._finish(node, call)

    def _finish(self, node: Node, call: _Call) -> None:
        scopes = [self._bodies.scheduler.scope(instance.id) for instance in call.instances]
        failed = [instance for instance, scope in zip(call.instances, scopes, strict=True) if scope.failed]
        if failed:
            self._bodies.fail(node, "ItemsFailed", _told(failed, call))
            return
        if any(scope.cancelled for scope in scopes):
            self._bodies.end_badly(node, scopes)
            return
        items = [self._bodies.values.resolve(instance.output) for instance in call.instances]
        names = [output.name for output in node.outputs]
        columns = {OUTPUT: tuple(items)} if names == [OUTPUT] else transposed(items, names)
        self._bodies.complete(node, {name: gathered(column, call.keys) for name, column in columns.items()})


def _told(failed: Sequence[Instance], call: _Call) -> str:
    """Say which items failed, by number and key."""
    over = next(iter(call.found.values()))
    values = over.values if over else ()
    places = [instance.place or 0 for instance in failed[:_LISTED]]
    named = [f"[{place}] {name_of(values[place], call.keys, place)}".rstrip() for place in places]
    more = [f"and {len(failed) - _LISTED} more"] if len(failed) > _LISTED else []
    return f"{len(failed)} of {len(call.instances)} items failed: {', '.join([*named, *more])}"
