"""Identify data for reuse: by what the store vouches for, and else by reading them.

The first that there is of these, for each file:

1. a checksum of the contents: recorded by Penstock (Azure), or the store's own (md5 in Azure and Google Cloud, the ETag of
   S3). Equal contents are then the same wherever they lie and whenever they were written;
2. a strong ETag, with the place: Azure's, a web server's. Writing the same bytes again makes another one;
3. the blake3 of the contents, which are fetched into the cache for that (a folder here is read where it is).

A folder is identified by the names and identities of its files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from blake3 import blake3

from .caching import Cache
from .entries import Entry, below
from .folders import Folder
from .parallel import at_once
from .places import Found, Place, look


def identify(place: Place, cache: Cache) -> str:
    """Return what identifies the data at a place. Raises DataNotFound, and whatever the store fails with."""
    found = look(place)
    if isinstance(place.backend, Folder):
        hashed = at_once(place.backend.checksum, [entry.path for entry in found.entries])
        return _joined(found, place, dict(zip(found.entries, hashed, strict=True)))
    vouched = {entry: _vouched(place, entry) for entry in found.entries}
    if None in vouched.values():
        _, copy = cache.local(place)
        contents = {name: f"blake3:{digest}" for name, digest in copy.contents.items()}
        return _whole(contents, is_file=copy.is_file)
    return _joined(found, place, {entry: identity or "" for entry, identity in vouched.items()})


def _vouched(place: Place, entry: Entry) -> str | None:
    if entry.checksum is not None:
        return entry.checksum
    if entry.etag is None:
        return None
    # An ETag means something in its place only: many web servers make "1" of the first version of anything.
    facts = json.dumps([place.backend.url, place.origin, entry.path, entry.etag])
    return f"etag:{blake3(facts.encode()).hexdigest()}"


def _joined(found: Found, place: Place, identities: Mapping[Entry, str]) -> str:
    named = {below(entry, place.path): identity for entry, identity in identities.items()}
    return _whole(named, is_file=found.is_file)


def _whole(identities: Mapping[str, str], *, is_file: bool) -> str:
    if is_file:
        return next(iter(identities.values()))
    return f"folder:{blake3(json.dumps(sorted(identities.items())).encode()).hexdigest()}"
