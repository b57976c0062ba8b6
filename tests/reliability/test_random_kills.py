"""A run whose processes are killed at random, again and again: it resumes each time, and nothing is lost or left.

``PENSTOCK_KILLS=500 pytest tests/reliability/test_random_kills.py`` kills five hundred times.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections import Counter

import psutil
import pytest
from penstock import Run, State

KILLS = int(os.environ.get("PENSTOCK_KILLS", "12"))
SEED = int(os.environ.get("PENSTOCK_SEED", "20260601"))

STEPS = 200
"""Steps of the pipeline that note their calls; when it is done before there were enough kills, there is another turn."""

LOST = 8
"""Calls that one kill may cost at most: what two workers do, and what they did in the 50 ms that were not written yet."""


class Killer:
    """Runs the pipeline of many.py, and kills its driver or one of its workers at random moments."""

    def __init__(self, project) -> None:
        self.project = project
        self.chance = random.Random(SEED)
        self.kills = Counter()
        self.turn = 1

    def start(self):
        words = ("many.py:many", "--folder", self.project.folder, "--turn", self.turn)
        return self.project.start("run", *words, "-j2", "--display", "none")

    def kill_until_it_is_enough(self) -> None:
        driver = self.start()
        while self.kills.total() < KILLS:
            self.wait(driver)
            if driver.process.poll() is not None:
                ended = driver.end()
                assert ended.code == 0, f"a run fails for a killed worker, though it has retries: {ended.err}"
                self.turn += 1
            elif self.chance.random() < 0.4:
                self.kill_a_worker(driver)
                continue
            else:
                self.kills["driver"] += 1
                driver.kill()
                driver.end()
            driver = self.start()
        driver.kill()
        driver.end()

    def wait(self, driver) -> None:
        """Wait: half of the time until anything, else until a step has ended, and then a moment."""
        if self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0, 1.0))
            return
        before = self.calls()
        while self.calls() == before and driver.process.poll() is None:
            time.sleep(0.005)
        time.sleep(self.chance.uniform(0, 0.2))

    def calls(self) -> int:
        file = self.project.folder / "calls"
        return file.stat().st_size if file.exists() else 0

    def kill_a_worker(self, driver) -> None:
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(driver.process.pid).children()
            workers = [child for child in children if "penstock-worker" in " ".join(child.cmdline())]
            if workers:
                self.chance.choice(workers).kill()
                self.kills["worker"] += 1


@pytest.mark.timeout(60 + 8 * KILLS)
def test_a_run_whose_processes_are_killed_at_random_resumes_each_time(project):
    killer = Killer(project)
    killer.kill_until_it_is_enough()
    last = killer.start().end()
    assert (last.code, last.err) == (0, "")
    print(f"{killer.kills}, {killer.turn} turns of {STEPS} steps, {killer.calls()} calls, {runs_by_state(project)}")
    expected = sum(chain + place for chain in range(10) for place in range(20)) + 10 * killer.turn
    assert Run.get("last", project.workspace).result() == expected
    assert completed_once(project, killer.turn)
    assert killer.calls() <= STEPS * killer.turn + LOST * KILLS


def runs_by_state(project) -> Counter:
    return Counter(run.state.value for run in project.workspace.history.runs(limit=10_000))


def completed_once(project, turns: int) -> bool:
    """Say whether every step of every turn was completed, and none again after its result had been written down."""
    history = project.workspace.history
    completed = Counter(
        (run.parameters["turn"], step.id)
        for run in history.runs(limit=10_000)
        for step in history.steps(run.id)
        if step.state is State.COMPLETED
    )
    return len(completed) == (STEPS + 1) * turns and set(completed.values()) == {1}
