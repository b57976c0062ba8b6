"""Find the items that a mapped call goes over, each with what identifies it: an item is not known by the list it came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from ..compilers.graph import Collection, FunctionRef, Literal, Node, Output, ParameterRef
from .artifacts import Artifact
from .errors import RunError
from .identities import identity_by_content
from .operations import value_of
from .resolved import Gathered, Resolved, Stored, summarise_input
from .splitting import FINGERPRINT, FUNCTION, KEYS, parts_of
from .store import ArtifactStore, decode, encode

LARGEST: Final = 1024 * 1024
"""Bytes; a list of plain data that takes more is split in a worker."""

_LONGEST_NAME: Final = 30
"""Characters of an item, where it is named beside its number."""


@frozen
class Items:
    """The items of one collection, in order; with ``keys`` where it is a dict."""

    values: tuple[Resolved, ...]
    keys: tuple[object, ...] | None = None


def items_of(value: Resolved, store: ArtifactStore) -> Items | None:
    """Return the items of a collection; None where it must be split in a worker. Raises RunError for what is none."""
    match value:
        case Literal(plain):
            keys, items = parts_of(plain)
            return Items(tuple(map(Literal, items)), None if keys is None else tuple(keys))
        case Gathered(shape, items):
            return Items(items, shape.keys if shape.kind == "dict" else None)
        case Stored(artifact) if artifact.codec == "json" and artifact.size <= LARGEST:
            keys, items = parts_of(value_of(value, store))
            return Items(tuple(_stored(item, store) for item in items), None if keys is None else tuple(keys))
        case Stored():
            return None


def _stored(item: object, store: ArtifactStore) -> Stored:
    """Store an item as a worker would have, so that it is the same item however long the list is."""
    artifact = encode(item, store)
    return Stored(artifact, (), artifact.digest)


def splitter(called: str, name: str, bound: str) -> Node:
    """Return the node that splits what is bound under a name."""
    ref = FunctionRef(*FUNCTION)
    return Node(called, name, ref, {"collection": ParameterRef(bound)}, (Output(KEYS),), fingerprint=FINGERPRINT)


def split_items(outputs: Mapping[str, Artifact], code: str | None, store: ArtifactStore) -> Items:
    """Return the items that a worker has stored; ``code`` identifies what a pickled one behaves by."""
    found = dict(outputs)
    keys = decode(found.pop(KEYS), store)
    values = tuple(Stored(artifact, (), _identity(artifact, code)) for artifact in found.values())
    return Items(values, None if keys is None else tuple(keys))  # type: ignore[arg-type]  # a list, or None


def _identity(artifact: Artifact, code: str | None) -> str | None:
    return identity_by_content(artifact) or (None if code is None else f"{artifact.digest} {code}")


def zipped(named: Mapping[str, Items]) -> tuple[Sequence[tuple[Resolved, ...]], tuple[object, ...] | None]:
    """Return the items of several collections side by side, and the keys of the first. Raises RunError where they do not fit."""
    first, *others = named
    keys = named[first].keys
    for other in others:
        if len(named[other].values) != len(named[first].values):
            lengths = " and ".join(f"{name!r} has {len(items.values)}" for name, items in named.items())
            raise RunError(
                f"what each(...) goes over side by side must be equally long: {lengths} items. Give lists of one length, "
                "or all combinations as one list"
            )
        if keys is not None and named[other].keys not in (None, keys):
            raise RunError(
                f"{first!r} and {other!r} are dicts with different keys, and each(...) goes over both side by side"
            )
    return list(zip(*(items.values for items in named.values()), strict=True)), keys


def gathered(items: Sequence[Resolved], keys: tuple[object, ...] | None) -> Gathered:
    """Return the results of a mapped call: a list, or a dict with the keys of the one that it went over."""
    shape = Collection("list", ()) if keys is None else Collection("dict", (), keys)
    return Gathered(shape, tuple(items))


def name_of(item: Resolved, keys: tuple[object, ...] | None, place: int) -> str:
    """Return what to call an item beside its number: its key, or itself where that is short."""
    text = summarise_input(item) if keys is None else repr(keys[place])
    return text if len(text) <= _LONGEST_NAME else ""


def transposed(items: Sequence[Resolved], outputs: Sequence[str]) -> dict[str, tuple[Resolved, ...]]:
    """Return the results of a mapped step with several outputs, by output: each item is a tuple of as many."""
    rows = [item.items if isinstance(item, Gathered) else (item,) * len(outputs) for item in items]
    return {name: tuple(row[place] for row in rows) for place, name in enumerate(outputs)}
