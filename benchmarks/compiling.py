"""Time compiling, writing and reading graphs, beside the same graph built by hand in networkx and dumped by json.

    python benchmarks/compiling.py

Prints medians of five, in seconds, and ratios to the baseline of the same run.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import networkx

from penstock import Static, pipeline, step
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.serialisation import digest, from_json, to_json

SIZES = (1_000, 10_000)
ROUNDS = 5


@step
def add(x: int, y: int = 1) -> int:
    return x + y


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pipeline
def fan(size: Static[int]) -> int:
    return total([add(number) for number in range(size)])


@pipeline
def chain(size: Static[int]) -> int:
    state = add(0)
    for number in range(size):
        state = add(state, number)
    return state


def by_hand(size: int) -> str:
    """Make a chain as a networkx graph with attributes and dump it."""
    graph = networkx.DiGraph()
    for number in range(size):
        graph.add_node(f"add-{number}", function="add", inputs={"x": f"add-{number - 1}", "y": number})
        if number:
            graph.add_edge(f"add-{number - 1}", f"add-{number}")
    return json.dumps(networkx.node_link_data(graph))


def median(work: Callable[[], object]) -> float:
    """Return the median time of some work, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    print(
        f"{'steps':>7} {'shape':>6} {'compile':>9} {'write':>8} {'read':>8} {'digest':>8} {'by hand':>8} {'ratio':>6}"
    )
    for size in SIZES:
        for composition in (fan, chain):
            baseline = median(lambda size=size: by_hand(size))
            compiling = median(lambda size=size, composition=composition: compile_pipeline(composition, (size,)))
            graph = compile_pipeline(composition, (size,)).graph
            text = to_json(graph)
            writing, reading = median(lambda graph=graph: to_json(graph)), median(lambda text=text: from_json(text))
            hashing = median(lambda graph=graph: digest(graph))
            ratio = (compiling + writing) / baseline
            print(
                f"{size:>7} {composition.name:>6} {compiling:>9.3f} {writing:>8.3f} {reading:>8.3f} {hashing:>8.3f}"
                f" {baseline:>8.3f} {ratio:>6.1f}"
            )


if __name__ == "__main__":
    main()
