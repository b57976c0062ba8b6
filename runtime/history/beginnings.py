"""Tell of the steps of a run that have not begun. They have no rows: the graph that the run executes names them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from ...compilers.graph import FunctionRef
from ..states import State
from .connections import Connection
from .tables import RunRow, StepRow, plain


def not_begun(connection: Connection, run: RunRow, begun: Collection[str]) -> Iterator[StepRow]:
    """Yield the rows that the other steps of a run would have, given the ids of those that have one.

    They wait as long as the run goes on. Where it has no waiting steps any more, though nobody said so of each, they were cancelled
    when its driver died.
    """
    counts = json.loads(run.counts)
    if sum(counts.values()) <= len(begun):
        return
    rows = connection.rows("SELECT document FROM graphs WHERE digest = ?", (run.graph,))
    nodes = json.loads(rows[0][0])["nodes"] if rows else []
    for position, node in enumerate(nodes):
        if node["id"] in begun:
            continue
        function = FunctionRef(node["function"]["module"], node["function"]["qualname"])
        row = StepRow(run.id, node["id"], node["name"], plain(str(function)), position)
        row.label, row.group_id = plain(node.get("label", "")), node.get("group")
        if not counts.get(State.PENDING.value):
            row.state, row.ended, row.reason = State.CANCELLED.value, run.ended, run.problem
        yield row
