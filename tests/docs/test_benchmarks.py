"""Run every kind of benchmark with next to nothing to do, so that none can rot; what they measure is not looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
DISTINCT = ("chain", "fan-out", "first-run", "rerun", "cpu-bound", "array", "import", "one-step", "watching")
"""The cases; left out are those that do the same with other numbers."""


def benchmark(*arguments: str, peers: Path) -> subprocess.CompletedProcess[str]:
    """Run the benchmarks with tiny sizes, beside no tools but joblib."""
    command = [sys.executable, str(BENCHMARKS / "runtime.py"), "--tiny", *arguments]
    environment = {**os.environ, "PENSTOCK_BENCHMARK_PEERS": str(peers)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def measurements(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results/measurements.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", DISTINCT)
def test_a_case_is_measured_with_right_results_and_drawn(case: str, tmp_path: Path) -> None:
    done = benchmark("--only", case, "--no-peers", "--write", "--to", str(tmp_path), peers=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    rows = measurements(tmp_path)[case]["rows"]
    assert {name: (row["problem"], len(row["samples"])) for name, row in rows.items()} == dict.fromkeys(rows, (None, 1))
    assert all(sample["seconds"] > 0 for row in rows.values() for sample in row["samples"])
    drawn = ElementTree.parse(tmp_path / f"results/{case}.svg").getroot()
    texts = {element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {name.removeprefix("floor: ") for name in rows} <= texts
    assert all(name in (tmp_path / "RESULTS.md").read_text(encoding="utf-8") for name in rows)


def test_a_tool_that_is_not_installed_is_left_out_with_a_word(tmp_path: Path) -> None:
    done = benchmark("--only", "chain", peers=tmp_path)
    assert done.returncode == 0
    for tool in ("doit", "Luigi", "Kedro", "Hamilton"):
        assert f"| {tool} | – | not installed: python benchmarks/peers.py --install |" in done.stdout


def test_what_takes_too_long_is_killed_and_said(tmp_path: Path) -> None:
    done = benchmark("--only", "import", "--limit", "0.001", peers=tmp_path)
    assert done.returncode == 1
    assert "did not work: import, import penstock: took longer than 0.001 s" in done.stdout


def test_measuring_one_case_again_keeps_the_others(tmp_path: Path) -> None:
    for case in ("import", "one-step"):
        benchmark("--only", case, "--write", "--to", str(tmp_path), peers=tmp_path)
    assert list(measurements(tmp_path)) == ["import", "one-step"]


@pytest.mark.parametrize(("arguments", "said"), [
    (["--only", "chains"], "no case is called chains; there are chain, long-chain"),
    (["--write"], "say where to write it with --to"),
])  # fmt: skip
def test_a_wrong_command_says_what_is_right(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = benchmark(*arguments, peers=tmp_path)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_broken_measurements_are_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "results/measurements.json"
    file.parent.mkdir()
    file.write_text("{")
    done = benchmark("--only", "import", "--write", "--to", str(tmp_path), peers=tmp_path)
    assert (done.returncode, file.read_text()) == (1, "{")
    assert "measurements.json is broken" in done.stderr


@pytest.mark.xdist_group("ray")
def test_a_cluster_is_measured_beside_bare_tasks(tmp_path: Path) -> None:
    if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") != "1":
        pytest.importorskip("ray", reason="Ray is not installed")
    command = [sys.executable, str(BENCHMARKS / "cluster.py"), "--steps", "3", "--rounds", "1"]
    environment = {**os.environ, "RAY_ADDRESS": "local"}  # not the cluster of other tests
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "Penstock on Ray",
        "Penstock's own processes",
        "bare tasks of Ray",
    ]
