"""Say what a run is made of, decided before it starts, and make the tasks that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from ..compilers.graph import Graph, Node
from .admission import Machine
from .resolved import Resolved, Stored
from .reuse import Reuse
from .tasks import Task
from .whereabouts import Finds, names_data


@frozen
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


def task_of(plan: Plan, node: Node, attempt: int, gpus: tuple[str, ...], inputs: Mapping[str, Resolved]) -> Task:
    """Return the task of a node for an attempt, counted from 1; ``gpus`` are its own for that."""
    attached = node.function.attached
    datastores = plan.datastores if any(map(names_data, inputs.values())) else None
    return Task(
        run=plan.run,
        step=node.id,
        name=node.name,
        function=node.function,
        inputs=inputs,
        outputs=tuple(output.name for output in node.outputs),
        root=str(plan.root),
        store=plan.store,
        cache=str(plan.cache),
        datastores=datastores() if datastores else None,
        run_folder=str(plan.folder),
        payload=plan.payloads[attached.key].artifact if attached else None,
        attempt=attempt,
        options=node.options,
        gpus=gpus,
        audit=plan.audit,
        covered=plan.covered.get(node.fingerprint or "", ()),
    )
