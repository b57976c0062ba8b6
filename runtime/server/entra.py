"""Let in whoever shows a JSON web token of Entra ID, without asking anybody but for its public keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, final

import jwt

from .callers import Caller, Scope
from .errors import Problem, ServerError
from .settings import EntraID

_REFRESH = 3600.0
"""Seconds for which keys are taken to be current."""

_PATIENCE = 60.0
"""Seconds between two looks for a key that is not known, and by which clocks may differ."""

_TIMEOUT = 5.0
"""Seconds to wait for the keys."""

ROLES: Mapping[str, str] = {f"Penstock.{scope.value.capitalize()}": scope.value for scope in Scope}
"""Which role is which scope where the settings say nothing: ``Penstock.Run`` is ``run``."""


@final
class EntraTokens:
    """Reads tokens of one directory. It may be used by several threads."""

    def __init__(self, settings: EntraID, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._roles = {role: Scope(scope) for role, scope in (settings.roles or ROLES).items()}
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._looked = float("-inf")

    def caller(self, token: str) -> Caller:
        """Return who bears a token. Raises Problem 401 for one that is not ours, and 403 for one without a role."""
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise Problem(401, f"the token is refused: {_reason(error)}", headers=_CHALLENGE) from None
        given = claims.get("roles")
        roles = given if isinstance(given, list) else []
        scopes = frozenset(self._roles[role] for role in roles if isinstance(role, str) and role in self._roles)
        if not scopes:
            raise Problem(403, f"the token bears none of the roles {', '.join(self._roles)}")
        name = claims.get("preferred_username") or claims.get("appid") or claims.get("azp") or claims["sub"]
        return Caller(f"entra:{str(name)[:200]}", scopes)

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            self._key(str(header.get("kid", ""))),
            algorithms=["RS256"],  # never what the token itself says
            audience=self._settings.audience,
            issuer=list(self._settings.issuers),
            leeway=_PATIENCE,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        if claims.get("tid") != self._settings.tenant:
            raise jwt.InvalidIssuerError("it is of another directory")
        return claims

    def _key(self, name: str) -> Any:
        """Return a public key; keys are changed now and then, so that one not known is looked for again."""
        with self._lock:
            age = self._clock() - self._looked
            if age > _REFRESH or (name not in self._keys and age > _PATIENCE):
                self._looked = self._clock()
                self._keys = self._read() or self._keys
            if name not in self._keys:
                raise jwt.InvalidKeyError("no key of the directory has signed it")
            return self._keys[name]

    def _read(self) -> dict[str, Any]:
        document = _document(self._settings.keys_location)
        found = {}
        for key in document.get("keys", []):
            if key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and "kid" in key:
                found[key["kid"]] = jwt.PyJWK(key, algorithm="RS256").key
        return found


_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, jwt.PyJWTError) else "it cannot be read"


def _document(location: str | Path) -> dict[str, Any]:
    """Return the keys' document, or an empty one where it cannot be had just now."""
    try:
        if isinstance(location, Path) or not location.startswith(("https://", "http://")):
            document = json.loads(Path(location).read_text(encoding="utf-8"))
        else:
            import requests

            document = requests.get(location, timeout=_TIMEOUT).json()
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def check_settings(settings: EntraID) -> None:
    """Raise ServerError for settings that would let in nobody, or everybody."""
    for name in ("tenant", "audience"):
        if not str(getattr(settings, name)).strip():
            raise ServerError(f"EntraID({name}=...) is empty: it says whose tokens are accepted")
    unknown = set(settings.roles.values()) - {scope.value for scope in Scope}
    if unknown:
        raise ServerError(
            f"EntraID(roles=...) names the scope {min(unknown)!r}; there are {', '.join(scope.value for scope in Scope)}"
        )
