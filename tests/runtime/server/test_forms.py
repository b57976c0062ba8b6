"""Forms with files: streamed to where uploads are kept, checked as they come, and gone without a trace where no run takes them."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

REQUEST = json.dumps({"parameters": {"day": "2026-11-22"}})
MIB = 1 << 20


def part(name: str, data: bytes, filename: str | None = None, quoted: bool = True) -> bytes:
    named = f'name="{name}"' if quoted else name
    file = "" if filename is None else f'; filename="{filename}"'
    return f"--b\r\nContent-Disposition: form-data; {named}{file}\r\n\r\n".encode() + data + b"\r\n"


def send(
    client,
    *parts: bytes,
    end: bytes = b"--b--\r\n",
    endpoint="typed",
    media="multipart/form-data; boundary=b",
    **headers,
):
    content = b"".join(parts) + end
    return client.post(
        f"/api/v1/endpoints/{endpoint}/runs", content=content, headers={"Content-Type": media, **headers}
    )


def kept(workspace) -> list[str]:
    return sorted(path.name for path in (workspace.folder / "uploads").rglob("*") if path.is_file())


ASKED, FILE = part("request", REQUEST.encode()), part("file", b"1,2", "a.csv")


@pytest.mark.parametrize(
    "parts", [(ASKED, FILE), (FILE, ASKED), (part("request", REQUEST.encode(), "request.json"), FILE)]
)
def test_a_form_brings_a_file_in_any_order(client, published, parts):
    assert send(client, *parts).status_code == 201
    assert kept(published) == ["a.csv"]


@pytest.mark.parametrize(
    ("parts", "how", "status"),
    [
        ((ASKED, FILE), {"end": b""}, 400),
        ((ASKED, FILE), {"media": "multipart/form-data"}, 400),
        ((ASKED, FILE), {"media": f"multipart/form-data; boundary={'x' * 300}"}, 400),
        ((b"no form at all",), {}, 400),
        ((b"--b\r\nContent-Disposition: form-data; name=\"" + b"x" * 20_000,), {}, 400),
        ((b"--b\r\n" + b"A: b\r\n" * 50 + b"\r\n",), {}, 400),
        ((b"--b\r\n\r\n1\r\n", ASKED), {}, 422),
        ((ASKED, part("", b"1", "a.csv")), {}, 422),
        ((ASKED, part("x" * 300, b"1", "a.csv")), {}, 422),
        ((ASKED, part("nope", b"1", "a.csv"), FILE), {}, 422),
        ((ASKED, part("day", b"1", "a.csv")), {}, 422),
        ((ASKED, part("day", b"2026-11-22")), {}, 422),
        ((ASKED, FILE, FILE), {}, 422),
        ((ASKED, ASKED, FILE), {}, 422),
        ((part("request", b"{"), FILE), {}, 400),
        ((part("request", b"\xff"), FILE), {}, 400),
        ((part("request", b'{"parameters": {}}'), FILE), {}, 422),
        ((FILE, part("request", b'{"experiment": "' + b"x" * 2 * MIB + b'"}')), {}, 413),
        ((ASKED, part("file", b"1", "..")), {}, 422),
        ((ASKED, FILE), {"endpoint": "nope"}, 404),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_form_is_said_and_nothing_is_left_of_it(client, published, parts, how, status):
    answer = send(client, *parts, **how)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert kept(published) == []
    assert client.get("/api/v1/runs").json()["runs"] == []


def test_too_many_parts_are_refused(client, published):
    files = [part(f"file{number}", b"1", "a.csv") for number in range(101)]
    assert send(client, ASKED, *files).status_code == 422
    assert kept(published) == []


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "C:\\\\x.csv", "/etc/passwd", "a\\..\\x", "x" * 3000, "%2e%2e%2fx", "é\u202etxt.csv"]
)
def test_hostile_file_names_lead_nowhere(client, published, name):
    assert send(client, ASKED, part("file", b"1", name)).status_code == 201
    (file,) = (path for path in published.root.rglob("*") if path.is_file() and path.read_bytes() == b"1")
    assert file.parent.parent == published.folder / "uploads"


def test_a_form_that_is_sent_again_is_the_same_run_and_its_file_is_kept_once(client, published):
    first, again = (send(client, ASKED, FILE, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    other = send(client, ASKED, part("file", b"other", "a.csv"), **{"Idempotency-Key": "k"})
    assert (other.status_code, kept(published)) == (409, ["a.csv"])


def test_a_refused_form_does_not_take_away_what_somebody_else_has_sent(client, published):
    assert send(client, ASKED, FILE).status_code == 201
    assert send(client, part("request", b"{}"), FILE).status_code == 422
    assert kept(published) == ["a.csv"]


def test_a_big_file_takes_no_memory(serve, token, published):
    """300 MiB are sent; the server's memory may grow by a tenth of that."""
    server = serve("--slots", "0")
    pid, boundary = server.process.pid, b"--b--\r\n"
    before = psutil.Process(pid).memory_info().rss

    def body():
        yield ASKED + b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
        for _ in range(300):
            yield b"\0" * MIB
        yield b"\r\n" + boundary

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = server.client(token("run")).post("endpoints/typed/runs", content=body(), headers=headers)
    assert answer.status_code == 201, answer.text
    assert peak(pid) - before < 30 * MIB
    assert [path.stat().st_size for path in (published.folder / "uploads").rglob("big.bin")] == [300 * MIB]


def peak(pid: int) -> int:
    """Return the most memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def test_a_form_that_breaks_off_leaves_nothing_behind(serve, token, published):
    server = serve("--slots", "0")
    place = urlsplit(server.url)
    head = (
        "POST /api/v1/endpoints/typed/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n"
        f"Authorization: Bearer {token('run')}\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port)) as connection:
        connection.sendall(head.encode() + ASKED + FILE[:-2] + b"1" * MIB)
        until(lambda: kept(published) == ["a.csv"])
    until(lambda: os.listdir(published.folder / "uploads") == [])
    assert "incident" not in stopped(server)


def stopped(server) -> str:
    os.kill(server.process.pid, 15)
    return server.process.stderr.read()


def until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
