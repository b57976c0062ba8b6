"""Say how a server is set up: where it listens, whom it lets in, and how much it takes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from attrs import field, frozen

Clock: TypeAlias = Callable[[], float]
"""Tells the time, in seconds since the epoch."""

PORT = 8075


@frozen(kw_only=True)
class EntraID:
    """Whose JSON web tokens of Entra ID are accepted.

    ``tenant`` is the directory's id; ``audience`` what the token was issued for; ``keys`` the URL or the file of the JWKS (by
    default the tenant's own); ``roles`` maps a role of the application to a scope.
    """

    tenant: str
    audience: str
    keys: str | Path | None = None
    roles: Mapping[str, str] = field(factory=dict)

    @property
    def issuers(self) -> tuple[str, str]:
        """Who may have issued a token: the directory, in the words of its second and its first version."""
        return f"https://login.microsoftonline.com/{self.tenant}/v2.0", f"https://sts.windows.net/{self.tenant}/"

    @property
    def keys_location(self) -> str | Path:
        """Where the public keys are."""
        return self.keys or f"https://login.microsoftonline.com/{self.tenant}/discovery/v2.0/keys"


@frozen(kw_only=True)
class Settings:
    """How a server is set up.

    ``local_readers`` lets whoever comes from this machine read without a token; ``read_only`` refuses every change.
    ``names`` are host names, besides those of this machine, under which the server may be addressed. ``slots`` is how many
    runs go on at a time, ``per_endpoint`` how many of them of one endpoint (None: as many as there are slots), and 0 slots
    leave the queue to other servers. ``remote_runs`` is how many runs that go on elsewhere are followed at a time. ``body_limit`` and ``upload_limit`` are bytes, ``rate`` is requests a second from one
    address, of which ``burst`` may come at once. ``run_timeout`` is seconds, where a run names none. ``grace`` is how many
    seconds running runs have when the server is stopped.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    local_readers: bool = False
    read_only: bool = False
    names: tuple[str, ...] = ()
    slots: int = 2
    per_endpoint: int | None = None
    remote_runs: int = 50
    body_limit: int = 1024 * 1024
    upload_limit: int = 1024 * 1024 * 1024
    rate: float = 5000.0
    burst: int = 10000
    run_timeout: float | None = None
    grace: float = 10.0
    session_seconds: float = 12 * 3600.0
    entra: EntraID | None = None
    clock: Clock | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in ("127.0.0.1", "::1", "localhost")
