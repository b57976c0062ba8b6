"""Copies as steps: between datastores, of what steps return, in order, never where other data lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from penstock import DataPath, Local, RunFailed, Workspace, copy_step, current_step, pipeline, step

QUIET = Local(display="none")
MODEL = DataPath("workspace", "models/best.txt")


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("number.txt").write_text("21")
    return Workspace.open(tmp_path).get_default_datastore()


@step
def make(text: str) -> Path:
    path = current_step().folder / "made.txt"
    path.write_text(text)
    return path


@step
def read(path: Path) -> str:
    return path.read_text()


@pipeline
def deliver(text: str, target: DataPath) -> None:
    copy_step(make(text), target)


def test_what_a_step_returns_is_copied(store):
    QUIET.run(deliver, "good", MODEL)
    assert Path(store.url, MODEL.path).read_text() == "good"


def test_other_data_at_the_target_are_not_replaced(store):
    QUIET.run(deliver, "good", MODEL)
    with pytest.raises(RunFailed, match=r"models/best\.txt"):
        QUIET.run(deliver, "better", MODEL)


def test_a_copy_looks_each_time_and_skips_what_is_there(store):
    QUIET.run(deliver, "good", MODEL)
    store.delete("models")
    run = QUIET.run(deliver, "good", MODEL)
    assert run.steps["copy_step"].state == "completed"
    assert store.exists(MODEL.path)


def test_what_follows_a_copy_may_read_it():
    @pipeline
    def flow(target: DataPath) -> str:
        return read.after(copy_step(Path("number.txt"), target))(MODEL)

    assert QUIET.run(flow, MODEL).result() == "21"


def test_a_folder_is_copied_from_one_datastore_to_another(store, tmp_path):
    Workspace.open(tmp_path).register_datastore("other", "other")
    store.upload_files(["number.txt"], target_path="raw/deep")
    QUIET.run(pipeline(lambda: copy_step(DataPath("workspace", "raw"), DataPath("other", "copy"))))
    assert (tmp_path / "other/copy/deep/number.txt").read_text() == "21"


def test_plain_python_copies_too(store):
    copy_step(Path("number.txt"), MODEL)
    assert store.exists(MODEL.path)


def test_a_step_that_asks_for_data_paths_gets_them():
    @step
    def name(data: DataPath, other: Path | DataPath) -> list[str]:
        return [str(data), str(other)]

    asked = QUIET.run(pipeline(lambda: name(MODEL, MODEL))).result()
    assert asked == [str(MODEL), str(MODEL)]
