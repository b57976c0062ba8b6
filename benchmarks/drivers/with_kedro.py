"""Do the work with Kedro: a file a data set; later runs skip the nodes whose data sets are there, whatever the code says."""

from __future__ import annotations

import json
import logging
import time
from functools import partial
from pathlib import Path

from kedro.io import AbstractDataset, DataCatalog, SharedMemoryDataCatalog
from kedro.pipeline import node, pipeline
from kedro.runner import ParallelRunner, SequentialRunner

DISTRIBUTION = "kedro"

logging.getLogger("kedro").setLevel(logging.ERROR)

CALLS: list[int] = []


class Kept(AbstractDataset):
    """A value in a JSON file."""

    def __init__(self, filepath):
        self.path = Path(filepath)

    def load(self):
        return json.loads(self.path.read_text())

    def save(self, data):
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(json.dumps(data))

    def _exists(self):
        return self.path.exists()

    def _describe(self):
        return {"filepath": str(self.path)}


def add(x, y):
    CALLS.append(x)
    return x + y


def first(y):
    return add(y, 0)


def plus(number, x):
    return add(x, number)


def given(number):
    return add(number, 1)


def total(*numbers):
    return sum(numbers)


def named(function, number):
    """Bind a number to a function, and give it the name that Kedro asks for."""
    bound = partial(function, number)
    bound.__name__ = f"{function.__name__}_{number}"
    return bound


def timed(make, runner, kind=DataCatalog, **options):
    """Build and run a pipeline whose outputs are all kept, and return the seconds and the catalog."""
    start = time.perf_counter()
    made = make()
    catalog = kind({name: Kept(f"results/{name}.json") for name in made.all_outputs()})
    runner.run(made, catalog, **options)
    return time.perf_counter() - start, catalog


def links(size):
    """A chain of nodes."""
    nodes = [node(named(first, 0), None, "link_0", name="link_0")]
    nodes += [
        node(named(plus, number), f"link_{number - 1}", f"link_{number}", name=f"link_{number}")
        for number in range(1, size)
    ]
    return pipeline(nodes)


def branches(size):
    """Independent nodes."""
    return [node(named(given, number), None, f"add_{number}", name=f"add_{number}") for number in range(size)]


def chain(size):
    seconds, catalog = timed(lambda: links(size), SequentialRunner())
    assert catalog.load(f"link_{size - 1}") == sum(range(size))
    return seconds


def fan_out(size):
    join = node(total, [f"add_{number}" for number in range(size)], "total", name="total")
    seconds, catalog = timed(
        lambda: pipeline([*branches(size), join]), ParallelRunner(max_workers=2), SharedMemoryDataCatalog
    )
    assert catalog.load("total") == size * (size + 1) // 2
    return seconds


def independent(size, **options):
    seconds, catalog = timed(lambda: pipeline(branches(size)), SequentialRunner(), **options)
    assert [catalog.load(f"add_{number}") for number in range(size)] == list(range(1, size + 1))
    return seconds


def reused(size):
    seconds = independent(size, only_missing_outputs=True)
    assert not CALLS
    return seconds
