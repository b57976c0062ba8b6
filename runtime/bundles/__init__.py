"""Pack a pipeline with its code into one file, and run it from there."""

from .archives import read_archive
from .contents import SUFFIX, Contents
from .identifying import identified
from .opening import Bundle, BundleWarning, open_bundle, open_file
from .packing import Packed, pack
from .parameters import Signature
from .snapshots import Extent

__all__ = [
    "SUFFIX",
    "Bundle",
    "BundleWarning",
    "Contents",
    "Extent",
    "Packed",
    "Signature",
    "identified",
    "open_bundle",
    "open_file",
    "pack",
    "read_archive",
]
