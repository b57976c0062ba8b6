from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from penstock.runtime.documents import metric_document, moment
from penstock.runtime.history.records import MetricRecord

Penstock = Callable[..., Result]


def test_times_are_rfc_3339_in_utc() -> None:
    assert moment(1_795_380_218.5) == "2026-11-22T20:43:38.500Z"
    assert moment(None) is None


def test_a_value_that_json_cannot_hold_is_null() -> None:
    assert metric_document(MetricRecord("s", "loss", float("nan"), None, 0.0))["value"] is None


def test_compile_writes_a_document_to_a_file(project: Path, penstock: Penstock) -> None:
    result = penstock("compile", f"{project.name}:compare", "-o", "graph.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(Path("graph.json").read_text())["name"] == "compare"


def test_compile_writes_the_code_of_each_step_beside_a_job_of_azure(project: Path, penstock: Penstock) -> None:
    result = penstock("compile", f"{project.name}:compare", "--target", "azureml", "-o", "job.yml")
    assert (result.exit_code, result.stdout) == (0, "")
    named = {
        line.split("./")[1] for line in Path("job.yml").read_text().splitlines() if line.strip().startswith("code:")
    }
    assert {path.name.partition("-")[0] for path in Path("code").iterdir()} == {"load", "train", "best"}
    assert named == {str(path) for path in Path("code").iterdir()}
    assert not [name for name in named if "unidentified" in name]


def test_compile_refuses_an_unknown_target(project: Path, penstock: Penstock) -> None:
    result = penstock("compile", f"{project.name}:compare", "--target", "cobol")
    assert result.exit_code == 2 and "'cobol' is none of bundle, azureml, json, mermaid" in result.stderr


def test_compile_says_when_it_cannot_write(project: Path, penstock: Penstock) -> None:
    result = penstock("compile", f"{project.name}:compare", "-o", "no/such/folder.json")
    assert result.exit_code == 1 and "cannot be written" in result.stderr


def test_init_writes_a_configuration_that_can_be_read(project: Path, penstock: Penstock) -> None:
    from penstock.runtime.configuration import settings_in

    assert penstock("init", "--name", 'Ada\'s "fares"').exit_code == 0
    settings = settings_in(project.parent)
    assert settings is not None and settings.name == 'Ada\'s "fares"'


def test_init_changes_nothing_that_is_there(project: Path, penstock: Penstock) -> None:
    Path("penstock.toml").write_text("# mine\n")
    result = penstock("init")
    assert result.exit_code == 1 and "is there already" in result.stderr
    assert Path("penstock.toml").read_text() == "# mine\n"


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_version_names_python(penstock: Penstock, words: tuple[str, ...]) -> None:
    assert "ython" in penstock("version", *words).stdout
