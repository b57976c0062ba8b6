"""What cannot be printed is dropped, and why is known afterwards."""

from __future__ import annotations

import io
import os
import sys
import threading

import pytest

from penstock.runtime.cli.outlets import Outlet, nobody_reads, outlets, unwritten


@pytest.fixture
def pipe():
    """The end to read of a pipe, and a stream into it."""
    reading, writing = os.pipe()
    stream = io.TextIOWrapper(io.BufferedWriter(Outlet(writing, "wb")))
    yield reading, stream
    stream.close()


def test_what_can_be_written_is(pipe):
    reading, stream = pipe
    print("one\ntwo", file=stream, flush=True)
    assert os.read(reading, 100) == b"one\ntwo\n" and not nobody_reads(stream) and not unwritten(stream)
    os.close(reading)


def test_who_stops_reading_breaks_nothing(pipe):
    reading, stream = pipe
    os.close(reading)
    for _ in range(3):
        print("x" * 100_000, file=stream, flush=True)
    assert nobody_reads(stream) and unwritten(stream) == ""


def test_a_full_disk_is_told(pipe):
    os.close(pipe[0])
    with io.TextIOWrapper(io.BufferedWriter(Outlet("/dev/full", "wb"))) as stream:
        print("x", file=stream)
        assert unwritten(stream) == "not all could be printed: No space left on device" and not nobody_reads(stream)


def test_a_pipe_that_does_not_wait_gets_everything_all_the_same(pipe):
    reading, stream = pipe
    os.set_blocking(stream.fileno(), False)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.extend(iter(lambda: os.read(reading, 65_536), b"")))
    reader.start()
    print("x" * 500_000, file=stream)
    stream.close()
    reader.join(10)
    assert sum(map(len, got)) == 500_001
    os.close(reading)


def test_other_streams_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with outlets():
        assert isinstance(sys.stdout, io.StringIO) and not nobody_reads(sys.stdout) and unwritten(None) == ""
