"""Logs that are too long keep how they began and how they end."""

from __future__ import annotations

import os
import threading
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.runtime.trimming import LogLimit, cut

KEPT = 1000


@pytest.fixture
def log(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    yield opened
    os.close(opened)


def text(log: int) -> str:
    return os.pread(log, 10**7, 0).decode()


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %06d\n" % number for number in range(first, last))


def test_the_beginning_and_the_end_stay_and_what_is_left_out_is_counted(log):
    os.write(log, lines(0, 10_000))
    left_out = cut(log, KEPT)
    found = text(log)
    assert found.startswith("line 000000\n") and found.endswith("line 009999\n")
    assert f"{left_out:,} bytes are left out here: the first and the last 1,000 bytes of a log are kept" in found
    assert left_out + KEPT + len(found.rpartition("...]\n")[2]) == len(lines(0, 10_000))


def test_the_end_begins_with_a_line(log):
    os.write(log, lines(0, 10_000))
    cut(log, KEPT + 5)
    assert text(log).rpartition("...]\n")[2].startswith("line ")


@given(parts=st.lists(st.integers(300, 900), min_size=1, max_size=5))
def test_nothing_is_counted_twice_or_forgotten_when_a_log_is_cut_again(tmp_path_factory, parts):
    log = os.open(tmp_path_factory.mktemp("log") / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    left_out = 0
    for part in parts:
        os.write(log, lines(0, part))
        left_out = cut(log, KEPT, left_out)
    head, _, tail = text(log).partition("\n[...")
    assert text(log).count("[...") == 1 and len(head) == KEPT
    assert left_out + KEPT + len(tail.partition("...]\n")[2]) == sum(len(lines(0, part)) for part in parts)
    os.close(log)


def test_a_limit_leaves_a_short_log_alone_and_cuts_a_long_one_at_its_end(log):
    limit = LogLimit(KEPT, slack=10_000)
    limit.begin(log)
    os.write(log, b"x" * 5000)
    limit.look()
    assert os.fstat(log).st_size == 5000
    limit.end()
    assert 2 * KEPT <= os.fstat(log).st_size < 2 * KEPT + 1024


def test_a_limit_cuts_while_the_log_grows_and_says_the_sum(log):
    limit = LogLimit(KEPT, slack=0)
    limit.begin(log)
    for _ in range(4):
        os.write(log, b"x" * 10_000)
        limit.look()
    limit.end()
    assert re.search(r" 38,000 bytes are left out", text(log))


def test_after_its_end_a_log_is_left_alone(log):
    limit = LogLimit(KEPT, slack=0)
    limit.begin(log)
    limit.end()
    os.write(log, b"x" * 10_000)
    limit.look()
    assert os.fstat(log).st_size == 10_000


def test_a_log_that_cannot_be_cut_fails_nobody(tmp_path):
    (tmp_path / "log").write_bytes(b"x" * 10_000)
    log = os.open(tmp_path / "log", os.O_RDONLY)
    limit = LogLimit(KEPT, slack=0)
    limit.begin(log)
    limit.look()
    os.close(log)
    limit.end()
    assert (tmp_path / "log").stat().st_size == 10_000


def test_what_is_written_while_a_log_is_cut_is_not_lost(tmp_path):
    limit, stop = LogLimit(10_000, slack=0), threading.Event()
    log = os.open(tmp_path / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    limit.begin(log)

    def look_on():
        while not stop.is_set():
            limit.look()

    thread = threading.Thread(target=look_on)
    thread.start()
    for number in range(3_000):
        os.write(log, f"{number} {'x' * 50}\n".encode())
    os.write(log, b"the last line\n")
    stop.set()
    thread.join()
    limit.end()
    numbers = [int(line.split()[0]) for line in (tmp_path / "log").read_text().splitlines() if line[:1].isdigit()]
    assert numbers == sorted(numbers) and (tmp_path / "log").read_text().endswith("the last line\n")
