"""Identify the code of functions: equal fingerprints mean that nothing they reach could behave differently."""

from .differences import Difference, differences
from .digests import digest
from .fingerprints import Fingerprint, Fingerprinter
from .inputs import Identity, digest_value, identify
from .manifests import Definition, Manifest
from .memo import FileMemo, Memo, MemoryMemo

__all__ = [
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
