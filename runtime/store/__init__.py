"""Keep values by the digest of their contents, and give them back exactly as they were. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
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

_HOMES = {
    "INLINE_LIMIT": "encoding",
    "ArtifactStore": "artifacts",
    "Codec": "codecs",
    "Listing": "artifacts",
    "LocalStore": "local",
    "RemoteStore": "remote",
    "decode": "encoding",
    "encode": "encoding",
    "encode_all": "encoding",
    "open_store": "opening",
    "register_codec": "codecs",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
