"""Data paths as inputs of pipelines: read in the step, reused by content, told by name when they are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock import DataPath, Local, Workspace, compile, pipeline, step
from penstock.compilers.serialisation import from_json
from penstock.runtime.errors import RunFailed


@step
def read(source: Path) -> str:
    return source.read_text()


@step
def join(sources: list[Path]) -> str:
    return "".join(source.read_text() for source in sources)


@pipeline
def reading(source: Path) -> str:
    return read(source)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace):
    return workspace.get_default_datastore()


@pytest.fixture(params=["inline", "local"])
def local(request, workspace):
    return Local(workspace=workspace, executor=request.param, jobs=1, display="none")


def upload(store, folder: Path, text: str, name: str = "taxi.csv") -> DataPath:
    (folder / name).write_text(text)
    store.upload_files([folder / name], target_path="raw", overwrite=True, show_progress=False)
    return store.path(f"raw/{name}")


def test_a_step_gets_a_local_path(local, store, tmp_path):
    assert local.run(reading, upload(store, tmp_path, "a,b")).result() == "a,b"


def test_the_same_data_are_reused_and_changed_ones_are_not(local, store, tmp_path):
    taxi = upload(store, tmp_path, "a,b")
    states = [local.run(reading, taxi).steps["read"].state for _ in range(2)]
    upload(store, tmp_path, "a,b,c")
    last = local.run(reading, taxi)
    assert [*states, last.steps["read"].state] == ["completed", "reused", "completed"]
    assert last.result() == "a,b,c" and "input source changed" in last.steps["read"].reason


def test_the_same_data_elsewhere_are_reused(local, store, workspace, tmp_path):
    local.run(reading, upload(store, tmp_path, "a,b"))
    other = workspace.register_datastore("other", tmp_path / "elsewhere")
    assert local.run(reading, upload(other, tmp_path, "a,b")).steps["read"].state == "reused"


def test_data_paths_in_a_list_are_brought_too(local, store, tmp_path):
    paths = [upload(store, tmp_path, text, f"{text}.txt") for text in "xy"]

    @pipeline
    def joining() -> str:
        return join(paths)

    assert local.run(joining).result() == "xy"


def test_missing_data_fail_the_step_that_needs_them_by_name(local, store):
    with pytest.raises(RunFailed, match=r"DataNotFound.*raw/nowhere\.csv"):
        local.run(reading, store.path("raw/nowhere.csv"))


def test_a_data_path_in_a_document_comes_back(store):
    @pipeline
    def fixed() -> str:
        return read(store.path("raw/taxi.csv"))

    assert '"$data": "datastore://workspace/raw/taxi.csv"' in compile(fixed)
    (node,) = from_json(compile(fixed)).nodes
    assert node.inputs["source"].value == store.path("raw/taxi.csv")
