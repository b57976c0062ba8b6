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


def test_the_mask_and_the_limits_are_as_before():
    resource = pytest.importorskip("resource")
    mask, limits = os.umask(0o022), resource.getrlimit(resource.RLIMIT_NOFILE)
    with surroundings({}):
        os.umask(0o777)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0] - 1, limits[1]))
    assert (os.umask(mask), resource.getrlimit(resource.RLIMIT_NOFILE)) == (0o022, limits)


def test_a_hard_limit_that_was_lowered_is_no_trouble(monkeypatch):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with surroundings({}):
        monkeypatch.setattr(resource, "getrlimit", lambda number: (10, 10))
        monkeypatch.setattr(resource, "setrlimit", lambda number, limits: (_ for _ in ()).throw(ValueError("too high")))
    monkeypatch.undo()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
