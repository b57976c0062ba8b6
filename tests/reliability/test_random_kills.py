"""A run whose processes are killed at random, again and again: it resumes each time, and nothing is lost or left.

``PENSTOCK_KILLS=500 pytest tests/reliability/test_random_kills.py`` kills five hundred times, and ``PENSTOCK_STEPS=1000``
says how many steps a run has.
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

STEPS = int(os.environ.get("PENSTOCK_STEPS", "200"))
"""Steps of a pipeline that note their calls; when it is done before there were enough kills, there is another turn."""

LENGTH = 20

SUMS = {
    "chains": lambda turn: (
        sum(chain + place for chain in range(STEPS // LENGTH) for place in range(LENGTH)) + STEPS // LENGTH * turn
    ),
    "chain": lambda turn: turn + sum(range(STEPS)),
    "mapped": lambda turn: 2 * sum(range(turn, STEPS + turn)),
}
"""What the pipelines of many.py return at each turn."""

LOST = {"chains": 8, "chain": 40, "mapped": 8}
"""Calls that one kill may cost at most: what two workers do, and what they did in the 50 ms that were not written yet."""


class Killer:
    """Runs a pipeline of many.py, and kills its driver or one of its workers at random moments."""

    def __init__(self, project, pipeline: str, enough: int) -> None:
        self.project = project
        self.pipeline = pipeline
        self.enough = enough
        self.chance = random.Random(SEED)
        self.kills = Counter()
        self.turn = 1

    def start(self):
        words = (f"many.py:{self.pipeline}", "--folder", self.project.folder, "--turn", self.turn, "--steps", STEPS)
        return self.project.start("run", *words, "-j2", "--display", "none")

    def kill_until_it_is_enough(self) -> None:
        driver = self.start()
        while self.kills.total() < self.enough:
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
@pytest.mark.parametrize("pipeline", SUMS)
def test_a_run_whose_processes_are_killed_at_random_resumes_each_time(project, pipeline):
    killer = Killer(project, pipeline, max(1, KILLS // len(SUMS)))
    killer.kill_until_it_is_enough()
    last = killer.start().end()
    assert (last.code, last.err) == (0, "")
    print(f"{killer.kills}, {killer.turn} turns of {STEPS} steps, {killer.calls()} calls, {runs_by_state(project)}")
    assert Run.get("last", project.workspace).result() == SUMS[pipeline](killer.turn)
    assert completed_once(project, killer.turn)
    assert killer.calls() <= STEPS * killer.turn + LOST[pipeline] * killer.kills.total()


def runs_by_state(project) -> Counter:
    return Counter(run.state.value for run in project.workspace.history.runs(limit=10_000))


def completed_once(project, turns: int) -> bool:
    """Say whether the steps of every turn were completed, and none again after its result had been written down."""
    history = project.workspace.history
    completed = Counter(
        (run.parameters["turn"], step.id)
        for run in history.runs(limit=10_000)
        for step in history.steps(run.id)
        if step.state is State.COMPLETED
    )
    return len(completed) >= STEPS * turns and set(completed.values()) == {1}
