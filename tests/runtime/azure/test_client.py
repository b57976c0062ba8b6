"""Requests: tried again where that may help, never twice where it may hurt, and telling no secrets."""

import logging
import pickle

import pytest

from penstock.runtime.azure import client as clients
from penstock.runtime.azure.answers import Answer
from penstock.runtime.azure.client import Call, Client, Patience
from penstock.runtime.azure.credentials import Offline, Tokens
from penstock.runtime.azure.emulator import Fault
from penstock.runtime.azure.errors import AuthenticationFailed, NotConfigured, RemoteUnavailable
from penstock.runtime.azure.hosts import trusted


def look(connection):
    return connection.get("look at the workspace")


@pytest.mark.parametrize("kind", ["429", "500", "503", "drop", "drop-after"])
def test_what_passes_is_tried_again(kind, emulator, connection):
    emulator.inject(Fault(kind, 1, times=3))
    assert look(connection)["name"] == "offline"
    assert len(emulator.plane.requests) == 4


@pytest.mark.parametrize("kind", ["429", "500", "drop"])
def test_what_does_not_pass_is_given_up_and_named(kind, emulator, connection):
    emulator.inject(Fault(kind, 1, times=100))
    with pytest.raises(RemoteUnavailable, match="could not look at the workspace") as caught:
        look(connection)
    assert len(emulator.plane.requests) == 7
    assert pickle.loads(pickle.dumps(caught.value)).action == "look at the workspace"


@pytest.mark.parametrize(("kind", "attempts"), [("drop", 1), ("500", 1), ("429", 7), ("503", 7)])
def test_what_must_not_be_done_twice_is_sent_again_only_where_nothing_was_done(kind, attempts, emulator, connection):
    emulator.inject(Fault(kind, 1, times=100))
    with pytest.raises(RemoteUnavailable):
        connection.call("start something", "POST", "jobs", "a", "cancel")
    assert len(emulator.plane.requests) == attempts


def test_a_lost_answer_to_what_must_not_be_done_twice_says_to_look_first(emulator, connection):
    emulator.inject(Fault("drop-after"))
    with pytest.raises(RemoteUnavailable, match="look before you try again"):
        connection.call("start something", "POST", "jobs", "a", "cancel")


def test_waits_grow_and_heed_what_azure_asks_for():
    patience = Patience()
    assert all(0.25 <= patience.wait(0, None) <= 0.5 for _ in range(50))
    assert 15 <= patience.wait(20, None) <= 30
    assert patience.wait(0, 42) == 42
    assert patience.wait(0, 86_400) == 300


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7), ({"retry-after-ms": "250"}, 0.25), ({"retry-after": "soon"}, None), ({}, None),
     ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0)],
)  # fmt: skip
def test_azure_asks_to_wait_in_several_ways(headers, seconds):
    assert clients._retry_after(Answer(429, headers=headers)) == seconds


class Withdrawn:
    """Gives tokens for nobody, until it is asked again."""

    asked = 0

    def get_token(self, *scopes):
        self.asked += 1
        return Offline().get_token(*(scopes if self.asked > 1 else ["https://elsewhere/.default"]))


def test_a_token_that_is_not_accepted_is_renewed_once(emulator):
    client = Client(Tokens(Withdrawn()), emulator.url)
    assert client.send(Call("look", "GET", "discovery")).status == 200


def test_a_login_that_is_not_accepted_is_told(emulator):
    withdrawn = Withdrawn()
    withdrawn.asked = -100
    with pytest.raises(AuthenticationFailed, match="is for https://elsewhere.*HTTP 401.*az login"):
        Client(Tokens(withdrawn), emulator.url).send(Call("look", "GET", "discovery"))
    assert len(emulator.plane.requests) == 2


def test_tokens_are_in_no_log_and_no_repr(emulator, connection, caplog):
    caplog.set_level(logging.DEBUG)
    emulator.inject(Fault("500"), Fault("drop", 2))
    look(connection)
    token = connection.client.tokens.get("https://management.azure.com")
    call = Call("look", "GET", "x", body={"key": "a-secret"})
    assert token not in caplog.text + repr(connection.client) + repr(connection)
    assert "a-secret" not in repr(call) + repr(Answer(200, {"key": "a-secret"}))


def test_a_netrc_does_not_replace_the_token(emulator, connection, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    look(connection)
    assert emulator.plane.requests[0].headers["authorization"].startswith("Bearer ey")


def test_a_proxy_is_not_asked_for_this_machine(connection, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert look(connection)["name"] == "offline"


def test_pages_are_followed_to_their_end(emulator, connection):
    for number in range(5):
        emulator.plane.state.put(f"computes/c{number}", {"properties": {"computeType": "AmlCompute"}})
    assert [one["name"] for one in connection.pages("list", "computes")] == ["c0", "c1", "c2", "c3", "c4"]


@pytest.mark.parametrize(
    "url", ["http://example.org", "ftp://management.azure.com", "https://me:pw@example.org", "nonsense", ""]
)
def test_no_token_goes_over_plain_http_but_to_this_machine(url):
    with pytest.raises(NotConfigured, match="https only"):
        Client(Tokens(Offline()), url)


@pytest.mark.parametrize("url", [
    "https://evil.org/x", "http://management.azure.com/x", "https://management.azure.com.evil.org/x",
    "https://management.azure.com@evil.org/x", "https://evilmanagement.azure.com/", "http://127.0.0.1:1/x", "//evil.org",
])  # fmt: skip
def test_no_token_goes_where_an_answer_leads_elsewhere(url):
    with pytest.raises(RemoteUnavailable, match="where no token may go"):
        trusted(url, "https://management.azure.com", "look")


@pytest.mark.parametrize("url", ["https://eastus.api.azureml.ms/x", "https://ep.eastus2.inference.ml.azure.com/jobs"])
def test_azures_own_hosts_are_trusted(url):
    assert trusted(url, "https://management.azure.com", "look") == url


@pytest.mark.parametrize("body", [None, "<html>proxy</html>", [1, 2], 5])
def test_an_answer_that_is_no_document_is_told(body):
    with pytest.raises(RemoteUnavailable, match="JSON object was expected; is there a proxy"):
        Answer(200, body).document("look")
