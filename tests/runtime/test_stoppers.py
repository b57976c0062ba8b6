"""Who stops a run leaves word in its folder, which whoever drives it can rely on to be one short line."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from penstock.runtime import stoppers
from penstock.runtime.stoppers import leave_word, word_left


def test_who_stops_a_run_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    monkeypatch.setattr(stoppers.processes, "host", lambda: "mill")
    leave_word(tmp_path, "penstock stop")
    assert word_left(tmp_path) == "stopped by penstock stop (ada on mill)"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_is_told_by_the_machine(tmp_path, monkeypatch, error):
    monkeypatch.setattr(getpass, "getuser", lambda: (_ for _ in ()).throw(error("getpwuid(): uid not found")))
    monkeypatch.setattr(stoppers.processes, "host", lambda: "mill")
    leave_word(tmp_path, "penstock stop")
    assert word_left(tmp_path) == "stopped by penstock stop (mill)"


def test_where_nobody_left_word_there_is_none(tmp_path):
    assert word_left(tmp_path) == word_left(tmp_path / "nowhere") == ""


def test_a_folder_that_is_not_there_is_none_of_the_stoppers_business(tmp_path):
    leave_word(tmp_path / "nowhere", "penstock stop")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("data", [b"\xff\x00\x1b[31m\n\n", b"x" * 100_000, b""])
def test_whatever_lies_there_becomes_one_short_line(tmp_path: Path, data):
    (tmp_path / stoppers.FILE).write_bytes(data)
    word = word_left(tmp_path)
    assert word.isprintable() and len(word) <= 200
