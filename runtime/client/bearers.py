"""Prove to a server who asks: with a token of the server's, or with one of Entra ID that a credential gets. Neither is ever shown."""

from __future__ import annotations

import os
from typing import Any, Final, Protocol, final

from attrs import field, frozen

from ..azure.credentials import Credential, Tokens
from ..errors import EndpointError

TOKEN: Final = "PENSTOCK_TOKEN"  # noqa: S105  # the name of a variable
"""The environment variable that holds the token for servers."""


class Bearer(Protocol):
    """Whoever has a token."""

    def token(self) -> str | None:
        """Return the token to show now; None where there is none."""


@final
@frozen
class Text:
    """A token of the server's own."""

    _token: str | None = field(default=None, repr=False, alias="token")

    def token(self) -> str | None:
        """Return the token."""
        return self._token


@final
@frozen
class Entra:
    """A credential of azure-identity, which is asked for a token of an audience whenever the last one is about to end."""

    _tokens: Tokens = field(repr=False, alias="tokens")
    audience: str

    def token(self) -> str | None:
        """Return a token that serves for some minutes. Raises AuthenticationFailed, and RemoteUnavailable."""
        return self._tokens.get(self.audience)


def bearer(token: str | Credential | None, audience: str | None) -> Bearer:
    """Return who asks: by a token, by that of the environment, or by a credential. Raises EndpointError for what is neither."""
    if token is None:
        token = os.environ.get(TOKEN)
    if token is None or isinstance(token, str):
        return Text(_checked(token))
    if not callable(getattr(token, "get_token", None)):
        raise EndpointError(f"token= is a {type(token).__name__}: expected a text, or a credential of azure-identity")
    if not audience:
        raise EndpointError(
            "a credential needs audience=: what the server accepts tokens for, as in `penstock serve --entra-audience`"
        )
    return Entra(Tokens(token), audience)


def _checked(token: str | None) -> str | None:
    """Return a token without the space around it; a broken one is refused here, since a library's error would show it."""
    token = (token or "").strip()
    if not all("!" <= letter <= "~" for letter in token):
        raise EndpointError("the token has characters that no token has: spaces, line breaks or letters beyond ASCII")
    return token or None


def shown(request: Any, bearer: Bearer) -> Any:
    """Add the token to a prepared request."""
    token = bearer.token()
    if token is not None:
        request.headers["Authorization"] = f"Bearer {token}"
    return request
