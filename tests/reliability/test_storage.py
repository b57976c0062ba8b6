"""Disks that are full, read-only or others, and artifacts that were damaged: finished results are kept, and used again."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from penstock import Run, State


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something on a folder. Skips where this process may not."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"only root may mount: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def small_disk(project) -> Iterator[Path]:
    """Keep the workspace on a disk of 2 MiB."""
    with mounted(project.workspace.folder, "-t", "tmpfs", "-o", "size=2m", "tmpfs"):
        yield project.workspace.folder
        assert list(project.leftovers()) == []


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)


@pytest.fixture
def run(project) -> Callable:
    """Run a pipeline of sizes.py in this process's stead; give what it said, and the run."""

    def run(pipeline: str = "sizes", kilobytes: int = 100, *options: str):
        words = ["run", f"sizes.py:{pipeline}", "--kilobytes", kilobytes, "-q"]
        ended = project.penstock(*words, *(options or ["--executor", "inline"]))
        assert 'Traceback (most recent call last):\n  File "<string>"' not in ended.err
        return ended, Run.get("last", project.workspace)

    return run


def states(run: Run) -> list[str]:
    return [step.state.value for step in run.steps.values()]


@pytest.mark.parametrize("options", [("--executor", "inline"), ("-j1",)], ids=["inline", "local"])
def test_a_result_that_does_not_fit_on_the_disk_fails_its_step_and_the_rest_is_used_again(small_disk, run, options):
    ended, failed = run("sizes", 5000, *options)
    assert ended.code == 1 and states(failed) == ["completed", "failed", "skipped"]
    for words in ("the disk is full: 5.2 MB are needed, ", " MB are free in ", f"{small_disk}", "MB are missing",
                  "results of finished steps are kept", "and run again"):  # fmt: skip
        assert words in failed.failures["large"].message
    enlarge(small_disk)
    assert states(run("sizes", 5000)[1]) == ["reused", "completed", "completed"]


def test_a_disk_that_takes_no_more_files_is_told_as_such(small_disk, run):
    subprocess.run(["mount", "-o", "remount,nr_inodes=14", str(small_disk)], check=True)
    ended, failed = run("sizes", 100, "-j1")
    assert ended.code == 1 and states(failed)[0] == "failed"
    assert "it takes no more, though " in failed.failures["small"].message
    subprocess.run(["mount", "-o", "remount,nr_inodes=10000", str(small_disk)], check=True)
    assert run("sizes", 100)[1].state is State.COMPLETED


def test_files_that_do_not_fit_on_the_disk_fail_their_step(small_disk, run):
    ended, failed = run("folders", 5000)
    assert ended.code == 1 and f"are free in {failed.folder}; results of finished steps are kept" in ended.err
    enlarge(small_disk)
    assert run("folders", 5000)[1].state is State.COMPLETED


def test_a_history_on_a_full_disk_can_be_read(small_disk, run, project):
    run("sizes", 5000)
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    listed = project.penstock("runs")
    (small_disk / "filler").unlink()
    assert listed.code == 0 and "1 completed, 1 failed, 1 skipped" in listed.out


def test_a_run_that_cannot_begin_on_a_full_disk_says_so(small_disk, project):
    project.penstock("run", "sizes.py:sizes", "--executor", "inline", "-q")
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    ended = project.penstock("run", "sizes.py:sizes", "--executor", "inline", "-q")
    (small_disk / "filler").unlink()
    assert ended.err.startswith("Error: ") and str(small_disk) in ended.err


def test_a_store_that_cannot_be_written_is_used_for_what_is_there(project, run):
    run()
    store = project.store.root
    with mounted(store, "--bind", str(store)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(store)], check=True)
        assert states(run()[1]) == ["reused"] * 3
        _, failed = run("sizes", 101)
    assert (
        f"the store {store} cannot be written: Read-only file system. Allow writing" in failed.failures["large"].message
    )
    assert states(run("sizes", 101)[1]) == ["reused", "completed", "completed"]


def test_a_workspace_that_cannot_be_written_refuses_a_run_and_can_be_read(project, run):
    run()
    folder = project.workspace.folder
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        refused = project.penstock("run", "sizes.py:sizes", "--executor", "inline", "-q")
        listed = project.penstock("runs")
    assert refused.code == 1 and "cannot write" in refused.err and "Allow writing there, or set `folder`" in refused.err
    assert listed.code == 0 and "3 completed" in listed.out


def truncate(file: Path) -> None:
    file.chmod(0o600)
    os.truncate(file, 50_000)


def change(file: Path) -> None:
    file.chmod(0o600)
    with file.open("r+b") as opened:
        opened.seek(50_000)
        opened.write(b"?")


def delete_file(file: Path) -> None:
    file.unlink()


def delete_artifact(file: Path) -> None:
    shutil.rmtree(file.parent)


DAMAGES = (truncate, change, delete_file, delete_artifact)


def test_damaged_results_are_not_used_but_made_again(project, run):
    _, first = run("four")
    for damage, step in zip(DAMAGES, first.records.steps(), strict=False):
        damage(project.store.get(step.outputs["output"].digest) / "value.bin")
    _, second = run("four")
    assert states(second) == ["completed"] * 4 + ["reused"] and first.result() == second.result()
    reasons = [step.reason for step in second.steps.values()][:4]
    assert all(reason.startswith(f"its result of run {first.id} cannot be used: ") for reason in reasons)
    for reason, words in zip(
        reasons, ("has 50000 bytes", "was changed", "is missing", "holds no artifact"), strict=True
    ):
        assert words in reason


def test_a_result_that_is_damaged_while_the_run_goes_on_fails_who_needs_it_and_is_made_again(project, wait_until):
    (project.folder / "damage.py").write_text(DAMAGE)
    ended = project.penstock("run", "damage.py:damaged", "--store", project.store.root, "-q", "-j1")
    assert (
        ended.code == 1
        and "is corrupt: value.bin has 50000 bytes instead of 102400; run the step that makes it again" in ended.err
    )
    assert project.penstock("run", "damage.py:damaged", "--store", "elsewhere", "-q", "-j1").code == 0


DAMAGE = """
import os
from pathlib import Path
from penstock import pipeline, step
from sizes import length, small

@step
def damage(data: bytes, store: str) -> int:
    for file in Path(store).glob("*/*/value.bin"):
        file.chmod(0o600)
        os.truncate(file, 50_000)
    return 1

@pipeline
def damaged(store: str) -> int:
    data = small(100)
    return length.after(damage(data, store))(data)
"""


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another file system."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("there is no other file system at /dev/shm")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("setting", ["folder", "store"])
def test_the_workspace_may_be_on_another_file_system_than_the_project(project, run, elsewhere, setting):
    (project.folder / "penstock.toml").write_text(f'{setting} = "{elsewhere / setting}"\n')
    assert run("folders", 10, "-j1")[1].result() == 10 * 1024
    assert states(run("folders", 10)[1]) == ["reused"] * 2 and any(elsewhere.iterdir())
