"""Say why a step ran: which definition, input or declaration is not what it was, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..compilers.fingerprints import Manifest
from ..compilers.fingerprints.differences import differences
from .bases import Basis

Manifests = Callable[[str], Manifest | None]

Files = Callable[[str, str], Sequence[str]]
"""Says which files differ between two identities of a declared folder."""

FIRST = "it has not completed before"
EFFECT = "it returns nothing: it is there for its effect"
EXPECTED = frozenset({FIRST, EFFECT})
"""Reasons that surprise nobody."""


def explain(before: Basis | None, now: Basis, manifests: Manifests, files: Files = lambda _old, _new: ()) -> str:
    """Return why a step whose latest run was based on ``before`` runs again, the root change first.

    ``files`` says which files of a declared folder differ.
    """
    if before is None:
        return FIRST
    changes = [*_code(before, now, manifests), *_inputs(before, now), *_declared(before, now, files)]
    return "; ".join(changes) or "its last result was not kept"


def _code(before: Basis, now: Basis, manifests: Manifests) -> Iterator[str]:
    if before.fingerprint is None or now.fingerprint is None or before.fingerprint == now.fingerprint:
        return
    old, new = manifests(before.fingerprint), manifests(now.fingerprint)
    if old is None or new is None:
        yield "its code changed"
        return
    yield from map(str, differences(old, new)[:3] or ["its code changed"])


def _inputs(before: Basis, now: Basis) -> Iterator[str]:
    for name, (identity, summary) in now.inputs.items():
        if name not in before.inputs:
            yield f"input {name} is new"
        elif before.inputs[name][0] != identity:
            yield f"input {name} changed: {_change(before.inputs[name][1], summary)}"
    yield from (f"input {name} is gone" for name in before.inputs if name not in now.inputs)


def _declared(before: Basis, now: Basis, files: Files) -> Iterator[str]:
    for name in sorted({*before.declared, *now.declared}):
        old, new = before.declared.get(name, ""), now.declared.get(name, "")
        if old != new:
            shown = f"{old!r} -> {new!r}" if name == "version" else ", ".join(files(old, new)[:3])
            yield f"{name} changed: {shown}" if shown else f"{name} changed"


def _change(before: str, now: str) -> str:
    return f"{before} -> {now}" if before != now else f"{now}, with other content"
