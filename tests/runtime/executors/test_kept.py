"""Worker processes that stay from one run to the next."""

from __future__ import annotations

import os
import time

import pytest
from penstock import Local, RunFailed, Workspace, step
from penstock.runtime.executors.kept import KeptWorkers


@step(allow_reuse=False)
def process() -> int:
    return os.getpid()


@step(allow_reuse=False)
def dies() -> None:
    os._exit(3)


@step(allow_reuse=False)
def lasts() -> None:
    time.sleep(60)


@pytest.fixture
def workers():
    kept = KeptWorkers(1)
    yield kept
    kept.close()


def test_the_next_run_finds_the_worker_of_the_last(workers, tmp_path):
    workers.warm()
    runner = Local(kept_workers=workers, workspace=tmp_path, display="none")
    pids = {runner.run(process).result() for _ in range(3)}
    assert len(pids) == 1
    assert os.getpid() not in pids


def test_a_worker_that_died_is_replaced_in_the_next_run(workers, tmp_path):
    runner = Local(kept_workers=workers, workspace=tmp_path, display="none")
    with pytest.raises(RunFailed):
        runner.run(dies)
    assert runner.run(process).result() > 0


def test_cancelling_a_run_stops_only_what_is_busy(workers, tmp_path):
    runner = Local(kept_workers=workers, workspace=tmp_path, display="none")
    before = runner.run(process).result()
    run = runner.submit(lasts)
    while not any(record.state == "running" for record in run.records.steps()):
        time.sleep(0.01)
    run.cancel()
    run.wait(20)
    assert run.status == "cancelled"
    assert runner.run(process).result() != before


def test_a_run_may_have_an_id_that_was_given_before(workers, tmp_path):
    workspace = Workspace(tmp_path)
    run_id = workspace.new_run()
    run = Local(workspace=workspace, kept_workers=workers, run_id=run_id, display="none").run(process)
    assert (run.id, workspace.history.run(run_id).state) == (run_id, "completed")
