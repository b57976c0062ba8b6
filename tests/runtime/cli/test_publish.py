"""Publishing on the command line, and looking after what is published; bundles as pipelines."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import pytest

FLOW = """
from penstock import pipeline, step

@step
def scale(x: float, lr: float) -> float:
    return x * lr

@pipeline
def cli_flow(x: float, lr: float = 2.0, names: list[str] = ["a"]) -> float:
    "Scale a number."
    return scale(x, lr)
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "cli_flow_module.py").write_text(textwrap.dedent(FLOW))
    yield tmp_path
    sys.modules.pop("cli_flow_module", None)


def test_a_pipeline_is_published_under_its_name(penstock):
    found = json.loads(penstock("publish", "cli_flow_module.py:cli_flow", "--json").stdout)
    assert found == {"endpoint": "cli_flow", "version": "1", "default": "1"}


def test_name_and_version_can_be_chosen(penstock):
    penstock("publish", "cli_flow_module.py:cli_flow", "--as", "taxi:2026.1", "--describe", "for us")
    shown = json.loads(penstock("endpoints", "show", "taxi", "--json").stdout)
    assert (shown["default"], shown["description"], len(shown["versions"])) == ("2026.1", "for us", 1)


def test_endpoints_are_listed_disabled_and_deleted(penstock):
    penstock("publish", "cli_flow_module.py:cli_flow")
    assert "Scale a number." in penstock("endpoints").stdout
    penstock("endpoints", "disable", "cli_flow")
    assert "cli_flow" not in penstock("endpoints").stdout
    assert "disabled" in penstock("endpoints", "list", "--all").stdout
    penstock("endpoints", "delete", "cli_flow", "--yes")
    assert json.loads(penstock("endpoints", "list", "--all", "--json").stdout) == []


def test_a_bundle_is_compiled_described_run_and_published(penstock):
    path = penstock("compile", "cli_flow_module.py:cli_flow", "--target", "bundle").stdout.strip()
    Path("cli_flow_module.py").unlink()
    sys.modules.pop("cli_flow_module")  # a program of its own would not have it
    assert "--lr NUMBER" in penstock("run", path, "--help").stdout
    assert "result  6.0" in penstock("run", path, "--x", "3", "--names", "a", "--names", "b").stdout
    assert json.loads(penstock("publish", path, "--json").stdout)["endpoint"] == "cli_flow"


def test_a_bundle_wants_its_parameters(penstock):
    path = penstock("compile", "cli_flow_module.py:cli_flow", "--target", "bundle").stdout.strip()
    assert "cli_flow needs a value for: --x NUMBER" in penstock("run", path).stderr
    assert "'three' is not a number" in penstock("run", path, "--x", "three").stderr


def test_a_bundle_offers_the_members_of_an_enum(penstock):
    code = "from enum import Enum\nclass Kind(Enum):\n    A = 1\n    B = 2\n" + FLOW.replace(
        'names: list[str] = ["a"]', "kind: Kind = Kind.A"
    )
    Path("cli_flow_module.py").write_text(code)
    path = penstock("compile", "cli_flow_module.py:cli_flow", "--target", "bundle").stdout.strip()
    sys.modules.pop("cli_flow_module")
    assert "[A|B]" in penstock("run", path, "--help").stdout
    assert "result  6.0" in penstock("run", path, "--x", "3", "--kind", "B").stdout


def test_a_file_that_is_no_bundle_is_told(penstock):
    Path("broken.bundle").write_bytes(b"PK nonsense")
    assert "broken.bundle cannot be used as a bundle" in penstock("run", "broken.bundle").stderr
