"""Bring what a run elsewhere returns into the store here, so that it can be shown and downloaded like that of any run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from ....compilers.graph import Binding, Collection, Graph, OutputRef
from ...azure.artifacts import Stores, fetch, place_of_uri
from ...events import Event, StepCompleted, StepReused
from ...runners.azure_records import Places
from ...store import open_store
from ...workspace import Workspace


@final
class Bringing:
    """A listener that fetches each output that the pipeline returns, as soon as its step has ended. The others stay there."""

    def __init__(self, workspace: Workspace, run: str, graph: Graph, stores: Stores) -> None:
        self._folder = workspace.run_folder(run)
        self._store = open_store(workspace.store_location, workspace.cache_folder)
        self._returned = {(one.node, one.name) for one in _references(graph.output)}
        self._stores = stores

    def __call__(self, event: Event) -> None:
        """Take an event. Raises StoreError and an error of the tree under RemoteError for what cannot be fetched."""
        if not isinstance(event, StepCompleted | StepReused):
            return
        for name, artifact in event.outputs.items():
            if (
                (event.step, name) in self._returned
                and artifact.inline is None
                and not self._store.has(artifact.digest)
            ):
                store, path = place_of_uri(Places.of(self._folder).known[artifact.digest])
                fetch(self._stores(store), path, self._store)


def _references(binding: Binding) -> Iterator[OutputRef]:
    if isinstance(binding, OutputRef):
        yield binding
    elif isinstance(binding, Collection):
        for item in binding.items:
            yield from _references(item)
