"""Start a worker while a pipeline is still compiled, where it is certain that there will be something to run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ...compilers.errors import PenstockError
from ...compilers.graph import Graph
from ..executors.kept import KeptWorkers
from ..functions import check_not_importing
from ..libraries import shared_libraries
from ..workspace import Workspace


@contextlib.contextmanager
def early_workers(jobs: int | None, workspace: Workspace | Path | str | None) -> Iterator[KeptWorkers | None]:
    """Give up to ``jobs`` workers, of which one is starting, where no run of the workspace is remembered; None elsewhere.

    They are stopped at the end. Raises RunError in a worker that imports a module for a step.
    """
    check_not_importing()
    if not _is_new(workspace):
        yield None
        return
    workers = KeptWorkers(jobs)
    try:
        workers.warm()
        yield workers
    finally:
        workers.close()


def prime_workers(workers: KeptWorkers, graph: Graph) -> None:
    """Have the worker that starts import, while the run is prepared, the libraries that each step of a graph imports."""
    workers.prime(shared_libraries(graph, graph.attachments))


def _is_new(workspace: Workspace | Path | str | None) -> bool:
    try:
        opened = Workspace.open(workspace)
    except PenstockError:  # the run will say what is wrong
        return False
    location = opened.history_location
    return isinstance(location, Path) and not location.exists()
