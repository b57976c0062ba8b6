"""``penstock data``: list, upload, download and copy."""

from __future__ import annotations

import json
import re

import pytest

from penstock import Workspace


@pytest.fixture
def stored(project):
    """A project with a second datastore, and files in the default one."""
    workspace = Workspace.open(project.parent)
    workspace.register_datastore("far", "far-away")
    (project.parent / "more" / "deep").mkdir(parents=True)
    (project.parent / "more" / "deep" / "b.txt").write_text("b")
    workspace.get_default_datastore().upload_files([project.parent / "numbers.txt"], "in")
    return project.parent


def documents(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_datastores_are_listed(stored, penstock):
    found = documents(penstock("data", "stores", "--json"))
    assert [(one["name"], one["default"]) for one in found] == [("far", False), ("workspace", True)]
    assert found[0]["url"] == str(stored / "far-away")
    assert "far-away" in penstock("data", "stores").stdout


def test_files_are_listed(stored, penstock):
    (found,) = documents(penstock("data", "list", "workspace:in", "--json"))
    assert (found["path"], found["size"], found.keys() >= {"modified", "etag", "checksum"}) == (
        "in/numbers.txt",
        5,
        True,
    )
    assert penstock("data", "list").stdout.splitlines()[1].split()[:3] == ["in/numbers.txt", "5", "B"]
    assert documents(penstock("data", "list", stored / "more", "--json"))[0]["size"] == 1


def test_an_empty_datastore_says_so(stored, penstock):
    result = penstock("data", "list", "far:")
    assert (result.exit_code, result.stdout) == (0, "") and "there is nothing in datastore://far/" in result.stderr


def test_files_and_folders_are_uploaded_under_their_names(stored, penstock):
    done = documents(penstock("data", "upload", "numbers.txt", "more", "far:x", "--json"))
    assert done == {"copied": 2, "skipped": 0, "bytes": 6, "target": "datastore://far/x"}
    assert (stored / "far-away/x/more/deep/b.txt").exists()
    again = penstock("data", "upload", "numbers.txt", "more", "far:x")
    assert again.stdout == "uploaded 0 files, 0 B, to datastore://far/x; 2 files there already\n"


def test_a_file_is_downloaded_into_a_folder(stored, penstock):
    assert penstock("data", "download", "workspace:in/numbers.txt", "here").exit_code == 0
    assert (stored / "here" / "numbers.txt").read_text() == "1 2 3"


@pytest.mark.parametrize(
    ("target", "file"),
    [("far:y/", "y/numbers.txt"), ("far:y", "y"), ("far:", "numbers.txt"), ("datastore://far/z", "z")],
)
def test_a_target_that_ends_with_a_slash_is_a_folder(stored, penstock, target, file):
    assert penstock("data", "copy", "workspace:in/numbers.txt", target).exit_code == 0
    assert (stored / "far-away" / file).read_text() == "1 2 3"


def test_a_folder_is_copied_between_datastores_and_from_here(stored, penstock):
    assert documents(penstock("data", "copy", "workspace:in", "far:all", "--json"))["copied"] == 1
    assert documents(penstock("data", "copy", "more", "far:all", "--json"))["copied"] == 1
    assert len(documents(penstock("data", "list", "far:all", "--json"))) == 2


def test_other_contents_are_replaced_where_that_is_said(stored, penstock):
    (stored / "numbers.txt").write_text("9 9 9")
    refused = penstock("data", "upload", "numbers.txt", "workspace:in")
    assert refused.exit_code == 1 and "--overwrite" in refused.stderr
    assert penstock("data", "upload", "numbers.txt", "workspace:in", "--overwrite").exit_code == 0
    assert "9 9 9" in (stored / ".penstock/data/in/numbers.txt").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["list", "nope:"], 4, "there is no datastore 'nope'; there are: far, workspace"),
        (["list", "workspace:nothing"], 4, "no file and no folder datastore://workspace/nothing"),
        (["list", "workspace:../x"], 2, "cannot lead upward"),
        (["copy", "https://me:pw@host/x", "far:x"], 2, "a user or a password"),
        (["copy", "far:x", "https://host/x"], 4, "no file and no folder"),
        (["upload", "absent.txt", "far:"], 2, "absent.txt"),
        (["upload", "far:"], 2, "Missing argument|does not exist"),
    ],
)
def test_what_cannot_be_is_told_with_its_own_code(stored, penstock, words, code, said):
    result = penstock("data", *words)
    assert result.exit_code == code
    assert re.search(said, result.stderr)
    assert "me:pw" not in result.stderr
