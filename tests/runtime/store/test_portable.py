"""Artifacts in folders of their own: what comes back is what was written, or is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from penstock.runtime.errors import CorruptArtifact, StoreError
from penstock.runtime.store import LocalStore, decode, encode
from penstock.runtime.store.portable import read_in, write_out


@pytest.fixture
def here(tmp_path):
    return LocalStore(tmp_path / "here")


@pytest.fixture
def there(tmp_path):
    return LocalStore(tmp_path / "there")


@pytest.mark.parametrize(
    "value", [None, 1, "x" * 10_000, {"a": [1, 2]}, b"\0" * 9000], ids=lambda value: type(value).__name__
)
def test_a_value_comes_back(value, here, there, tmp_path):
    write_out(encode(value, here), here, tmp_path / "out")
    assert decode(read_in(tmp_path / "out", there), there) == value


def test_blob_storage_may_forget_permissions_and_empty_folders(here, there, tmp_path):
    made = tmp_path / "made"
    (made / "empty").mkdir(parents=True)
    (made / "run").write_text("#!")
    (made / "run").chmod(0o755)
    artifact = encode(made, here)
    write_out(artifact, here, tmp_path / "out")
    for file in (tmp_path / "out").rglob("*"):
        file.chmod(0o777)  # as a mount shows everything
    back = read_in(tmp_path / "out", there)
    assert back == artifact
    path = decode(back, there)
    assert (path / "empty").is_dir() and os.access(path / "run", os.X_OK)


def spoil_file(folder):
    next(file for file in (folder / "files").rglob("*") if file.is_file()).write_text("other")


def spoil_description(folder):
    (folder / "artifact.json").write_text((folder / "artifact.json").read_text()[:40])


def remove_description(folder):
    (folder / "artifact.json").unlink()


def lead_outside(folder):
    document = json.loads((folder / "artifact.json").read_text())
    (folder / "artifact.json").write_text(json.dumps(document | {"folders": ["../../away"]}))


@pytest.mark.parametrize(("spoil", "kind", "problem"), [
    (spoil_file, CorruptArtifact, "not the ones that were written"),
    (spoil_description, StoreError, "does not describe an artifact"),
    (remove_description, StoreError, "holds no artifact: artifact.json cannot be read"),
    (lead_outside, StoreError, "lies outside of it"),
])  # fmt: skip
def test_what_was_changed_on_the_way_is_refused(spoil, kind, problem, here, there, tmp_path):
    (tmp_path / "a.txt").write_text("content")
    write_out(encode(Path(tmp_path / "a.txt"), here), here, tmp_path / "out")
    spoil(tmp_path / "out")
    with pytest.raises(kind, match=problem):
        read_in(tmp_path / "out", there)


def test_a_description_of_another_schema_is_refused(here, there, tmp_path):
    write_out(encode(1, here), here, tmp_path / "out")
    file = tmp_path / "out" / "artifact.json"
    file.write_text(file.read_text().replace('"schema": 1', '"schema": 2'))
    with pytest.raises(StoreError, match="schema 2 is not 1"):
        read_in(tmp_path / "out", there)
