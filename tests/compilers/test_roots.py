"""Roots: the folder that paths are written relative to."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.compilers.roots import MARKERS, posix, project_root, relative_to_root


@pytest.mark.parametrize("marker", MARKERS)
def test_the_root_is_the_nearest_folder_with_a_marker(tmp_path, marker):
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / marker).touch()
    assert project_root(inner) == tmp_path.resolve()


def test_without_a_marker_the_folder_is_the_root(tmp_path, monkeypatch):
    monkeypatch.setattr("penstock.compilers.roots.MARKERS", ("no-such-marker",))
    assert project_root(tmp_path) == tmp_path.resolve()


def test_a_path_under_the_root_is_relative(tmp_path):
    assert relative_to_root(tmp_path / "a" / "b.csv", tmp_path) == Path("a/b.csv")


def test_a_relative_path_starts_at_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert relative_to_root(Path("b.csv"), tmp_path) == Path("a/b.csv")


def test_a_path_outside_the_root_is_absolute(tmp_path):
    assert relative_to_root(tmp_path / "x.csv", tmp_path / "project") == tmp_path / "x.csv"


def test_a_link_into_the_root_is_followed(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "link").symlink_to(root)
    assert relative_to_root(tmp_path / "link" / "x.csv", root) == Path("x.csv")


def test_a_source_file_outside_the_root_gives_only_its_name(tmp_path):
    assert posix(tmp_path / "other" / "steps.py", tmp_path / "project") == "steps.py"
    assert posix(tmp_path / "a" / "steps.py", tmp_path) == "a/steps.py"
