"""Decide whether the result of an earlier step run may stand for a step call.

Looked up is by key (see :mod:`.identities`), in bulk, before any worker is started. A result whose artifact is missing
or corrupt is no result: the step runs again and puts it right.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence, Set
from typing import Protocol, final

from attrs import frozen

from ..compilers.fingerprints import Manifest
from ..compilers.fingerprints.declared import DeclaredPaths
from ..compilers.graph import Node
from .amounts import duration
from .artifacts import Artifact
from .bases import Basis
from .errors import CorruptArtifact, HistoryError, StoreError
from .explanations import EFFECT, explain
from .instances import names_of
from .store import ArtifactStore


class ReuseWarning(UserWarning):
    """Some code or value could not be identified exactly.

    The step named counts more than it needs (and reruns more often), or is never reused. Declare ``modules=[...]`` for
    computed imports, or ``version=`` for what cannot be seen.
    """


@frozen(eq=False)
class Earlier:
    """A completed step run of an earlier run: its outputs by name, what it logged, and how many seconds it took.

    ``metrics`` are name, value and index, in the order of logging; ``ended`` is when, in seconds since the epoch; ``result``
    is the number of the result in the history, None for one of the run that goes on.
    """

    run: str
    step: str
    outputs: Mapping[str, Artifact]
    duration: float = 0.0
    metrics: tuple[tuple[str, float, float | None], ...] = ()
    ended: float = 0.0
    result: int | None = None


class Cache(Protocol):
    """Where earlier step runs are found: the history."""

    def find(self, keys: Sequence[str]) -> Mapping[str, Earlier]:
        """Return the newest completed step run of each key that has one."""
        ...

    def known(self, fingerprints: Sequence[str]) -> Set[str]:
        """Return those fingerprints of which there may be results."""
        ...

    def last_bases(self, pipeline: str) -> Mapping[str, Basis]:
        """Return, for each step of a pipeline, what its latest step run was based on."""
        ...

    def manifest(self, fingerprint: str) -> Manifest | None:
        """Return what a fingerprint covers."""
        ...


@final
class Reuse:
    """The reuse of one run.

    ``declared`` identifies the files that steps declare. ``regenerate`` names the steps (or ids) that run whatever was
    kept, or is True for all.
    """

    def __init__(
        self,
        cache: Cache,
        store: ArtifactStore,
        pipeline: str,
        manifests: Mapping[str, Manifest],
        declared: DeclaredPaths,
        regenerate: bool | Sequence[str] = False,
    ) -> None:
        self.declared = declared
        self._cache = cache
        self._store = store
        self._manifests = manifests
        self._regenerate = regenerate if isinstance(regenerate, bool) else frozenset(regenerate)
        self._pipeline = pipeline
        self._broken: dict[str, str] = {}
        self._stale: dict[str, str] = {}
        self._known: dict[str, bool] = {}
        self._problem = ""

    def find(self, wanted: Sequence[tuple[Node, str | None]]) -> dict[str, Earlier]:
        """Return the earlier step runs that may stand for some calls, given with their keys, by the ids of their nodes."""
        if all(self.has_nothing(node) for node, _ in wanted):
            return {}
        try:
            keys, found = self._find(wanted)
        except HistoryError as error:  # nothing can be reused, and everything can run
            self._problem = str(error)
            return {}
        usable = {key: earlier for key, earlier in found.items() if self._is_whole(key, earlier)}
        return {
            node.id: usable[keys[node.id]]
            for node, _ in wanted
            if keys.get(node.id) in usable and self._is_fresh(node, usable[keys[node.id]])
        }

    def has_nothing(self, node: Node) -> bool:
        """Say whether there is no result that may stand for a step, as far as has been looked up; it runs anyway, or is new."""
        return self._must_run(node) or node.fingerprint is None or self._known.get(node.fingerprint) is False

    def why(self, node: Node, basis: Basis) -> str:
        """Say why a step runs, by the name of what changed."""
        if not node.options.allow_reuse:
            return "it says allow_reuse=False" if node.outputs else EFFECT
        if basis.key is None:
            return f"it cannot be reused: {basis.problem}"
        if self._must_run(node):
            return "its regeneration was asked for"
        told = self._broken.get(basis.key) or self._stale.get(node.id) or self._problem
        return told or self._explain(node, basis)

    def _explain(self, node: Node, basis: Basis) -> str:
        try:
            return explain(self._before.get(node.id), basis, self._manifest, self.declared.changes)
        except HistoryError as error:
            return f"why is not known: {error}"

    @functools.cached_property
    def _before(self) -> Mapping[str, Basis]:
        return self._cache.last_bases(self._pipeline)

    def _manifest(self, fingerprint: str) -> Manifest | None:
        return self._manifests.get(fingerprint) or self._cache.manifest(fingerprint)

    def _find(self, wanted: Sequence[tuple[Node, str | None]]) -> tuple[dict[str, str], Mapping[str, Earlier]]:
        """Look up what may be reused; of code that has never run here, as after an edit, there is nothing to look up."""
        unknown = {node.fingerprint for node, key in wanted if key is not None} - self._known.keys()
        fresh = tuple(fingerprint for fingerprint in unknown if fingerprint)
        known = self._cache.known(fresh) if fresh else ()
        self._known |= {fingerprint: fingerprint in known for fingerprint in fresh}
        keys = {
            node.id: key
            for node, key in wanted
            if key is not None and self._known[node.fingerprint or ""] and not self._must_run(node)
        }
        return keys, self._cache.find(tuple(dict.fromkeys(keys.values()))) if keys else {}

    def _must_run(self, node: Node) -> bool:
        if isinstance(self._regenerate, bool):
            asked = self._regenerate
        else:
            asked = bool(self._regenerate) and not self._regenerate.isdisjoint(names_of(node))
        return asked or not node.options.allow_reuse

    def _is_fresh(self, node: Node, earlier: Earlier) -> bool:
        limit, age = node.options.max_age, time.time() - earlier.ended
        if limit is None or age <= limit:
            return True
        self._stale[node.id] = (
            f"its result of run {earlier.run} is {duration(age)} old, and max_age is {duration(limit)}"
        )
        return False

    def _is_whole(self, key: str, earlier: Earlier) -> bool:
        return all(self._is_there(key, earlier, artifact) for artifact in earlier.outputs.values())

    def _is_there(self, key: str, earlier: Earlier, artifact: Artifact) -> bool:
        if artifact.inline is not None:
            return True
        try:
            self._store.get(artifact.digest)
        except StoreError as error:
            self._broken[key] = f"its result of run {earlier.run} cannot be used: {error}"
            if isinstance(error, CorruptArtifact):
                self._store.delete(artifact.digest)
            return False
        return True
