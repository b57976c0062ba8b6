"""Identify the code of functions: equal fingerprints mean that nothing they reach could behave differently.

All of it is loaded when it is first used: a worker has no use for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .declared import DeclaredPaths
    from .differences import Difference
    from .digests import digest
    from .distributions import Distributions
    from .drift import drifted
    from .fingerprints import Fingerprint, Fingerprinter
    from .inputs import Identity, digest_value, identify
    from .manifests import Definition, Manifest
    from .memo import FileMemo, Memo, MemoryMemo
    from .scripts import Script

__all__ = [
    "DeclaredPaths",
    "Definition",
    "Difference",
    "Distributions",
    "FileMemo",
    "Fingerprint",
    "Fingerprinter",
    "Identity",
    "Manifest",
    "Memo",
    "MemoryMemo",
    "Script",
    "digest",
    "digest_value",
    "drifted",
    "identify",
]

_HOMES = {
    "DeclaredPaths": "declared",
    "Definition": "manifests",
    "Difference": "differences",
    "Distributions": "distributions",
    "FileMemo": "memo",
    "Fingerprint": "fingerprints",
    "Fingerprinter": "fingerprints",
    "Identity": "inputs",
    "Manifest": "manifests",
    "Memo": "memo",
    "MemoryMemo": "memo",
    "Script": "scripts",
    "digest": "digests",
    "digest_value": "inputs",
    "drifted": "drift",
    "identify": "inputs",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
