"""Settings are read from the nearest file, and refused with the file and the key that is wrong."""

from __future__ import annotations

import pytest

from penstock.runtime.configuration import Settings, settings_in, settings_upward
from penstock.runtime.errors import WorkspaceError


def write(folder, text, name="penstock.toml"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_all_settings_are_read(tmp_path):
    text = (
        'name = "taxi"\nstore = "s3://bucket/x"\nhistory = "h.db"\nfolder = ".runs"\nexperiment = "e"\njobs = -1\n'
        '[datastores.blob]\nurl = "abfs://x"\n[compute.gpu]\nmax_nodes = 4\n'
    )
    assert settings_in(write(tmp_path, text)) == Settings(
        name="taxi", store="s3://bucket/x", history="h.db", folder=".runs", experiment="e", jobs=-1,
        datastores={"blob": {"url": "abfs://x"}}, compute={"gpu": {"max_nodes": 4}},
    )  # fmt: skip


def test_an_empty_file_means_the_defaults(tmp_path):
    assert settings_in(write(tmp_path, "")) == Settings()


def test_a_table_in_pyproject_is_read(tmp_path):
    assert settings_in(write(tmp_path, "[tool.penstock]\njobs = 3\n", "pyproject.toml")) == Settings(jobs=3)


@pytest.mark.parametrize("text", ["[project]\nname = 'x'\n", "[project]\nname = 'penstock-user'\n", ""])
def test_a_pyproject_without_the_table_holds_no_settings(tmp_path, text):
    assert settings_in(write(tmp_path, text, "pyproject.toml")) is None


def test_the_own_file_goes_before_pyproject(tmp_path):
    write(tmp_path, "[tool.penstock]\njobs = 3\n", "pyproject.toml")
    assert settings_in(write(tmp_path, "jobs = 2")) == Settings(jobs=2)


def test_the_nearest_folder_counts(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write(tmp_path, "jobs = 1")
    write(inner.parent, "jobs = 2")
    assert settings_upward(inner) == (inner.parent, Settings(jobs=2))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("histroy = 'x'", "unknown key 'histroy'; did you mean 'history'?"),
        ("zzz = 1", "unknown key 'zzz'; known are name, store, history"),
        ("store = 3", "store must be a text that is not empty, got 3"),
        ("name = ''", "name must be a text that is not empty, got ''"),
        ("jobs = 0", "jobs must be a positive number of steps at once, or -1 for all cores, got 0"),
        ("jobs = -2", "jobs must be"), ("jobs = true", "jobs must be"), ("jobs = 1.5", "jobs must be"),
        ("folder = '.'", "folder must be a folder of its own, not the project's: '.penstock' is the default"),
        ("folder = './'", "folder must be a folder of its own"), ("folder = 1", "folder must be a text"),
        ("datastores = 1", r"datastores must hold a table for each name, as in \[datastores.NAME\]"),
        ("[compute]\ngpu = 1", r"compute.gpu must be a table, as in \[compute.gpu\], got 1"),
        ("jobs = ]", "is not valid TOML: .* line 1"),
    ],
)  # fmt: skip
def test_a_wrong_setting_names_file_and_key(tmp_path, text, problem):
    with pytest.raises(WorkspaceError, match=f"penstock.toml:? {problem}"):
        settings_in(write(tmp_path, text))


def test_a_table_that_is_none_is_refused(tmp_path):
    with pytest.raises(WorkspaceError, match=r"pyproject.toml: \[tool.penstock\] must be a table, got 3"):
        settings_in(write(tmp_path, "[tool]\npenstock = 3\n", "pyproject.toml"))


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "penstock.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(WorkspaceError, match="is not valid TOML"):
        settings_in(tmp_path)


def test_a_byte_order_mark_is_no_trouble(tmp_path):
    (tmp_path / "penstock.toml").write_bytes(b"\xef\xbb\xbfjobs = 2")
    assert settings_in(tmp_path) == Settings(jobs=2)


def test_a_folder_of_the_files_name_holds_no_settings(tmp_path):
    (tmp_path / "penstock.toml").mkdir()
    assert settings_in(tmp_path) is None
