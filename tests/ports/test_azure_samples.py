"""What Azure ML's samples do: scripts chained by files, batch scoring in mini-batches, sweeps, data transfer, order."""

from __future__ import annotations

from pathlib import Path

import pytest
from penstock import DataPath, Local, Workspace, copy_step, each, pipeline, repeat, script_step, step

LOCAL = Local(jobs=2, display="none")

PREP = """
import argparse, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--raw_data", type=pathlib.Path)
parser.add_argument("--prep_data", type=pathlib.Path)
given = parser.parse_args()
given.prep_data.mkdir(exist_ok=True)
for file in sorted(given.raw_data.glob("*.csv")):
    (given.prep_data / file.name).write_text(file.read_text().replace(";", ","))
"""
TRAIN = """
import argparse, json, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--training_data", type=pathlib.Path)
parser.add_argument("--rate", type=float)
parser.add_argument("--model_output", type=pathlib.Path)
given = parser.parse_args()
rows = [line for file in sorted(given.training_data.iterdir()) for line in file.read_text().splitlines()]
given.model_output.mkdir(exist_ok=True)
(given.model_output / "model.json").write_text(json.dumps({"rows": len(rows), "rate": given.rate}))
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "raw").mkdir()
    (tmp_path / "src/prep.py").write_text(PREP)
    (tmp_path / "src/train.py").write_text(TRAIN)
    for name in ("green", "yellow"):
        (tmp_path / f"raw/{name}.csv").write_text("1;2\n3;4\n")
    return tmp_path


@step
def read_model(model: Path) -> str:
    return (model / "model.json").read_text()


def test_the_taxi_pipeline_of_scripts_that_are_chained_by_folders(project):
    prep = script_step(project / "src/prep.py", inputs={"raw_data": Path}, outputs={"prep_data": "prep/"})
    train = script_step(
        project / "src/train.py", inputs={"training_data": Path, "rate": 0.1}, outputs={"model_output": "model/"}
    )

    @pipeline
    def taxi(raw: Path, rate: float = 0.1) -> str:
        return read_model(train(prep(raw), rate=rate))

    assert LOCAL.run(taxi, Path("raw"), rate=0.5).result() == '{"rows": 4, "rate": 0.5}'
    again = LOCAL.run(taxi, Path("raw"), rate=0.7)
    assert (again.steps["prep"].state, again.steps["train"].state) == ("reused", "completed")


def test_batch_scoring_in_mini_batches_as_parallel_run_steps_do():
    @step
    def batches(folder: Path, size: int) -> list[list[str]]:
        names = sorted(path.name for path in folder.iterdir())
        return [names[start : start + size] for start in range(0, len(names), size)]

    @step(retries=2, timeout=60)
    def score(batch: list[str], folder: Path) -> list[str]:
        return [f"{name}: {len((folder / name).read_text())}" for name in batch]

    @step
    def append_row(results: list[list[str]]) -> list[str]:
        return [row for rows in results for row in rows]

    @pipeline
    def batch_scoring(folder: Path, size: int = 1) -> list[str]:
        return append_row(score(each(batches(folder, size), limit=2), folder))

    assert LOCAL.run(batch_scoring, Path("raw")).result() == ["green.csv: 8", "yellow.csv: 8"]


def test_a_sweep_keeps_the_best_model_as_hyperdrive_steps_do():
    @step
    def train(rate: float, depth: int) -> dict[str, float]:
        return {"rate": rate, "depth": depth, "score": depth - rate}

    @step
    def best(models: list[dict[str, float]]) -> dict[str, float]:
        return max(models, key=lambda model: model["score"])

    @pipeline
    def sweep() -> dict[str, float]:
        grid = [(rate, depth) for rate in (0.1, 0.2) for depth in (1, 2)]
        return best([train(rate, depth) for rate, depth in grid])

    assert LOCAL.run(sweep).result()["score"] == 1.9


def test_training_goes_on_until_it_is_good_enough():
    @step
    def improve(state: dict[str, float]) -> dict[str, float]:
        return {"accuracy": state["accuracy"] + 0.25, "rounds": state["rounds"] + 1}

    @pipeline
    def training() -> dict[str, float]:
        return repeat(improve, {"accuracy": 0.0, "rounds": 0}, until=lambda state: state["accuracy"] >= 0.9, limit=10)

    assert LOCAL.run(training).result() == {"accuracy": 1.0, "rounds": 4}


def test_data_are_transferred_between_datastores_before_they_are_used(project):
    workspace = Workspace.open(project)
    workspace.register_datastore("lake", "lake")
    workspace.get_default_datastore().upload("raw", target_path="raw")

    @step
    def count(folder: Path) -> int:
        return len(list(folder.iterdir()))

    @pipeline
    def transfer() -> int:
        copied = copy_step(DataPath("workspace", "raw"), DataPath("lake", "in"))
        return count.after(copied)(DataPath("lake", "in"))

    assert LOCAL.run(transfer).result() == 2


def test_steps_in_a_sequence_wait_without_data(project):
    @step
    def note(name: str, to: str) -> None:
        with Path(to).open("a") as file:
            file.write(name)

    @pipeline
    def sequence(to: str) -> None:
        first = [note(name, to) for name in "ab"]
        note.after(first)("c", to)

    LOCAL.run(sequence, str(project / "log"))
    assert (project / "log").read_text() in ("abc", "bac")
