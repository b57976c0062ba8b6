"""Measure the server: how many runs it accepts a second, and how long a trivial run takes from the request to its end.

    python benchmarks/server.py [--requests 4000] [--connections 16] [--watchers 50]

The load comes from this machine, from a process of its own, so both share the processors. ``--watchers`` keep as many live
streams of one run open meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PIPELINE = """
from penstock import pipeline, step

@step(allow_reuse=False)
def double(x: float) -> float:
    return 2 * x

@pipeline
def twice(x: float = 1.0) -> float:
    return double(x)

@step(allow_reuse=False)
def linger(seconds: float) -> float:
    import time
    time.sleep(seconds)
    return seconds

@pipeline
def slow(seconds: float = 60.0) -> float:
    return linger(seconds)
"""
PENSTOCK = [sys.executable, "-c", "from penstock.runtime.cli import main; main()"]


def main() -> None:
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="penstock-server-"))
    try:
        (folder / "penstock.toml").touch()
        (folder / "twice.py").write_text(PIPELINE)
        for name in ("twice", "slow"):
            subprocess.run([*PENSTOCK, "publish", f"twice.py:{name}"], cwd=folder, check=True, capture_output=True)
        measure(folder, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--watchers", type=int, default=50)
    return parser.parse_args()


def measure(folder: Path, options: argparse.Namespace) -> None:
    process, url, token = start(folder, "--slots", "2")
    try:
        time.sleep(2)
        print("a trivial run, from POST to the end of its events:", latency(url, token))
    finally:
        stop(process)
    process, url, _ = start(folder, "--slots", "0", token=token)
    try:
        for watchers in (0, options.watchers):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(
                    f"POST with {watchers} live streams:",
                    pool.apply(load, (url, token, options.requests, options.connections, watchers)),
                )
            print("  CPU of the server so far:", cpu(process.pid), "s")
    finally:
        stop(process)


def start(folder: Path, *options: str, token: str = "") -> tuple[subprocess.Popen[str], str, str]:
    process = subprocess.Popen(
        [*PENSTOCK, "serve", "--port", "0", *options], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    line = process.stderr.readline()
    if "shown this once" in line:
        token, line = line.split()[-1], process.stderr.readline()
    return process, line.split()[-1], token


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(30)


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return round((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), 2)


def latency(url: str, token: str) -> str:
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    seconds = []
    for _ in range(30):
        began = time.perf_counter()
        run = session.post(f"{url}/api/v1/endpoints/twice/runs", json={"parameters": {"x": 3}}).json()["id"]
        events = session.get(f"{url}/api/v1/runs/{run}/events").text
        seconds.append(time.perf_counter() - began)
        assert '"completed"' in events, events
    warm = sorted(seconds[1:])
    return f"median {1e3 * statistics.median(warm):.0f} ms, slowest of {len(warm)} {1e3 * warm[-1]:.0f} ms, first {1e3 * seconds[0]:.0f} ms"


def load(url: str, token: str, requests: int, connections: int, watchers: int) -> str:
    return asyncio.run(loaded(url, token, requests, connections, watchers))


async def loaded(url: str, token: str, requests: int, connections: int, watchers: int) -> str:
    """Send raw HTTP over kept connections: a client library would take more time than the server."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"parameters": {"x": 3.5}, "tags": {"from": "benchmark"}})
    head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n"
    post = f"POST /api/v1/endpoints/twice/runs HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    first = json.loads((await exchange(*await asyncio.open_connection(host, int(port)), post))[1])["id"]
    watch = f"GET /api/v1/runs/{first}/events HTTP/1.1\r\n{head}\r\n".encode()
    streams = [await asyncio.open_connection(host, int(port)) for _ in range(watchers)]
    for _, writer in streams:
        writer.write(watch)
    times: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(client(host, int(port), post, requests // connections, times) for _ in range(connections)))
    took = time.perf_counter() - began
    for _, writer in streams:
        writer.close()
    times.sort()
    return f"{len(times) / took:.0f} accepted/s, median {1e3 * statistics.median(times):.1f} ms, p99 {1e3 * times[int(len(times) * 0.99)]:.1f} ms"


async def client(host: str, port: int, post: bytes, count: int, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for _ in range(count):
        began = time.perf_counter()
        status, _ = await exchange(reader, writer, post)
        assert status == 201, status
        times.append(time.perf_counter() - began)
    writer.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length"))
    return int(head.split()[1]), await reader.readexactly(length)


if __name__ == "__main__":
    main()
