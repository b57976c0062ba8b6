"""Follow artifacts through the history: which step run made one, what was given to a run, what is still needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from attrs import frozen

from ..artifacts import Artifact
from .connections import Connection
from .sessions import Session
from .tables import ARTIFACTS, artifact_from


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
            rows = connection.rows(
                "SELECT artifacts.run, artifacts.step, artifacts.name FROM artifacts JOIN runs ON runs.id = artifacts.run "
                "WHERE digest = ? ORDER BY runs.started, artifacts.run, artifacts.step, artifacts.position",
                (digest,),
            )
        return tuple(Origin(*row) for row in rows)

    def given(self, run_id: str) -> Mapping[str, Artifact]:
        """Return the artifacts that were given to a run, by parameter."""
        with self._session.connection() as connection:
            return outputs(connection, run_id).get("", {})

    def needed(self) -> frozenset[str]:
        """Return the digests of all artifacts that a kept run has made, reused or been given."""
        with self._session.connection() as connection:
            return frozenset(digest for (digest,) in connection.rows("SELECT DISTINCT digest FROM artifacts"))


def outputs(connection: Connection, run_id: str) -> dict[str, dict[str, Artifact]]:
    """Return the outputs of a run's steps, by step and name; an empty step holds what was given to the run."""
    found: dict[str, dict[str, Artifact]] = {}
    for row in connection.rows(ARTIFACTS.select("WHERE run = ? ORDER BY step, position"), (run_id,)):
        found.setdefault(row[1], {})[row[2]] = artifact_from(row)
    return found
