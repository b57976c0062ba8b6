"""Do the work with doit: values are kept in its database and handed on by ``getargs``; processes are forked for two workers."""

from __future__ import annotations

import time
from pathlib import Path

from doit.cmd_base import ModuleTaskLoader
from doit.doit_cmd import DoitMain
from doit.tools import run_once

DISTRIBUTION = "doit"

CALLS: list[int] = []

CONFIG = {"reporter": "zero", "backend": "sqlite3", "verbosity": 0}


def add(x, y):
    CALLS.append(x)
    return {"value": x + y}


def total(values):
    Path("total").write_text(str(sum(values.values())))


def last(value):
    Path("total").write_text(str(value))


def links(size):
    """A chain: each task takes the value of the one before it."""

    def task_add():
        yield {"name": "0", "actions": [(add, [0, 0])], "uptodate": [run_once]}
        for number in range(1, size):
            before = {"x": (f"add:{number - 1}", "value")}
            yield {
                "name": str(number),
                "actions": [(add, [], {"y": number})],
                "getargs": before,
                "uptodate": [run_once],
            }

    def task_last():
        return {"actions": [last], "getargs": {"value": (f"add:{size - 1}", "value")}, "uptodate": [run_once]}

    return {"task_add": task_add, "task_last": task_last}


def branches(size):
    """Independent tasks, and one that joins them."""

    def task_add():
        for number in range(size):
            yield {"name": str(number), "actions": [(add, [number, 1])], "uptodate": [run_once]}

    def task_total():
        return {"actions": [total], "getargs": {"values": ("add", "value")}, "uptodate": [run_once]}

    return {"task_add": task_add, "task_total": task_total}


def timed(tasks, expected, *options):
    """Run tasks, and return the seconds."""
    start = time.perf_counter()
    code = DoitMain(ModuleTaskLoader({**tasks, "DOIT_CONFIG": CONFIG})).run(["run", *options])
    seconds = time.perf_counter() - start
    assert code == 0
    assert int(Path("total").read_text()) == expected
    return seconds


def chain(size):
    return timed(links(size), sum(range(size)))


def fan_out(size):
    return timed(branches(size), size * (size + 1) // 2, "-n", "2", "-P", "process")


def independent(size):
    return timed(branches(size), size * (size + 1) // 2)


def reused(size):
    seconds = independent(size)
    assert not CALLS
    return seconds
