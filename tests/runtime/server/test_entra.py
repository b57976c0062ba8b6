"""Whose JSON web tokens are let in: only those that our own keys have signed, for us, now."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from click.testing import CliRunner
from penstock import Client
from penstock.runtime.azure.credentials import Token
from penstock.runtime.cli import main
from penstock.runtime.cli.serve import SCOPES
from penstock.runtime.client import ServerRefused
from penstock.runtime.server import EntraID
from penstock.runtime.server.callers import Scope
from penstock.runtime.server.entra import EntraTokens, check_settings
from penstock.runtime.server.errors import Problem, ServerError

TENANT, AUDIENCE = "11111111-2222-3333-4444-555555555555", "api://penstock"
KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def jwk(key, kid: str) -> dict[str, str]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


@pytest.fixture
def keys(tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk(KEY, "one")]}))
    return file


@pytest.fixture
def tokens(keys):
    return EntraTokens(EntraID(tenant=TENANT, audience=AUDIENCE, keys=keys))


def token(key=KEY, kid="one", algorithm="RS256", **changes) -> str:
    claims = {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "aud": AUDIENCE, "tid": TENANT, "sub": "x",
              "exp": time.time() + 600, "roles": ["Penstock.Run"], "preferred_username": "ada@example.com"}  # fmt: skip
    kept = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers={"kid": kid})


def test_a_role_becomes_a_scope(tokens):
    caller = tokens.caller(token())
    assert (caller.name, caller.may(Scope.RUN), caller.may(Scope.PUBLISH)) == ("entra:ada@example.com", True, False)


def test_the_first_version_of_tokens_is_let_in_too(tokens):
    assert tokens.caller(token(iss=f"https://sts.windows.net/{TENANT}/")).may(Scope.READ)


def test_roles_can_be_called_otherwise(keys):
    tokens = EntraTokens(EntraID(tenant=TENANT, audience=AUDIENCE, keys=keys, roles={"Boss": "admin"}))
    assert tokens.caller(token(roles=["Boss"])).may(Scope.ADMIN)


PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed_with_the_public_key() -> str:
    """The oldest trick: an HMAC, whose secret is the public key."""
    import hashlib
    import hmac

    parts = token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one"}).encode()).rstrip(b"=")
    signed = header + b"." + parts[1].encode()
    return (
        signed + b"." + base64.urlsafe_b64encode(hmac.new(PEM, signed, hashlib.sha256).digest()).rstrip(b"=")
    ).decode()


@pytest.mark.parametrize(
    "make",
    [
        lambda: token(exp=time.time() - 3600),
        lambda: token(exp=None),
        lambda: token(nbf=time.time() + 3600),
        lambda: token(aud="api://other"),
        lambda: token(aud=None),
        lambda: token(iss="https://login.microsoftonline.com/other/v2.0"),
        lambda: token(tid="other"),
        lambda: token(tid=None),
        lambda: token(sub=None),
        lambda: token(OTHER),
        lambda: token(kid="two"),
        lambda: token(None, algorithm="none"),
        signed_with_the_public_key,
        lambda: token()[:-8] + "AAAAAAAA",
        lambda: "a.b.c",
        lambda: "....",
        lambda: "\udc80",
        lambda: "e30.e30.e30",
    ],
)
def test_every_other_token_is_refused(tokens, make):
    with pytest.raises(Problem) as caught:
        tokens.caller(make())
    assert caught.value.status == 401


@pytest.mark.parametrize("roles", [None, [], ["Other"], "Penstock.Run", [{}], {"Penstock.Run": 1}])
def test_a_token_without_a_role_may_do_nothing(tokens, roles):
    with pytest.raises(Problem) as caught:
        tokens.caller(token(roles=roles))
    assert caught.value.status == 403


def test_a_new_key_is_found_after_a_minute(keys):
    now = [0.0]
    tokens = EntraTokens(EntraID(tenant=TENANT, audience=AUDIENCE, keys=keys), lambda: now[0])
    tokens.caller(token())
    keys.write_text(json.dumps({"keys": [jwk(KEY, "one"), jwk(OTHER, "two")]}))
    with pytest.raises(Problem):
        tokens.caller(token(OTHER, "two"))
    now[0] = 61.0
    assert tokens.caller(token(OTHER, "two")).may(Scope.RUN)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"keys": [{"kty": "oct", "k": "AA", "kid": "one"}]}', '{"keys": [{}]}']
)
def test_broken_keys_let_nobody_in(keys, text):
    keys.write_text(text)
    with pytest.raises(Problem):
        EntraTokens(EntraID(tenant=TENANT, audience=AUDIENCE, keys=keys)).caller(token())


@pytest.mark.parametrize("wrong", [{"tenant": ""}, {"audience": " "}, {"roles": {"Boss": "king"}}])
def test_settings_that_would_let_in_nobody_or_everybody_are_refused(wrong):
    with pytest.raises(ServerError):
        check_settings(EntraID(**{"tenant": TENANT, "audience": AUDIENCE, **wrong}))


def test_roles_are_named_on_the_command_line(keys, serve):
    options = ["--entra-tenant", TENANT, "--entra-audience", AUDIENCE, "--entra-keys", str(keys)]
    server = serve("--slots", "0", *options, "--entra-role", "Bosses=admin", "--entra-role", "All staff=read")
    statuses = {
        role: server.client(token(roles=[role])).get("tokens").status_code
        for role in ("Bosses", "All staff", "Penstock.Admin")
    }
    assert statuses == {"Bosses": 200, "All staff": 403, "Penstock.Admin": 403}


def test_python_calls_as_who_it_is_in_the_directory(keys, serve):
    server = serve("--slots", "0", "--entra-tenant", TENANT, "--entra-audience", AUDIENCE, "--entra-keys", str(keys))
    asked = []

    class Credential:
        def get_token(self, *scopes):
            asked.extend(scopes)
            return Token(token(), int(time.time()) + 3600)

    client = Client(server.url, Credential(), audience=AUDIENCE)
    client.endpoint("fit").invoke()
    assert asked == [f"{AUDIENCE}/.default"]
    with pytest.raises(ServerRefused, match="publish"):
        client.endpoint("fit").disable()


@pytest.mark.parametrize("wrong", ["Boss", "Boss=king", "=admin", "Boss=", "Boss=read --entra-role Boss=run"])
def test_a_role_that_cannot_be_is_refused(wrong):
    options = ["--entra-tenant", TENANT, "--entra-audience", AUDIENCE, "--entra-role", *wrong.split(" ")]
    result = CliRunner().invoke(main, ["serve", *options])
    assert (result.exit_code, "expected ROLE=SCOPE" in result.output or "two scopes" in result.output) == (2, True)


def test_the_command_line_knows_every_scope():
    assert {scope.value for scope in Scope} == set(SCOPES)
