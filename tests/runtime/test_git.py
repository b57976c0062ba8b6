"""A run knows the commit that it came from, without anybody's password."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime import git
from penstock.runtime.git import git_facts, without_credentials

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "repository"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "a.py").write_text("1")
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        call(folder, *command)
    return folder


def call(folder, *arguments):
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@needs_git
def test_commit_branch_and_state_are_found_from_any_folder_inside(repository):
    commit = call(repository, "rev-parse", "HEAD")
    assert git_facts(repository / "src", {}) == {"branch": "main", "commit": commit, "dirty": "false"}


@needs_git
@pytest.mark.parametrize("name", ["src/a.py", "src/new.py"])
def test_a_changed_or_unknown_file_makes_it_dirty(repository, name):
    (repository / name).write_text("2")
    assert git_facts(repository, {})["dirty"] == "true"


@needs_git
def test_an_ignored_file_does_not(repository):
    (repository / ".git" / "info" / "exclude").write_text(".penstock\n")
    (repository / ".penstock").write_text("")
    assert git_facts(repository, {})["dirty"] == "false"


@needs_git
def test_the_url_is_origins_without_credentials(repository):
    call(repository, "remote", "add", "backup", "https://example.org/b.git")
    assert git_facts(repository, {})["repository"] == "https://example.org/b.git"
    call(repository, "remote", "add", "origin", "https://me:secret@example.org/a.git")
    assert git_facts(repository, {})["repository"] == "https://example.org/a.git"


@needs_git
def test_a_detached_head_has_no_branch(repository):
    call(repository, "checkout", "-q", "--detach")
    assert "branch" not in git_facts(repository, {})


@needs_git
def test_a_repository_without_commits_has_no_commit(tmp_path):
    call(tmp_path, "init", "-q", "-b", "main")
    assert git_facts(tmp_path, {}) == {"branch": "main", "dirty": "false"}


@needs_git
def test_a_broken_repository_is_no_repository(tmp_path):
    (tmp_path / ".git").write_text("gitdir: nowhere")
    assert git_facts(tmp_path, {}) == {}


def test_outside_of_a_repository_there_are_no_facts(tmp_path):
    assert git_facts(tmp_path, {}) == {}


def test_without_git_there_are_no_facts(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", "")
    assert git_facts(tmp_path, {}) == {}


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_a_git_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "git").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(git, "TIMEOUT", 0.05)
    assert git_facts(tmp_path, {}) == {}


@needs_git
def test_the_environment_goes_before_what_git_says(repository):
    given = {"PENSTOCK_GIT_COMMIT": "abc", "PENSTOCK_GIT_REPOSITORY": "https://u:p@h/x", "PENSTOCK_GIT_DIRTY": ""}
    found = git_facts(repository, given)
    assert (found["commit"], found["repository"], found["dirty"], found["branch"]) == (
        "abc",
        "https://h/x",
        "false",
        "main",
    )


def test_the_environment_is_enough(tmp_path):
    given = {f"PENSTOCK_GIT_{name.upper()}": name for name in git.FACTS}
    assert git_facts(tmp_path, given) == {name: name for name in git.FACTS}


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://me:secret@h/x.git", "https://h/x.git"), ("https://token@h:8443/x", "https://h:8443/x"),
        ("https://h/x?private_token=t#f", "https://h/x"), ("git@h:me/x.git", "git@h:me/x.git"),
        ("ssh://git:pw@h:22/x", "ssh://git@h:22/x"), ("git+ssh://git@h/x", "git+ssh://git@h/x"), ("../x", "../x"),
        ("https://u:p@[::1/x", ""),
    ],
)  # fmt: skip
def test_credentials_are_stripped(url, clean):
    assert without_credentials(url) == clean


@given(st.text(st.characters(exclude_characters="/?#[]@", categories=["L", "N", "P"]), min_size=1))
def test_no_password_is_ever_left(password):
    assert without_credentials(f"https://user:{password}@host/path") == "https://host/path"
