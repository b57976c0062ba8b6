"""Choose which part of a pipeline runs: up to some steps, one alone, or from some on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import attrs

from ...compilers.fingerprints import FileMemo, Fingerprinter
from ...compilers.graph import Graph, Node
from ...compilers.lowering import Compiled
from ...compilers.passes import alone, until
from ...compilers.traversal import bodies, downstream, nodes_within
from ..errors import RunError, StepNotFound
from ..instances import EXACTLY
from ..workspace import Workspace
from .explaining import explain_ahead
from .preparing import prepare

Where: TypeAlias = Workspace | Path | str | None
"""A workspace, or where it is; see :meth:`Workspace.open`."""


def chosen(graph: Graph, names: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the steps that are meant: by id, by a name that several calls share, or by a nested pipeline.

    Raises StepNotFound.
    """
    found: dict[str, None] = {}
    for name in names:
        meant = [node.id for node in graph if name in (node.id, node.name) or node.id.startswith(f"{name}/")]
        meant = meant or [node.id for node in graph if node.control is not None and _holds(node, name)]
        if not meant:
            known = [known for node in graph for known in (node.name, node.id)]
            raise StepNotFound(name, f"pipeline {graph.name!r}", tuple(dict.fromkeys(known)))
        found |= dict.fromkeys(meant)
    return tuple(found)


def _holds(node: Node, name: str) -> bool:
    """Say whether a name is that of something that a control node unfolds to: an item, a round, a step in its bodies."""
    inside = (inner for body in bodies(node) for inner in nodes_within(body))
    return name.startswith((f"{node.id}[", f"{node.id}/")) or any(name == inner.name for inner in inside)


def run_until(compiled: Compiled, names: Sequence[str], workspace: Where) -> Compiled:
    """Leave out what some steps do not need. Raises StepNotFound."""
    return _smaller(compiled, until(compiled.graph, chosen(compiled.graph, names)), workspace)


def run_alone(
    compiled: Compiled, names: Sequence[str], workspace: Where, regenerate: bool | Sequence[str] = False
) -> Compiled:
    """Leave out what some steps do not take a value from; what they take must have an earlier result.

    ``regenerate`` is as Local takes it. Raises StepNotFound, and RunError where an input was never computed.
    """
    ids = chosen(compiled.graph, names)
    smaller = _smaller(compiled, alone(compiled.graph, ids), workspace)
    quiet = attrs.evolve(smaller, warnings=())  # the run itself will tell
    for verdict in explain_ahead(prepare(quiet, workspace, regenerate)):
        is_chosen = verdict.step in ids or verdict.step.startswith(
            tuple(f"{one}{mark}" for one in ids for mark in "[/")
        )
        if is_chosen or verdict.decision in ("reused", "skipped"):
            continue
        one = ids[0] if len(ids) == 1 else "what was chosen"
        raise RunError(
            f"{one} cannot run alone: it needs what {verdict.step!r} returns, and there is no result to take: "
            f"{verdict.step} {verdict.decision} ({verdict.reason}). Run all that it needs with until={ids[0]!r} "
            f"(--until {ids[0]})"
        )
    return smaller


def regenerated_from(graph: Graph, names: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of some steps and of all that need them; of what a control node unfolds to, the name itself. Raises StepNotFound."""
    found: set[str] = set()
    asked: dict[str, None] = {}
    for name in names:
        ids = chosen(graph, [name])
        inside = [one for one in ids if graph[one].control is not None and _holds(graph[one], name)]
        asked |= dict.fromkeys([name] if inside else [])
        found |= downstream(graph, *ids) - set(inside)
    return (*asked, *(EXACTLY + node.id for node in graph if node.id in found))


def _smaller(compiled: Compiled, graph: Graph, place: Where) -> Compiled:
    """Return the part of a pipeline that a smaller graph is; its code is identified while the whole is at hand."""
    workspace = Workspace.open(place)
    found = compiled.identified(
        Fingerprinter(memo=FileMemo(workspace.folder / "memo"), ignore_calls=workspace.settings.ignore_calls)
    )
    nodes = tuple(
        attrs.evolve(node, fingerprint=found.graph[node.id].fingerprint, control=found.graph[node.id].control)
        for node in graph
    )
    parameters = {parameter.name for parameter in graph.parameters}
    return attrs.evolve(
        found,
        graph=attrs.evolve(graph, nodes=nodes),
        inputs={name: value for name, value in compiled.inputs.items() if name in parameters},
        recording=None,
    )
