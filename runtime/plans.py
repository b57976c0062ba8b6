"""Say what a run is made of, decided before it starts, and make the tasks that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import final

from attrs import field, frozen

from ..compilers.graph import Graph, Node
from .admission import Machine
from .resolved import Resolved, Stored
from .reuse import Reuse
from .tasks import Task
from .whereabouts import Finds, names_data


@frozen(eq=False)
class Plan:
    """What a run is made of, decided before it starts."""

    run: str
    graph: Graph
    root: Path
    folder: Path
    store: str
    payloads: Mapping[str, Stored] = field(factory=dict)
    cache: Path = Path()
    datastores: Finds | None = None
    continue_on_failure: bool = False
    reuse: Reuse | None = None
    machine: Machine | None = None
    audit: bool = False
    covered: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """For an audit: the files that each fingerprint covers."""


@final
class Tasks:
    """Makes the tasks of a run. What calls of one step have in common is put together once: it takes longer than a tiny step."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known: dict[tuple[object, ...], tuple[Node, Task]] = {}

    def of(self, node: Node, attempt: int, gpus: tuple[str, ...], inputs: Mapping[str, Resolved]) -> Task:
        """Return the task of a node for an attempt, counted from 1; ``gpus`` are its own for that."""
        datastores = self._plan.datastores if any(map(names_data, inputs.values())) else None
        return self.like(node).of(node.id, inputs, datastores() if datastores else None, attempt, gpus)

    def like(self, node: Node) -> Task:
        """Return a task that is like that of a node, but for what each call has of its own: no inputs, and the step of another one."""
        shared = (node.name, node.fingerprint, id(node.function), id(node.options), id(node.outputs))
        if shared not in self._known:
            self._known[shared] = node, self._made(node)  # the node is held, so that the ids stay those of its parts
        return self._known[shared][1]

    def _made(self, node: Node) -> Task:
        plan, attached = self._plan, node.function.attached
        return Task(
            run=plan.run,
            step=node.id,
            name=node.name,
            function=node.function,
            inputs={},
            outputs=tuple(output.name for output in node.outputs),
            root=str(plan.root),
            store=plan.store,
            cache=str(plan.cache),
            run_folder=str(plan.folder),
            payload=plan.payloads[attached.key].artifact if attached else None,
            options=node.options,
            audit=plan.audit,
            covered=plan.covered.get(node.fingerprint or "", ()),
        )
