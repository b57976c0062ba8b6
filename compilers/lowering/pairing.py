"""Walk a graph together with the recording that it was lowered from, into the parts that depend on values of the run."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.calls import Call, Recordable, parts_of
from ...dsl.recording import Recording
from ..graph import Graph, Node
from ..traversal import bodies


def steps_called(graph: Graph, recording: Recording, inside: str = "") -> Iterator[tuple[str, Node, Call]]:
    """Yield each node that is a call of a step, with the call; first what to call it: its id behind those it stands in."""
    for node, call in zip(graph.nodes, recording.calls, strict=True):
        if isinstance(call, Call):
            yield f"{inside}{node.id}", node, call
            continue
        for body, part in zip(bodies(node), parts_of(call), strict=True):
            yield from steps_called(body, part, f"{inside}{node.id}/")


def pipelines_called(recording: Recording) -> Iterator[Recordable]:
    """Yield the pipeline of a recording and all that are nested in it or mapped."""
    if recording.pipeline is not None:
        yield recording.pipeline
    yield from (group.pipeline for group in recording.groups)
    for call in recording.calls:
        if not isinstance(call, Call):
            for part in parts_of(call):
                yield from pipelines_called(part)
