"""Keep account of the calls of one run: what each is based on, which are equal, and which results are there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TypeAlias, final

from ..compilers.graph import Node
from .artifacts import Artifact
from .bases import Basis
from .identities import Identifier
from .resolution import Values
from .resolved import Resolved
from .reuse import Earlier, Reuse
from .store import ArtifactStore
from .whereabouts import Whereabouts

_Inputs: TypeAlias = tuple[Mapping[str, Resolved], Mapping[str, "str | None"]]
"""The inputs of a call, and what identifies each."""


@final
class Calls:
    """The calls of one run. Without ``reuse`` no call is identified, and each runs."""

    def __init__(self, run: str, where: Whereabouts, store: ArtifactStore, values: Values, reuse: Reuse | None) -> None:
        self._run = run
        self._values = values
        self._reuse = reuse
        self._identifier = Identifier(where, store, reuse.declared if reuse else None)
        self._inputs: dict[str, _Inputs] = {}
        self._bases: dict[str, Basis] = {}
        self._results: dict[str, Earlier] = {}
        self._owners: dict[str, str] = {}
        self._twins: dict[str, list[str]] = {}
        self._codes: dict[str, str | None] = {}

    def earlier(self, nodes: Sequence[Node]) -> Mapping[str, Earlier]:
        """Identify some calls whose inputs are known, and return the earlier results that may stand for them."""
        if self._reuse is None:
            return {}
        keys = self._values.keys
        for node in nodes:
            inputs = self._values.inputs(node)
            identities = self._identifier.identify(inputs)
            keys[node.id] = self._identifier.key(node, identities)
            self._inputs[node.id] = inputs, identities
        found = self._reuse.find([(node, keys[node.id]) for node in nodes])
        for step in found:
            del self._inputs[step]
        return found

    def inputs(self, node: Node) -> Mapping[str, Resolved]:
        """Return the resolved inputs of a call whose turn has come."""
        known = self._inputs.get(node.id)
        return self._values.inputs(node) if known is None else known[0]

    def key(self, step: str) -> str | None:
        """Return the key of a call that was identified, where it has one."""
        return self._values.keys.get(step)

    def basis(self, node: Node) -> Basis | None:
        """Return what a call is based on; None where reuse is off.

        It is kept from when it is first asked for, before the call runs: a file that changes while a step reads it must
        not give the result a key that belongs to the new content.
        """
        if self._reuse is not None and node.id not in self._bases:
            inputs, identities = self._inputs[node.id]
            self._bases[node.id] = self._identifier.basis(node, inputs, identities, self._values.keys.get(node.id))
        return self._bases.get(node.id)

    def beginning(self, node: Node) -> bytes | None:
        """Return what a call's key begins with; None where reuse is off, or where the call cannot be identified."""
        return None if self._reuse is None else self._identifier.beginning(node)

    def surely_runs(self, node: Node) -> bool:
        """Say whether no earlier run can have a result of a call, whatever its inputs turn out to be."""
        return self._reuse is None or self._reuse.has_nothing(node)

    def results_of(self, codes: Set[str | None]) -> dict[str, Mapping[str, Artifact]]:
        """Return the outputs of the calls of this run that have one of some codes, by key."""
        if not codes:
            return {}
        return {key: one.outputs for key, one in self._results.items() if self._codes[one.step] in codes}

    @property
    def are_awaited(self) -> bool:
        """Whether some call waits for an equal one."""
        return bool(self._twins)

    def why(self, node: Node) -> str:
        """Say why a call runs, by the name of what changed; nothing where reuse is off."""
        basis = self.basis(node)
        return self._reuse.why(node, basis) if self._reuse and basis else ""

    def result(self, node: Node) -> Earlier | None:
        """Return what an equal call of this run has given already."""
        return self._results.get(self._key(node) or "")

    def is_twin(self, node: Node) -> bool:
        """Say whether an equal call of this run is running; then this one waits for its result."""
        key = self._key(node)
        if key is None:
            return False
        owner = self._owners.setdefault(key, node.id)
        if owner != node.id:
            self._twins.setdefault(owner, []).append(node.id)
        return owner != node.id

    def completed(self, node: Node, outputs: Mapping[str, Artifact], duration: float) -> tuple[Earlier, list[str]]:
        """Note the result of a call, and return it with the calls that waited for it."""
        earlier = Earlier(self._run, node.id, outputs, duration)
        self._bases.pop(node.id, None)
        self._inputs.pop(node.id, None)
        self._identifier.forget_files()
        key = self._key(node)
        if key is not None:
            self._results[key] = earlier
            self._codes[node.id] = node.fingerprint
        return earlier, self.release(node)

    def release(self, node: Node) -> list[str]:
        """Return the calls that wait for an equal one, which has ended; a later equal call waits for it no more."""
        self._owners.pop(self._key(node) or "", None)
        return self._twins.pop(node.id, [])

    def _key(self, node: Node) -> str | None:
        return self._values.keys.get(node.id) if node.options.allow_reuse else None
