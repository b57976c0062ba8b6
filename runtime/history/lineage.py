"""Follow artifacts through the history: which step run made one, what was given to a run, what is still needed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import final

from attrs import frozen

from ..artifacts import Artifact
from .connections import Connection
from .documents import outputs_from, outputs_of
from .sessions import Session
from .tables import ARTIFACTS, artifact_from

_OUTPUTS = (
    "SELECT steps.id, results.outputs FROM steps JOIN results ON results.number = steps.result WHERE steps.run = ?"
)

_ORIGINS = (
    "SELECT runs.number, artifacts.run, artifacts.step, artifacts.name, artifacts.position "
    "FROM artifacts JOIN runs ON runs.id = artifacts.run WHERE digest = ?"
)

_CARRIED = (
    "SELECT runs.number, steps.run, steps.id, results.outputs FROM steps JOIN results ON results.number = steps.result "
    "JOIN runs ON runs.id = steps.run "
    "WHERE steps.result IN (SELECT number FROM results WHERE outputs LIKE ? ESCAPE '!')"
)
"""A small value is nowhere but in the row of a result, among the outputs."""

_AS_IT_IS = re.compile(r"[%_!]")
_ESCAPED = r"!\g<0>"


@frozen
class Origin:
    """A place where an artifact was made: an output of a step run, or an input of the run where ``step`` is empty."""

    run: str
    step: str
    name: str


@final
class Lineage:
    """Questions about artifacts. Obtained from ``History.lineage``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def origins(self, digest: str) -> tuple[Origin, ...]:
        """Return where an artifact was made or reused, oldest first; no places for one that no kept run knows."""
        with self._session.connection() as connection:
            rows = connection.rows(_ORIGINS, (digest,))
            carried = connection.rows(_CARRIED, (f'%"{_AS_IT_IS.sub(_ESCAPED, digest)}"%',))
        found = {(number, *place): position for number, *place, position in rows}
        for number, run, step, text in carried:
            for position, (name, artifact) in enumerate(outputs_from(text).items()):
                if artifact.digest == digest:
                    found[number, run, step, name] = position
        ordered = sorted(found, key=lambda place: (*place[:3], found[place]))
        return tuple(Origin(run, step, name) for _, run, step, name in ordered)

    def given(self, run_id: str) -> Mapping[str, Artifact]:
        """Return the artifacts that were given to a run, by parameter."""
        with self._session.connection() as connection:
            return outputs(connection, run_id).get("", {})

    def needed(self) -> frozenset[str]:
        """Return the digests of all artifacts with files that a kept run has made, reused or been given."""
        with self._session.connection() as connection:
            return frozenset(digest for (digest,) in connection.rows("SELECT DISTINCT digest FROM artifacts"))


def outputs(connection: Connection, run_id: str) -> dict[str, dict[str, Artifact]]:
    """Return the outputs of a run's steps, by step and name; an empty step holds what was given to the run."""
    found: dict[str, dict[str, Artifact]] = {}
    for row in connection.rows(ARTIFACTS.select("WHERE run = ? ORDER BY step, position"), (run_id,)):
        found.setdefault(row[1], {})[row[2]] = artifact_from(row)
    rows = connection.rows(_OUTPUTS, (run_id,))
    documents = json.loads(f"[{','.join([text for _, text in rows])}]")  # at once: half the time of one by one
    return found | {step: outputs_of(document) for (step, _), document in zip(rows, documents, strict=True)}
