"""Describe a token of a server, and keep what it is to whoever asks for that."""

from __future__ import annotations

from typing import final

from attrs import field, frozen


@final
@frozen
class ServerToken:
    """A token. ``text`` is what callers show; the server tells it once, when the token is made, and nothing here shows it.

    ``endpoint`` confines it to one. Times are seconds since the epoch; ``used`` is when it was last shown.
    """

    id: str
    name: str
    scopes: tuple[str, ...] = field(converter=tuple)
    endpoint: str | None = None
    created: float = 0.0
    expires: float | None = None
    revoked: float | None = None
    used: float | None = None
    text: str | None = field(default=None, repr=False)
