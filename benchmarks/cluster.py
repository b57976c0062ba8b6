"""Measure what a step costs on a cluster of Ray, beside bare tasks of Ray and the processes of this machine.

    python benchmarks/cluster.py [--steps 500] [--rounds 5]

Steps are trivial and independent, and their results are added by one more. The three take turns in one process, on a Ray that
is started here; what is told is the median of the rounds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable

from penstock import Local, Static, pipeline, step

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@step
def double(n: int) -> int:
    return 2 * n


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pipeline
def doubled(first: Static[int], count: Static[int]) -> int:
    return total([double(n) for n in range(first, first + count)])


def main() -> None:
    options = arguments()
    folder = tempfile.mkdtemp(prefix="penstock-cluster-")
    try:
        measure(folder, options.steps, options.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def measure(folder: str, steps: int, rounds: int) -> None:
    ways: dict[str, Callable[[int], int]] = {
        "Penstock on Ray": lambda first: penstock(folder, "ray", first, steps),
        "Penstock's own processes": lambda first: penstock(folder, "local", first + steps, steps),
        "bare tasks of Ray": lambda first: bare(first, steps),
    }
    penstock(folder, "ray", 0, 1)  # starts Ray
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1, rounds + 1):
        for name, way in ways.items():
            seconds[name].append(timed(way, number * 2 * steps))
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"{name}: {steps / median:.0f} steps/s, {1000 * median / steps:.2f} ms a step")


def penstock(folder: str, executor: str, first: int, count: int) -> int:
    local = Local(executor=executor, workspace=folder, display="none")  # type: ignore[arg-type]  # a name of one
    return int(local.run(doubled, first, count).result())


def bare(first: int, count: int) -> int:
    import ray

    task = ray.remote(lambda n: 2 * n)
    return sum(ray.get([task.remote(n) for n in range(first, first + count)]))


def timed(way: Callable[[int], int], first: int) -> float:
    started = time.perf_counter()
    way(first)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
