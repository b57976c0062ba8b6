"""Workers that start before it is known what they have to do."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import psutil
import pytest
from penstock import Local, State, pipeline, step
from penstock.runtime.errors import RunFailed
from penstock.runtime.executors.kept import KeptWorkers
from penstock.runtime.executors.local import LocalExecutor


@step
def double(n: int) -> int:
    return 2 * n


@step
def fails() -> int:
    raise ValueError("no")


@pipeline
def doubled(n: int) -> int:
    return double(n)


@pipeline
def broken() -> int:
    raise KeyError("while it is recorded")


@pipeline
def failing() -> int:
    return fails()


def workers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "penstock-worker" in " ".join(child.cmdline())]


@pytest.fixture
def warmed(monkeypatch: pytest.MonkeyPatch) -> list[KeptWorkers]:
    """Collect the workers that are started early."""
    found: list[KeptWorkers] = []
    original = KeptWorkers.warm
    monkeypatch.setattr(KeptWorkers, "warm", lambda self: (found.append(self), original(self))[1])
    return found


def test_the_first_run_of_a_workspace_starts_a_worker_while_it_is_compiled(tmp_path, warmed):
    seen: list[int] = []

    @pipeline
    def looking() -> int:
        seen.append(len(workers()))
        return double(1)

    assert Local(jobs=1, workspace=tmp_path, display="none").run(looking).result() == 2
    assert seen == [1] and len(warmed) == 1 and not workers()


def test_a_later_run_starts_a_worker_when_it_needs_one(tmp_path, warmed):
    local = Local(jobs=1, workspace=tmp_path, display="none")
    states = [local.run(doubled, n).steps["double"].state for n in (1, 1, 2)]
    assert states == [State.COMPLETED, State.REUSED, State.COMPLETED] and len(warmed) == 1


def test_no_worker_is_started_early_for_other_executors(tmp_path, warmed):
    assert Local(executor="inline", workspace=tmp_path, display="none").run(doubled, 1).result() == 2
    assert not warmed


@pytest.mark.parametrize(("work", "error"), [(broken, Exception), (failing, RunFailed)])
def test_no_worker_is_left_whatever_happens(tmp_path, warmed, work, error):
    with pytest.raises(error):
        Local(jobs=1, workspace=tmp_path, display="none").run(work)
    assert len(warmed) == 1 and not workers()


@pytest.mark.skipif(os.name != "posix", reason="pipes have names")
def test_workers_that_wait_are_told_which_libraries_all_steps_to_come_import(tmp_path, monkeypatch):
    def warm(self: LocalExecutor, count: int = 1, libraries: tuple[str, ...] = ()) -> None:
        told.append((count, libraries))
        original(self, count, libraries)
        (tmp_path / "told").write_text("") if count > 1 else None

    os.mkfifo(tmp_path / "told")
    told: list[tuple[int, tuple[str, ...]]] = []
    original = LocalExecutor.warm
    monkeypatch.setattr(LocalExecutor, "warm", warm)
    runner = Local(jobs=2, workspace=tmp_path / "w", display="none")
    assert runner.run(summed, str(tmp_path / "told")).result() == [3.0, 4.0]
    assert told == [(1, ()), (1, ("numpy",)), (2, ("numpy",))]


@step
def waits(note: str) -> int:
    """Wait until it counts as a step that takes its time, and return 3."""
    return int(np.ceil(2.5)) + len(Path(note).read_text())


@step
def add_up(n: int, more: int) -> float:
    return float(np.ones(n).sum() + more)


@pipeline
def summed(note: str) -> list[float]:
    first = waits.options(name="first")(note)
    return [add_up(first, more) for more in (0, 1)]
