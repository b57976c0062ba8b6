"""Tokens: one for each audience, renewed in time, shown to nobody."""

import sys

import pytest

from penstock.runtime.azure.credentials import DATA_PLANE, MANAGEMENT, Offline, Token, Tokens, credential, read_claims
from penstock.runtime.azure.errors import AuthenticationFailed, NotConfigured, RemoteUnavailable


class Clock:
    """A clock that is set."""

    now = 1_000_000.0

    def __call__(self):
        return self.now


class Credential:
    """Gives a new token each time, that lives for an hour; or fails."""

    def __init__(self, clock):
        self.clock, self.asked, self.failure = clock, [], None

    def get_token(self, *scopes):
        self.asked.append(scopes)
        if self.failure:
            raise self.failure
        return Token(f"token-{len(self.asked)}", int(self.clock() + 3600))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def login(clock):
    return Credential(clock)


@pytest.fixture
def tokens(login, clock):
    return Tokens(login, clock)


def test_a_token_is_asked_for_once_for_each_audience(tokens, login):
    assert [tokens.get(MANAGEMENT), tokens.get(MANAGEMENT), tokens.get(DATA_PLANE)] == ["token-1", "token-1", "token-2"]
    assert login.asked == [("https://management.azure.com/.default",), ("https://ml.azure.com/.default",)]


def test_a_token_is_renewed_well_before_its_end_for_a_week(tokens, login, clock):
    for _ in range(7 * 24 * 6):
        number = int(tokens.get(MANAGEMENT).removeprefix("token-"))
        clock.now += 600
    assert 7 * 24 <= number == len(login.asked) < 7 * 24 * 2


def test_a_refresh_that_fails_does_no_harm_while_the_old_token_serves(tokens, login, clock):
    tokens.get(MANAGEMENT)
    login.failure = RuntimeError("no way")
    clock.now += 3100
    assert tokens.get(MANAGEMENT) == "token-1"
    login.failure = None
    clock.now += 60
    assert tokens.get(MANAGEMENT) == "token-3"


def test_a_refresh_that_fails_at_the_end_of_a_token_is_an_error(tokens, login, clock):
    tokens.get(MANAGEMENT)
    login.failure = RuntimeError("logged out")
    clock.now += 3601
    with pytest.raises(
        AuthenticationFailed, match=r"get a token for https://management.azure.com: logged out.*az login"
    ):
        tokens.get(MANAGEMENT)


def test_a_login_that_cannot_be_reached_is_no_wrong_login(tokens, login):
    login.failure = ConnectionError("down")
    with pytest.raises(RemoteUnavailable, match="down"):
        tokens.get(MANAGEMENT)


def test_a_forgotten_token_is_asked_for_anew(tokens):
    tokens.get(MANAGEMENT)
    tokens.forget(MANAGEMENT)
    assert tokens.get(MANAGEMENT) == "token-2"


def test_no_token_is_shown(tokens):
    tokens.get(MANAGEMENT)
    assert "token-" not in f"{tokens!r} {Token('token-1', 5)!r}"


def test_an_error_of_a_login_shows_no_secret(tokens, login):
    login.failure = RuntimeError("POST failed: client_secret=hunter22 Bearer eyJhbGciOi.eyJhdWQi.sig")
    with pytest.raises(AuthenticationFailed) as caught:
        tokens.get(MANAGEMENT)
    assert "hunter22" not in f"{caught.value}{caught.value.__cause__}"
    assert "eyJ" not in str(caught.value)


@pytest.mark.parametrize("kind", ["default", "cli", "service-principal", "managed-identity"])
def test_each_kind_of_login_is_one_of_azures_own(kind, monkeypatch):
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.setenv(name, "00000000-0000-0000-0000-000000000009")
    assert type(credential(kind)).__module__.startswith("azure.identity")


def test_an_unknown_kind_of_login_is_refused_with_those_there_are():
    with pytest.raises(NotConfigured, match="no way 'magic'; the ways are default, cli"):
        credential("magic")


def test_an_offline_token_says_whom_and_what_it_is_for():
    claims = read_claims(Offline().get_token("https://ml.azure.com/.default").token)
    assert (claims["aud"], claims["upn"]) == ("https://ml.azure.com", "offline@localhost")


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "a.bnVsbA.c", "....", "ä.ö.ü"])
def test_what_is_no_jwt_claims_nothing(token):
    assert read_claims(token) == {}


def test_the_modules_load_neither_azure_identity_nor_requests():
    import subprocess

    code = "import sys, penstock; penstock.AzureML; print([n for n in ('azure', 'requests') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
