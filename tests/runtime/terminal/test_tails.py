"""Logs are read line by line while they grow."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from penstock.runtime.history.records import StepRecord
from penstock.runtime.terminal.tails import Tails, is_newer

TRAIN = StepRecord("r", "train", "train", "m:train", 0)
GROUPED = StepRecord("r", "inner/load", "load", "m:load", 1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The log of ``train``, in which nothing is written so far."""
    path = tmp_path / "logs" / "train.log"
    path.parent.mkdir()
    path.touch()
    return path


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_each_line_comes_once_and_when_it_is_whole(log, tmp_path):
    tails = Tails(tmp_path)
    append(log, b"one\ntw")
    assert list(tails.read([TRAIN])) == [("train", "one")]
    assert list(tails.read([TRAIN])) == []
    append(log, b"o\nthree")
    assert list(tails.read([TRAIN])) == [("train", "two")]
    assert list(tails.read([TRAIN], to_the_end=True)) == [("train", "three")]


def test_a_letter_that_is_written_in_two_parts_stays_whole(log, tmp_path):
    tails, letter = Tails(tmp_path), "é".encode()
    append(log, letter[:1])
    assert list(tails.read([TRAIN])) == []
    append(log, letter[1:] + b"\n")
    assert list(tails.read([TRAIN])) == [("train", "é")]


def test_of_a_line_that_was_written_over_the_last_stays(log, tmp_path):
    append(log, b"\r10%\r50%\r100%\r\nplain\r\n")
    assert list(Tails(tmp_path).read([TRAIN])) == [("train", "100%"), ("train", "plain")]


def test_an_empty_line_is_a_line(log, tmp_path):
    append(log, b"\n\n")
    assert list(Tails(tmp_path).read([TRAIN])) == [("train", ""), ("train", "")]


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path):
    tails = Tails(tmp_path)
    assert list(tails.read([GROUPED])) == []
    path = tmp_path / "logs" / "inner" / "load.log"
    path.parent.mkdir(parents=True)
    append(path, b"there\n")
    assert list(tails.read([GROUPED])) == [("inner/load", "there")]


def test_what_was_written_before_a_moment_is_passed_over(log, tmp_path):
    append(log, b"old\n")
    os.utime(log, (1000.0, 1000.0))
    tails = Tails(tmp_path, since=2000.0)
    assert list(tails.read([TRAIN])) == []
    append(log, b"new\n")
    assert list(tails.read([TRAIN])) == [("train", "new")]


def test_a_log_written_to_since_a_moment_is_newer(log, tmp_path):
    assert is_newer(log, None) and is_newer(log, time.time() - 60)
    assert not is_newer(log, time.time() + 60) and not is_newer(tmp_path / "gone", None)
