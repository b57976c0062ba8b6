"""Run the examples for real: as programs, on the command line, as plain Python, and the notebook in a kernel."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from penstock import RunFailed, compile, run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("*.py"))
PIPELINES = {
    "azure_jobs": "wine",
    "commands": "train",
    "compare": "compare",
    "datastores": "summarise",
    "debugging": "outlier",
    "each": "rank",
    "files": "summarise",
    "on_exit": "careful",
    "publishing": "compare",
    "repeat": "grow",
    "text": "attribute",
    "when": "release",
}
COMMAND = "import sys; del sys.path[0]; from penstock.runtime.cli import main; main(prog_name='penstock')"
LONGEST = 110
"""Seconds that an example may take."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of the test's own, which the processes that it starts use too."""
    monkeypatch.setenv("PENSTOCK_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import an example by its name, as its own tests would."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(PROGRAMS) & (set(sys.modules) - before):
        del sys.modules[name]


def python(*arguments: str, folder: Path) -> str:
    """Run Python in a folder, and return what it printed; whatever it started is gone when this returns."""
    command = [sys.executable, *arguments]
    process = subprocess.Popen(
        command, cwd=folder, text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        printed, said = process.communicate(timeout=LONGEST)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{printed}\n{said}"
    return printed


def penstock(*arguments: str, folder: Path) -> Any:
    """Run a ``penstock`` command, and return the JSON document that it printed."""
    return json.loads(python("-c", COMMAND, *arguments, "--json", folder=folder))


def test_every_example_has_a_pipeline_and_a_line_in_the_readme() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert PROGRAMS == sorted(PIPELINES)
    assert not [
        path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".ipynb") and f"({path.name})" not in readme
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_is_short(name: str) -> None:
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 100


@pytest.mark.parametrize(("name", "printed"), [
    ("commands", ["of held-out wines recognised, of 178 in all"]),
    ("azure_jobs", ["job.yml has 5 steps", "code/train-", "penstock", "az ml job create"]),
    ("compare", ["accuracy", "vectors", "boosting"]),
    ("datastores", ["tables/iris.csv has ", "2 files copied, 0 were there", "datastore://archive/2026/iris.csv", "virginica"]),
    ("debugging", ["as plain Python: 2.43", "in this process: 3.67", "values = table[column]", "KeyError('alcohool')"]),
    ("each", ["flavanoids", "0.80", "7 of 12 columns reused"]),
    ("files", ["| 9 | 180 |", "`average.png` takes", "The picture is "]),
    ("on_exit", ["as plain Python: 0.48", "completed; all else completed: 5 files removed", "failed; all else failed: 5 files removed"]),
    ("publishing", ["version 1; nothing has run", "still version 1", "completed, 12 steps", "12 of 12 steps reused", "disabled: []"]),
    ("repeat", ["40 trees tell 96.3% right, after 2 rounds", "80 trees", "rounds: reused, reused, completed"]),
    ("text", ["'words': 0.", "'pieces of words': 0."]),
    ("when", ["least 0.9: new: model.joblib", "'when-2/mistakes'", "least 0.999: nothing new; mistakes: 1", "'when/keep'"]),
])  # fmt: skip
def test_an_example_is_a_program(name: str, printed: Sequence[str], workspace: Path) -> None:
    said = python(str(EXAMPLES / f"{name}.py"), folder=workspace)
    assert [text for text in printed if text not in said] == []


def test_the_comparison_runs_on_the_command_line_with_its_parameters(workspace: Path) -> None:
    run = penstock("run", f"{EXAMPLES / 'compare.py'}:compare", "--test-size", "0.5", folder=workspace)
    assert (run["state"], run["parameters"]) == ("completed", {"test_size": "0.5", "seed": "0"})
    accuracies = {metric["name"]: metric["value"] for metric in run["metrics"]}
    assert set(accuracies) == {"linear", "vectors", "forest", "boosting"}
    assert all(0.9 < value < 1 for value in accuracies.values())
    (figure,) = run["files"]
    assert Path(figure["path"]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["azure_jobs", "datastores", "debugging", "each", "files", "repeat", "text"])
def test_an_example_runs_on_the_command_line(name: str, workspace: Path) -> None:
    run = penstock("run", f"{EXAMPLES / name}.py:{PIPELINES[name]}", folder=workspace)
    assert run["state"] == "completed"
    assert {step["state"] for step in run["steps"]} == {"completed"}
    assert [listed["id"] for listed in penstock("runs", folder=workspace)] == [run["id"]]


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_compiles_to_the_same_document_each_time(name: str, example: Any) -> None:
    found = getattr(example(name), PIPELINES[name])
    assert compile(found) == compile(found)


def test_the_comparison_is_plain_python(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    compare: ModuleType = example("compare")
    images, labels = compare.load()
    table = compare.extract(images[:300], labels[:300])
    fit_on, test_on = compare.split(table, 0.3, seed=1)
    assert (table.shape, len(fit_on), len(test_on)) == ((300, 193), 210, 90)
    assert compare.evaluate(compare.train("linear", fit_on), test_on) > 0.85


def test_the_text_example_is_plain_python_and_gives_what_a_run_gives(example: Any, workspace: Path) -> None:
    attribute = example("text").attribute
    here = attribute(shortest=120)
    assert all(0.75 < accuracy < 1 for accuracy in here.values())
    assert run(attribute, shortest=120).result() == here


def test_the_text_example_tests_on_texts_it_has_not_learned_from(example: Any) -> None:
    text = example("text")
    corpus = text.corpus(40, 0)
    assert not set(corpus.learn["text"]) & set(corpus.test["text"])
    assert set(corpus.test["package"]) == set(text.PACKAGES)


def test_the_files_example_keeps_a_folder_and_files(example: Any, workspace: Path) -> None:
    files = example("files")
    tables, picture, report = run(files.summarise).result()
    assert [file.name for file in sorted(tables.iterdir())] == [f"{digit}.csv" for digit in range(10)]
    assert picture.name == "average.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "| 0 | 178 |" in report.read_text(encoding="utf-8")
    assert tables.is_relative_to(workspace / ".penstock")


def test_the_files_example_reads_a_file_that_it_is_given(example: Any, workspace: Path) -> None:
    files = example("files")
    rows = "".join(",".join(["1.0"] * 64 + [f"{digit}.0"]) + "\n" for digit in range(10) for _ in range(2))
    Path("ones.csv").write_text(rows, encoding="utf-8")
    summary = run(files.summarise, Path("ones.csv")).result()
    assert "| 7 | 2 | 1.00 |" in summary.report.read_text(encoding="utf-8")


def test_the_debugging_example_fails_where_it_says(example: Any, workspace: Path) -> None:
    with pytest.raises(RunFailed) as caught:
        run(example("debugging").outlier, "alcohool")
    assert list(caught.value.failures) == ["scale"]
    assert isinstance(caught.value.__cause__, KeyError)
    assert "debugging.py" in caught.value.failures["scale"].frames


def test_the_debugging_example_has_a_test_that_passes(example: Any) -> None:
    example("debugging").test_a_scaled_column_has_mean_0()


@pytest.fixture
def notebook() -> Any:
    """The notebook as it is stored."""
    return pytest.importorskip("nbformat").read(EXAMPLES / "notebook.ipynb", as_version=4)


def test_the_notebook_is_stored_without_outputs(notebook: Any) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_the_notebook_runs_and_shows_its_steps_and_a_plot(notebook: Any, workspace: Path) -> None:
    client = pytest.importorskip("nbclient").NotebookClient(
        notebook, timeout=LONGEST, resources={"metadata": {"path": str(workspace)}}
    )
    client.execute()
    shown = list(_shown(notebook))
    text = "\n".join(data.get("text/plain", "") for data in shown)
    assert "of sweep: completed" in text
    assert "try_out-11" in text
    assert any("image/png" in data for data in shown)
    assert "Best is a strength of 100, which explains 4" in text


def _shown(notebook: Any) -> Iterator[dict[str, str]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield {"text/plain": output.text} if output.output_type == "stream" else output.data
