"""Keep values by the digest of their contents, and give them back exactly as they were."""

from __future__ import annotations

from .artifacts import ArtifactStore, Listing
from .codecs import Codec, register_codec
from .encoding import INLINE_LIMIT, decode, encode, encode_all
from .local import LocalStore
from .opening import open_store
from .remote import RemoteStore

__all__ = [
    "INLINE_LIMIT",
    "ArtifactStore",
    "Codec",
    "Listing",
    "LocalStore",
    "RemoteStore",
    "decode",
    "encode",
    "encode_all",
    "open_store",
    "register_codec",
]
