"""Measure the history: opening it, recording into it, reading it, and collecting facts.

Run with ``python benchmarks/history.py [--steps 10000] [--runs 10000] [--url postgresql://...]``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime import facts
from penstock.runtime.artifacts import Artifact
from penstock.runtime.events import Event, RunEnded, RunStarted, StepCompleted, StepStarted
from penstock.runtime.history import History, Recorder, connect, new_run_id
from penstock.runtime.history.ledgers import open_ledger
from penstock.runtime.history.writing import write
from penstock.runtime.states import State

ARTIFACT = Artifact("0" * 64, "json", 3, "int", "3", b"3")


def graph_of(steps: int) -> Graph:
    """A graph of steps without data between them."""
    function = FunctionRef("module", "step")
    return Graph("benchmark", tuple(Node(f"step-{number}", "step", function, {}) for number in range(steps)))


def run_of(graph: Graph, run: str, started: float) -> Iterator[Event]:
    """The events of a run in which each step starts and completes."""
    yield RunStarted(run, graph, "benchmark", started, {"lr": "0.1"})
    for node in graph:
        yield StepStarted(node.id, started, pid=1, log=f"logs/{node.id}.log")
        yield StepCompleted(node.id, started, {"output": ARTIFACT}, 0.1)
    yield RunEnded(run, started, State.COMPLETED)


def timed(title: str, act: Callable[[], object], repeat: int = 1) -> float:
    """Print how long an act takes, the best of some."""
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - began)
    print(f"{title:<58}{best * 1000:>10.1f} ms")
    return best


def fill(location: str | Path, runs: int) -> None:
    """Write many small runs at once, as years of work would have."""
    connection = connect(location)
    graph = graph_of(3)
    with connection.transaction():
        for number in range(runs):
            ledger = open_ledger(
                RunStarted(new_run_id(float(number)), graph, f"experiment-{number % 20}", float(number))
            )
            ledger.abandon(State.FAILED, "benchmark")
            write(ledger, connection)
    connection.close()


def record(location: str | Path, graph: Graph, run: str) -> None:
    """Record a whole run."""
    recorder = Recorder(partial(connect, location))
    for event in run_of(graph, run, 1e9):
        recorder(event)
    recorder.close()


def measure(location: str | Path, steps: int, runs: int) -> None:
    """Measure one engine."""
    timed("open a new database", lambda: connect(location).close())
    timed("open it again", lambda: connect(location).close(), 5)
    timed("record a run of 3 steps, to the end", lambda: record(location, graph_of(3), new_run_id()), 5)
    big = graph_of(steps)
    seconds = timed(f"record a run of {steps} steps, to the end", lambda: record(location, big, "big"))
    print(f"{'':<58}{(2 * steps + 2) / seconds:>10,.0f} events a second")
    recorder = Recorder(partial(connect, location))
    emitted = timed(
        f"  of that, what the run itself waits ({steps} steps)",
        lambda: [recorder(event) for event in run_of(big, "b2", 1e9)],
    )
    recorder.close()
    print(f"{'':<58}{emitted / (2 * steps + 2) * 1e6:>10.1f} µs an event")
    fill(location, runs)
    history = History(partial(connect, location))
    history.runs(limit=1)
    timed(f"list the newest 50 of {runs} runs", history.runs, 5)
    timed("list the newest 50 of an experiment", lambda: history.runs(experiment="experiment-3"), 5)
    timed(f"list all {runs} runs", lambda: history.runs(limit=runs), 3)
    timed("find a run by its last characters", lambda: history.run(history.runs(limit=1)[0].id[-4:]), 5)
    timed(f"read {steps} steps with their outputs", lambda: history.steps("big"), 3)
    history.delete("big")
    history.close()


def main() -> None:
    """Measure facts, SQLite, and Postgres where a URL is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--url", help="an empty Postgres database to measure too")
    options = parser.parse_args()
    timed("collect facts, first time", lambda: facts.collect(Path.cwd()))
    timed("collect facts again", lambda: facts.collect(Path.cwd()), 5)
    timed("list the installed packages, first time", facts.packages)
    timed("list the installed packages again", facts.packages, 5)
    with tempfile.TemporaryDirectory() as folder:
        print("\nSQLite")
        measure(Path(folder) / "history.db", options.steps, options.runs)
    if options.url:
        print("\nPostgres")
        measure(options.url, options.steps, options.runs)


if __name__ == "__main__":
    main()
