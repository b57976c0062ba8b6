"""Identify the code of functions: equal fingerprints mean that nothing they reach could behave differently.

What computes fingerprints is loaded when it is first used: who only reads manifests, as a worker does, has no use for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .differences import Difference, differences
from .manifests import Definition, Manifest

if TYPE_CHECKING:
    from .declared import DeclaredPaths
    from .digests import digest
    from .fingerprints import Fingerprint, Fingerprinter
    from .inputs import Identity, digest_value, identify
    from .memo import FileMemo, Memo, MemoryMemo

__all__ = [
    "DeclaredPaths",
    "Definition",
    "Difference",
    "FileMemo",
    "Fingerprint",
    "Fingerprinter",
    "Identity",
    "Manifest",
    "Memo",
    "MemoryMemo",
    "differences",
    "digest",
    "digest_value",
    "identify",
]

_HOMES = {
    "DeclaredPaths": "declared",
    "FileMemo": "memo",
    "Fingerprint": "fingerprints",
    "Fingerprinter": "fingerprints",
    "Identity": "inputs",
    "Memo": "memo",
    "MemoryMemo": "memo",
    "digest": "digests",
    "digest_value": "inputs",
    "identify": "inputs",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
