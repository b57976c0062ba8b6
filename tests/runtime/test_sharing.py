"""Several people share results: one history, one store, each with a copy of the project of their own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from penstock import Local, Workspace, pipeline, step

FLOW = """
import json
from penstock import Local, pipeline, step

@step
def make(n: int) -> bytes:
    return bytes(range(256)) * 64 * n

@step
def count(data: bytes) -> int:
    return len(data)

@pipeline
def work(n: int = 3) -> int:
    return count(make(n))

if __name__ == "__main__":
    run = Local(display="none", executor="EXECUTOR").run(work)
    print(json.dumps([*(step.state for step in run.steps.values()), run.result()]))
"""


@step
def one() -> int:
    return 1


@pipeline
def single() -> int:
    return one()


def checkout(folder: Path, settings: str, executor: str) -> str:
    """Run the project in a folder of its own, and return what it prints."""
    folder.mkdir()
    (folder / "flow.py").write_text(FLOW.replace("EXECUTOR", executor))
    (folder / "penstock.toml").write_text(settings)
    done = subprocess.run([sys.executable, "flow.py"], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_result_in_a_store_by_url_is_reused_from_another_checkout(tmp_path, executor):
    settings = f'store = "{(tmp_path / "store").as_uri()}"\nhistory = "{tmp_path / "shared.db"}"\n'
    first, second = (checkout(tmp_path / name, settings, executor) for name in ("ann", "bob"))
    assert (first, second) == ('["completed", "completed", 49152]\n', '["reused", "reused", 49152]\n')


@pytest.mark.skipif(os.name != "posix", reason="other systems have no mask of new files")
@pytest.mark.parametrize(("mask", "group_may_write"), [(0o002, True), (0o022, False)])
def test_a_history_may_be_written_by_whom_the_mask_of_new_files_allows(tmp_path, mask, group_may_write):
    before = os.umask(mask)
    try:
        Local(workspace=tmp_path, executor="inline", display="none").run(single)
    finally:
        os.umask(before)
    mode = Path(Workspace.open(tmp_path).history_location).stat().st_mode
    assert bool(mode & stat.S_IWGRP) is group_may_write
