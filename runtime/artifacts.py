"""Describe a stored value: what every part of the runtime hands around instead of the value itself."""

from __future__ import annotations

from attrs import frozen

from ..compilers.travelling import travels


@travels
@frozen
class Artifact:
    """A stored value, content-addressed.

    ``digest`` is the blake3 of its files (names, contents, executable bits), in hex; ``codec`` names how to read it;
    ``size`` is in bytes; ``type`` is the value's type as text and ``summary`` a line for people (``DataFrame 150 x 5``).
    A small value is carried along in ``inline`` and then need not be in the store.
    """

    digest: str
    codec: str
    size: int
    type: str = ""
    summary: str = ""
    inline: bytes | None = None
