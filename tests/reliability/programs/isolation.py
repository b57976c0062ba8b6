"""Steps that change what they share with others."""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import sys
import threading
import time
from pathlib import Path

from penstock import current_step, pipeline, step

os.environ["PENSTOCK_TEST_SET_BY_MODULE"] = "1"


@step(allow_reuse=False)
def look(moment: str) -> dict[str, object]:
    mask = os.umask(0)
    os.umask(mask)
    return {
        "process": os.getpid(),
        "folder": os.getcwd(),
        "variables": sorted(os.environ),
        "mask": mask,
        "modules": sys.path.copy(),
        "alarm": str(signal.getsignal(signal.SIGALRM)),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    }


@step
def change_everything() -> int:
    os.chdir("/")
    os.environ["PENSTOCK_TEST_LEAK"] = "1"
    del os.environ["TMPDIR"]
    os.umask(0o777)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    sys.path.insert(0, "/nowhere")
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(1)
    raise ValueError("and failed in the end")


@step
def leave_a_thread() -> int:
    threading.Thread(target=time.sleep, args=(60,)).start()
    return 1


@step
def count(items: list[int]) -> list[int]:
    return list(range(5000))


@step
def spoil(items: list[int], given: list[int]) -> int:
    items.clear()
    given.append(4)
    return len(given)


@step
def measure(items: list[int], given: list[int]) -> tuple[int, int]:
    return len(items), len(given)


@pipeline
def leaks() -> dict[str, object]:
    before = look("before")
    changed = change_everything.after(before)()
    thread = leave_a_thread.after(before)()
    return {"before": before, "after": look.after(thread)("after"), "changed": changed}


@pipeline
def inputs() -> tuple[int, int]:
    items, given = count([]), [1, 2, 3]
    return measure.after(spoil(items, given))(items, given)


@step
def write() -> Path:
    file = current_step().folder / "table.csv"
    file.write_text("a,b\n")
    return file


@step
def append(table: Path) -> int:
    with table.open("a") as file:
        file.write("1,2\n")
    return 1


@step
def read(table: Path) -> str:
    return table.read_text()


@pipeline
def files() -> str:
    table = write()
    return read.after(append(table))(table)


@step
def replace_functions(n: int) -> list[int]:
    for module, name in (
        (json, "loads"),
        (pickle, "loads"),
        (pickle, "dumps"),
        (os, "read"),
        (os, "write"),
        (time, "monotonic"),
    ):
        setattr(module, name, None)
    del os.dup2
    return [n, os.getpid()]


@step
def add_up(numbers: list[int]) -> dict[str, object]:
    print("adding up")
    return {"sum": numbers[0] + 1, "is the same worker": numbers[1] == os.getpid(), "functions": callable(json.loads)}


@pipeline
def replacing() -> dict[str, object]:
    return add_up(replace_functions(1))
