"""Prove to Azure who is asking: credentials by name, and tokens that are fresh whenever they are needed."""

from __future__ import annotations

import base64
import binascii
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeAlias, final, get_args

from attrs import Factory, define, field, frozen

from .errors import AuthenticationFailed, NotConfigured, RemoteUnavailable
from .redaction import redacted

MANAGEMENT = "https://management.azure.com"
"""The audience of nearly everything: the management plane, and the run history of a workspace."""

DATA_PLANE = "https://ml.azure.com"
"""The audience of invoking endpoints, and of the second token that goes with a pipeline job."""

Kind: TypeAlias = Literal["default", "cli", "service-principal", "managed-identity", "offline"]
"""How to log in; ``offline`` makes tokens for a stand-in on this machine, which open nothing elsewhere."""

_EARLY = 600.0
"""Seconds before its end at which a token is no longer handed out if another can be had. Tokens live for about an hour."""

_AGAIN = 30.0
"""Seconds before a refresh is tried again that failed while the old token still serves."""


class AccessToken(Protocol):
    """A token and when it ends, in seconds since 1970."""

    @property
    def token(self) -> str: ...

    @property
    def expires_on(self) -> int: ...


class Credential(Protocol):
    """What azure-identity's credentials can do: get a token for a scope."""

    def get_token(self, *scopes: str) -> AccessToken: ...


@frozen
class Token:
    """A token as text, and when it ends in seconds since 1970. The text is not shown."""

    token: str = field(repr=False)
    expires_on: int


@final
@frozen
class Offline:
    """A credential for a stand-in of Azure on this machine: unsigned tokens that nobody else accepts."""

    lifetime: int = 3600
    user: str = "offline@localhost"

    def get_token(self, *scopes: str) -> Token:
        """Make a token for the audience of a scope."""
        ends = int(time.time()) + self.lifetime
        claims = {"aud": scopes[0].removesuffix("/.default"), "upn": self.user, "exp": ends, "oid": "offline"}
        return Token(f"{_encoded({'alg': 'none'})}.{_encoded(claims)}.", ends)


def credential(kind: Kind = "default") -> Credential:
    """Return the credential of a kind. Nobody is asked yet; azure-identity is imported here.

    ``default`` tries the environment, a managed identity, then who is logged in with Azure's tools. A service principal
    is named by ``AZURE_TENANT_ID``, ``AZURE_CLIENT_ID`` and ``AZURE_CLIENT_SECRET`` (or
    ``AZURE_CLIENT_CERTIFICATE_PATH``), a user-assigned identity by ``AZURE_CLIENT_ID``. Raises NotConfigured for another
    kind.
    """
    if kind == "offline":
        return Offline()
    from azure import identity

    makers: Mapping[str, Callable[[], Credential]] = {
        "default": identity.DefaultAzureCredential,
        "cli": identity.AzureCliCredential,
        "service-principal": identity.EnvironmentCredential,
        "managed-identity": lambda: identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID")),
    }
    if kind not in makers:
        raise NotConfigured("log in to Azure", f"there is no way {kind!r}; the ways are {', '.join(get_args(Kind))}")
    return makers[kind]()


@final
@define(eq=False)
class Tokens:
    """The tokens of a credential, one for each audience, renewed well before they end. Threads may share it."""

    credential: Credential = field(repr=False)
    clock: Callable[[], float] = field(default=time.time, repr=False)
    _held: dict[str, AccessToken] = field(factory=dict, init=False, repr=False)
    _retry_at: dict[str, float] = field(factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default=Factory(threading.Lock), init=False, repr=False)

    def get(self, audience: str) -> str:
        """Return a token that serves for some minutes at least, if one can be had.

        A refresh that fails is no harm while the old token still serves. Raises AuthenticationFailed, and
        RemoteUnavailable where Azure's login cannot be reached.
        """
        with self._lock:
            held, now = self._held.get(audience), self.clock()
            if held is not None and (held.expires_on - now > _EARLY or now < self._retry_at.get(audience, 0.0)):
                return held.token
            try:
                found = _asked(self.credential, audience)
            except (AuthenticationFailed, RemoteUnavailable):
                if held is None or held.expires_on <= now + _AGAIN:
                    raise
                self._retry_at[audience] = now + _AGAIN
                return held.token
            self._held[audience] = found
            # Some give the same token until five minutes before its end: not asked for each request.
            self._retry_at[audience] = min(now + _AGAIN, found.expires_on - _AGAIN)
            return found.token

    def forget(self, audience: str) -> None:
        """Throw a token away that Azure did not accept."""
        with self._lock:
            self._held.pop(audience, None)

    def claims(self, audience: str = MANAGEMENT) -> Mapping[str, Any]:
        """Return what the token says about who is logged in; empty for a token that cannot be read here."""
        return read_claims(self.get(audience))


def read_claims(token: str) -> Mapping[str, Any]:
    """Read what a token says, without checking that it is genuine; empty for one that is no JWT."""
    payload = f"{token}..".split(".")[1]
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _asked(credential: Credential, audience: str) -> AccessToken:
    action = f"get a token for {audience}"
    try:
        found = credential.get_token(f"{audience}/.default")
    except Exception as error:  # a credential may be anybody's; azure-core is not imported to name its errors
        problem = redacted(str(error).split("To mitigate this issue")[0].strip()) or type(error).__name__
        passing = any(kind.__name__ in _UNREACHABLE for kind in type(error).__mro__)
        raise (RemoteUnavailable if passing else AuthenticationFailed)(action, problem) from None
    if not found.token:
        raise AuthenticationFailed(action, f"the {type(credential).__name__} gave no token")
    return found


_UNREACHABLE = ("ServiceRequestError", "ServiceResponseError", "ConnectionError", "TimeoutError")
"""Names of errors, azure-core's and others', that say nothing about the login itself."""


def _encoded(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
