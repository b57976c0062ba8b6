"""Find which definitions differ between two step runs, with what was written before and after."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TypeAlias, final

from ..compilers.errors import PenstockError
from ..compilers.fingerprints import Manifest
from ..compilers.fingerprints.differences import Difference, differences
from ..compilers.graph import Graph
from ..compilers.members import Member
from .explanations import EXPECTED
from .history import History
from .history.records import RunRecord
from .instances import original

Manifests: TypeAlias = Callable[[str], Manifest | None]
"""Says what a fingerprint covers; None where that was not kept."""

_FAR_BACK = 20
"""How many earlier runs of a pipeline are searched for the code that a reason speaks of."""


def code_changes(before: str | None, now: str | None, manifests: Manifests) -> tuple[Difference, ...] | None:
    """Return what differs between the code of two fingerprints; None where it differs and nobody knows in what."""
    if before == now:
        return ()
    old, new = before and manifests(before), now and manifests(now)
    return differences(old, new) if old and new else None


@final
class EarlierCode:
    """The code that the steps of a pipeline had in the runs before one of them, or in all runs; it is read when needed."""

    def __init__(self, history: History, pipeline: str, manifests: Manifests, before: str | None = None) -> None:
        self._history = history
        self._pipeline = pipeline
        self._before = before
        self._manifests = functools.cache(manifests)
        self._changes = functools.cache(self._changed)
        self._graph = functools.cache(functools.partial(graph_of, history))

    def told(self, step: str, now: str | None, reason: str) -> tuple[Difference, ...]:
        """Return the changes that the reason for running a step speaks of, ``now`` being the fingerprint of its code.

        They are those between now and the newest earlier code that give the reason's very words.
        """
        if now is None or reason in EXPECTED or not reason:
            return ()
        for before in dict.fromkeys(self._of(step)):
            told = tuple(change for change, clause in self._changes(before, now) if clause in reason)
            if told:
                return told
        return ()

    def _changed(self, before: str, now: str) -> tuple[tuple[Difference, str], ...]:
        found = code_changes(before, now, self._manifests) or ()
        return tuple((change, str(change)) for change in found)

    def _of(self, step: str) -> Iterator[str]:
        """Yield the fingerprints of a step, the newest first."""
        for run in self._runs:
            graph = self._graph(run.id)
            node = None if graph is None else original(graph, step)
            if node is not None and node.fingerprint is not None:
                yield node.fingerprint

    @functools.cached_property
    def _runs(self) -> tuple[RunRecord, ...]:
        return self._history.runs(pipeline=self._pipeline, before=self._before, limit=_FAR_BACK)


def graph_of(history: History, run: str) -> Graph | None:
    """Return the graph that a run executed, to look at: nothing is imported, members of enums stay names.

    None where it was not kept, or by a Penstock that wrote it in another way.
    """
    try:
        return history.graph(run, member=Member)
    except PenstockError:
        return None
