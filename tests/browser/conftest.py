"""Serve a workspace with real runs to a real browser."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FLOW = """
import time
from pathlib import Path
from penstock import log_metric, pipeline, step

@step
def load(rows: int) -> list[int]:
    print("loading", rows, "rows <b>not bold</b>")
    return list(range(rows))

@step
def train(table: list[int], epochs: int, pause: float) -> float:
    for epoch in range(epochs):
        log_metric("loss", 1 / (epoch + 1), step=epoch)
        print("epoch", epoch, flush=True)
        time.sleep(pause)
    return 1 / epochs

@step
def check(loss: float, limit: float) -> str:
    if loss > limit:
        raise ValueError(f"a loss of {loss} is too high")
    return "good"

@pipeline
def live(rows: int = 5, epochs: int = 4, limit: float = 0.5, pause: float = 0.0) -> str:
    "Train and check."
    return check(train(load(rows), epochs, pause), limit)

@pipeline
def market(rows: int) -> float:
    return train(load(rows), 2, 0.0)

@step
def choose(losses: list[float]) -> float:
    return min(losses)

@pipeline
def grouped() -> float:
    "Train for each market."
    return choose([market(rows) for rows in range(12)])

@step
def words(count: int) -> list[str]:
    return [f"word {number}" for number in range(count)]

@step
def tally(rows: list[str]) -> int:
    return len(rows)

@pipeline
def described() -> int:
    return tally(words(20))

@step
def paint() -> Path:
    Path("dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
    return Path("dot.svg")

@pipeline
def pictured() -> Path:
    return paint()

@step
def size(file: Path) -> int:
    return len(file.read_text())

@pipeline
def sized(file: Path) -> int:
    "Say how long a file is."
    return size(file)
"""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    pytest.importorskip("playwright", reason="needs playwright")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        told = "needs Chromium: `apt-get install chromium`"
        (pytest.fail if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") == "1" else pytest.skip)(told)
    return str(found)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server with three runs and an endpoint: its address, and a token for everything."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "penstock.toml").write_text("[compute.other-slots]\nkind = 'local'\n")
    (folder / "browsed_flow.py").write_text(textwrap.dedent(FLOW))
    environment = {**os.environ, "PENSTOCK_WORKSPACE": str(folder)}
    command = [sys.executable, "-c", "from penstock.runtime.cli import main; main(prog_name='penstock')"]

    def penstock(*words: str) -> None:
        subprocess.run([*command, *words], cwd=folder, env=environment, capture_output=True, timeout=60, check=False)

    for words in (["--epochs", "4"], ["--epochs", "5"], ["--limit", "0.1"]):
        penstock("run", "browsed_flow.py:live", *words, "-q")
    for name in ("grouped", "described", "pictured"):
        penstock("run", f"browsed_flow.py:{name}", "-q")
    penstock("publish", "browsed_flow.py:live", "--as", "live")
    penstock("publish", "browsed_flow.py:sized", "--as", "sized")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*command, "serve", "--port", str(port), "--slots", "2"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = ""
        while "serving" not in said:
            said += server.stdout.readline() or pytest.fail("the server ended")
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield address, re.search(r"pst_\S+", said)[0]
    finally:
        server.terminate()
        server.communicate(timeout=20)


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/login", timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"{address} does not answer")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """The browser. It is gone before tests of other modules, since it keeps an event loop running in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


_ANSWERS = ("Unprocessable Entity", "Not Found")
"""What a browser tells of answers that are meant."""


def is_fault(message: Any) -> bool:
    """Say whether a message of the console is a fault of the page; what the API refuses is told there, too."""
    return message.type == "error" and not any(word in message.text for word in _ANSWERS)


@pytest.fixture(scope="module")
def signed_in(browser: Any, served: tuple[str, str]) -> Any:
    """What a browser keeps of somebody who has signed in."""
    address, token = served
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/login?next=/tokens")
    page.fill("#token", token)
    page.click("button.primary")
    page.wait_for_url("**/tokens")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def visit(browser: Any, served: tuple[str, str], signed_in: Any) -> Iterator[Callable[..., Any]]:
    """Open a page as somebody who is signed in; what is wrong with it fails the test at its end."""
    address, _token = served
    contexts, faults = [], []

    def go(path: str, **how: Any) -> Any:
        context = browser.new_context(base_url=address, storage_state=signed_in, **how)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: faults.append(message.text) if is_fault(message) else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(address) else faults.append(asked.url))
        page.goto(path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert faults == []
