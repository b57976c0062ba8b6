"""Pack a pipeline with its code into one file, and run it from there. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .archives import read_archive
    from .contents import SUFFIX, Contents
    from .identifying import identified
    from .opening import Bundle, BundleWarning, open_bundle, open_file
    from .packing import Packed, pack
    from .parameters import Signature, as_json
    from .program import Order, carry_out
    from .snapshots import Extent

__all__ = [
    "SUFFIX",
    "Bundle",
    "BundleWarning",
    "Contents",
    "Extent",
    "Order",
    "Packed",
    "Signature",
    "as_json",
    "carry_out",
    "identified",
    "open_bundle",
    "open_file",
    "pack",
    "read_archive",
]

_HOMES = {
    "Bundle": "opening",
    "BundleWarning": "opening",
    "Contents": "contents",
    "Extent": "snapshots",
    "Order": "program",
    "Packed": "packing",
    "SUFFIX": "contents",
    "Signature": "parameters",
    "as_json": "parameters",
    "carry_out": "program",
    "identified": "identifying",
    "open_bundle": "opening",
    "open_file": "opening",
    "pack": "packing",
    "read_archive": "archives",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
