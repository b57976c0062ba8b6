"""The client's connections: what is sent again, what is not, and how streams that break are taken up."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from penstock import Client, EndpointError
from penstock.runtime.client import ServerRefused, ServerUnreachable, connections, following
from penstock.runtime.client.following import Event, parsed

RUN = {"id": "r1", "state": "pending"}


class Fake(ThreadingHTTPServer):
    """A server that gives prepared answers, each a function of the request, and notes what was asked."""

    daemon_threads = True

    def __init__(self, *answers) -> None:
        self.answers, self.asked = list(answers), []
        super().__init__(("127.0.0.1", 0), Handler)
        self.client = Client(f"http://127.0.0.1:{self.server_port}", "pst_x", timeout=5)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.server.answers.pop(0)(self)
        self.close_connection = True

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_arguments) -> None:
        pass


def answer(document, status=200, **headers):
    def send(handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(document if isinstance(document, bytes) else json.dumps(document).encode())

    return send


def broken(handler) -> None:
    handler.close_connection = True


def cut(text: str):
    """Send some of a body, piece by piece, and break off."""

    def send(handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(f"{len(text):x}\r\n{text}\r\n".encode())

    return send


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(connections, "_BACKOFF", 0.001)
    servers = []

    def start(*answers) -> Fake:
        servers.append(Fake(*answers))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
        server.client._connection._session.close()


BUSY = answer({"title": "Service Unavailable", "status": 503, "detail": "locked"}, 503)


@pytest.mark.parametrize("trouble", [BUSY, broken], ids=["busy", "broken"])
def test_a_request_for_a_run_is_sent_again_under_the_same_key(fake, trouble):
    server = fake(trouble, trouble, answer(RUN))
    endpoint = server.client.endpoint
    server.answers.insert(0, answer({"name": "fit"}))
    assert endpoint("fit").invoke(lr=1).id == "r1"
    keys = {headers["Idempotency-Key"] for method, _, headers, _ in server.asked if method == "POST"}
    assert (len(server.asked), len(keys)) == (4, 1)


def test_a_change_is_not_sent_again(fake):
    server = fake(answer({"name": "fit"}), broken)
    fit = server.client.endpoint("fit")
    with pytest.raises(ServerUnreachable):
        fit.disable()
    assert len(server.asked) == 2


def test_what_stays_busy_is_told_with_the_words_of_the_server(fake):
    with pytest.raises(ServerRefused, match="503: locked"):
        fake(*[BUSY] * 6).client.endpoints()


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[1]", b'"x"', b"", b"{", b"{}"])
def test_an_answer_that_is_none_of_a_server_of_ours_is_said(fake, body):
    with pytest.raises(ServerUnreachable, match="no server of Penstock"):
        fake(answer(body)).client.endpoints()


@pytest.mark.parametrize("body", [b"<html>no</html>", b"[]", b'{"errors": 5}', b'{"errors": [1, {}]}', b""])
def test_a_refusal_that_is_no_problem_document_is_one_all_the_same(fake, body):
    with pytest.raises(ServerRefused) as caught:
        fake(answer(body, 418)).client.endpoints()
    assert caught.value.status == 418


def test_the_token_goes_nowhere_else(fake):
    other = fake()
    server = fake(answer({}, 307, Location=f"{other.client.url}/api/v1/endpoints"))
    with pytest.raises(EndpointError, match="lives at"):
        server.client.endpoints()
    assert other.asked == []


EVENTS = [
    "retry: 1000\n\n",
    'id: 1-0\nevent: run\ndata: {"a": 1}\n\n',
    ": nothing new\n\n",
    "id: 2-0\nevent: metrics\ndata: [1]\n\n",
]


def test_events_go_on_where_a_stream_broke_off(fake):
    end = "id: end\nevent: end\ndata: {}\n\n"
    server = fake(
        answer(RUN), cut("".join(EVENTS) + "id: 3-0\nevent: met"), BUSY, *[BUSY] * 5, broken, answer(end.encode())
    )
    kinds = [event.kind for event in server.client.run("r1").events()]
    assert kinds == ["run", "metrics", "end"]
    assert [headers.get("Last-Event-ID") for _, _, headers, _ in server.asked][-1] == "2-0"


def test_a_server_that_stays_away_is_told_in_the_end(fake, monkeypatch):
    monkeypatch.setattr(following, "PATIENCE", 0.0)
    server = fake(answer(RUN), cut("".join(EVENTS)), *[broken] * 20)
    with pytest.raises(ServerUnreachable):
        server.client.run("r1").wait()


def test_lines_that_were_told_are_not_told_again(fake):
    first, again = "a | 1\nb | 1\na | 2\n", "b | 1\na | 1\na | 2\nb | 2\na | 2\n"
    server = fake(answer(RUN), cut(first), answer(again.encode()))
    assert list(server.client.run("r1").follow()) == ["a | 1", "b | 1", "a | 2", "b | 2", "a | 2"]


def test_a_wait_ends_in_time_whatever_the_server_sends(fake):
    silent = threading.Event()
    server = fake(answer(RUN), lambda handler: (cut(EVENTS[0])(handler), silent.wait(5)))
    with pytest.raises(TimeoutError):
        server.client.run("r1").wait(0.3)
    silent.set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("event: a\ndata: 1\n\n", [Event("a", 1, "")]),
        ("data:1\nid: 5\n\n", [Event("message", 1, "5")]),
        ("event: a\ndata: {broken\n\nevent: b\ndata: 2\n\n", [Event("b", 2, "")]),
        ("event: a\n\n", []),
        ("event: a\ndata: 1", []),
    ],
)
def test_a_stream_is_read_event_by_event(text, found):
    assert list(parsed(text.encode().split(b"\n"))) == found
