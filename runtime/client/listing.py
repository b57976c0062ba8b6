"""List the runs of a server, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .connections import Connection
from .runs import ServerRun


def listed_runs(connection: Connection, filters: Mapping[str, object]) -> Iterator[ServerRun]:
    """Yield the runs that filters let through, the newest first; pages are asked for as they are needed."""
    before: str | None = None
    while True:
        page = connection.ask("GET", "runs", query={**filters, "before": before})
        yield from (ServerRun(one["id"], connection) for one in page["runs"])
        before = page["next"]
        if before is None:
            return
