"""What a step may change in its process, and how that is undone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from penstock.runtime.surroundings import surroundings


def test_variables_are_set_and_unset():
    with surroundings({"PENSTOCK_TEST_A": "1"}):
        assert os.environ["PENSTOCK_TEST_A"] == "1"
    assert "PENSTOCK_TEST_A" not in os.environ


def test_changes_are_undone_also_after_an_error(monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST_B", "before")
    monkeypatch.setenv("PENSTOCK_TEST_C", "before")
    before = dict(os.environ)
    with pytest.raises(ValueError), surroundings({"PENSTOCK_TEST_B": "set"}):
        os.environ["PENSTOCK_TEST_D"] = "new"
        del os.environ["PENSTOCK_TEST_C"]
        raise ValueError
    assert dict(os.environ) == before


def test_the_working_folder_is_changed_back(tmp_path):
    before = Path.cwd()
    with surroundings({}):
        os.chdir(tmp_path)
    assert Path.cwd() == before


def test_a_working_folder_that_was_removed_is_no_trouble(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with surroundings({}):
        gone.rmdir()
        os.chdir(tmp_path)
    with surroundings({}):
        os.chdir("/")
