"""Keep who may call: tokens by their hash, so that whoever reads the database cannot use them."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final, final

from ..errors import EndpointError, EndpointNotFound
from ..history import Session
from .records import TokenRecord, columns, marks, record, values

PREFIX: Final = "pst_"
"""What tokens begin with, so that people and scanners of secrets know one when they see it."""

_OFTEN: Final = 60.0
"""Seconds in which another use of a token is not written down."""

SCOPES: Final = ("read", "run", "publish", "admin")


@final
class Tokens:
    """The tokens of a workspace. It may be used by several threads, processes and servers at once."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.time) -> None:
        self._session = session
        self._clock = clock

    def create(
        self, name: str, scopes: Sequence[str], *, endpoint: str | None = None, expires: float | None = None
    ) -> tuple[str, TokenRecord]:
        """Make a token of 256 random bits, and return it: it is shown this once. ``expires`` is a time since the epoch.

        Raises EndpointError for scopes that there are not, and EndpointNotFound.
        """
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise EndpointError(f"scopes={list(scopes)!r} cannot be given: expected some of {', '.join(SCOPES)}")
        token = PREFIX + secrets.token_urlsafe(32)
        made = TokenRecord(secrets.token_hex(8), name, hashed(token), tuple(scopes), endpoint, self._clock(), expires)
        with self._session.connection() as connection, connection.transaction():
            if endpoint is not None and not connection.rows("SELECT 1 FROM endpoints WHERE name = ?", (endpoint,)):
                raise EndpointNotFound(endpoint)
            connection.execute(
                f"INSERT INTO tokens ({columns(TokenRecord)}) VALUES ({marks(TokenRecord)})", values(made)
            )
        return token, made

    def check(self, token: str) -> TokenRecord | None:
        """Return what is known of a token that is valid now, and note that it was used; None for any other."""
        now = self._clock()
        with self._session.connection() as connection:
            rows = connection.rows(f"SELECT {columns(TokenRecord)} FROM tokens WHERE hash = ?", (hashed(token),))
            found = record(TokenRecord, rows[0]) if rows else None
            if found is None or not found.is_valid(now):
                return None
            if found.used is None or now - found.used > _OFTEN:
                connection.execute("UPDATE tokens SET used = ? WHERE id = ?", (now, found.id))
        return found

    def list(self) -> tuple[TokenRecord, ...]:
        """Return all tokens, the newest first."""
        with self._session.connection() as connection:
            rows = connection.rows(f"SELECT {columns(TokenRecord)} FROM tokens ORDER BY created DESC, id")
        return tuple(record(TokenRecord, row) for row in rows)

    def revoke(self, token_id: str) -> None:
        """Let a token in no more. Raises EndpointError where there is none of that id."""
        with self._session.connection() as connection:
            statement = "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?"
            if not connection.execute(statement, (self._clock(), token_id)):
                raise EndpointError(f"there is no token {token_id!r}")

    def any_admin(self) -> bool:
        """Say whether some token with the scope ``admin`` is valid."""
        now = self._clock()
        return any("admin" in token.scopes and token.endpoint is None and token.is_valid(now) for token in self.list())


def hashed(token: str) -> str:
    """Return the sha256 of a token. Its 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
