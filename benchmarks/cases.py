"""List what is measured: which work, by whom, beside what, and what is aimed at."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from figures import Figures, at_size, linear_memory, median, ratio

DRIVERS = Path(__file__).parent / "drivers"

OURS = "Penstock"
MEMORY = "joblib.Memory"
WITH_WORKERS = "joblib.Parallel, 2 workers"
INTERPRETER = "floor: a bare interpreter"
MAPPED = "floor: written once and mapped"
POOL = "floor: a bare process pool"
IN_PARALLEL = "joblib.Memory in Parallel"

RESOLVED = 1.3
"""A ratio that counts as one: smaller differences are lost in what else a machine does."""


@frozen
class Work:
    """A command for Python, in the environment of a peer where one is named.

    ``prints`` is what it must print; without, it prints its figures as JSON, and has checked its result itself.
    """

    arguments: tuple[str, ...]
    peer: str | None = None
    prints: str | None = None

    def command(self, python: Path | str = sys.executable) -> tuple[str, ...]:
        """Return the command line."""
        return (str(python), *self.arguments)


@frozen
class Contender:
    """Who does the work. What is done ``before`` is done once, in the folder in which all rounds are done then."""

    name: str
    work: Work
    before: Work | None = None
    on_terminal: bool = False


@frozen
class Measure:
    """One column: which figure of a sample, its unit, and what it is multiplied by for that."""

    key: str
    unit: str
    scale: float = 1.0


SECONDS = Measure("seconds", "s")
WALL = Measure("seconds", "ms", 1000.0)
PEAK = Measure("peak", "MiB, all processes")
RESIDENT = Measure("resident", "MiB, this process")


@frozen
class Case:
    """Something that is measured; ratios are to the ``baseline``. ``kind`` says when: "short", "long" or "huge".

    A sample is the quickest of ``tries``: the work itself takes no longer, what is more is the machine's.
    """

    name: str
    title: str
    contenders: tuple[Contender, ...]
    baseline: str
    measures: tuple[Measure, ...] = (SECONDS,)
    kind: str = "short"
    repeats: int = 1
    tries: int = 1
    note: str = ""


@frozen
class Sizes:
    """How much work: steps, seconds of a step, numbers of an array, starts of a process in a round."""

    chain: int = 1_000
    long: int = 10_000
    huge: int = 100_000
    busy: int = 8
    busy_each: float = 1.0
    array: int = 2**27
    starts: int = 7
    watched: int = 1_000
    watched_busy: int = 200
    watched_each: float = 0.01


TINY = Sizes(
    chain=5,
    long=8,
    huge=10,
    busy=3,
    busy_each=0.01,
    array=2**17,
    starts=1,
    watched=5,
    watched_busy=5,
    watched_each=0.001,
)


def call(driver: str, function: str, peer: str | None = None, **arguments: Any) -> Work:
    """Call a function of a driver."""
    return Work((str(DRIVERS / "launch.py"), driver, function, json.dumps(arguments)), peer)


def peers(function: str, before: str | None = None, **arguments: Any) -> Iterator[Contender]:
    """Let each tool that has an environment of its own do the work."""
    for name, driver in (("doit", "doit"), ("Luigi", "luigi"), ("Kedro", "kedro"), ("Hamilton", "hamilton")):
        first = call(f"with_{driver}", before, driver, **arguments) if before else None
        yield Contender(name, call(f"with_{driver}", function, driver, **arguments), first)


def chains(sizes: Sizes) -> Iterator[Case]:
    """Steps of which each needs the one before."""
    for name, size, kind in (("chain", sizes.chain, "short"), ("long-chain", sizes.long, "long")):
        yield Case(
            name,
            f"A chain of {size:,} steps, each result kept",
            (
                Contender(OURS, call("with_penstock", "chain", size=size)),
                Contender(MEMORY, call("with_joblib", "chain", size=size)),
                Contender("floor: a loop, a commit a step", call("with_plain", "chain", size=size)),
                Contender("floor: a bare loop", call("with_plain", "loop", size=size)),
                *(peers("chain", size=size) if kind == "short" else ()),
            ),
            MEMORY,
            (Measure("seconds", "ms a step", 1000 / size),),
            kind,
        )


def fan_outs(sizes: Sizes) -> Iterator[Case]:
    """Independent steps and their join, on two workers."""
    size = sizes.chain
    yield Case(
        "fan-out",
        f"{size:,} steps and one that joins them, on 2 workers, each result kept",
        (
            Contender(OURS, call("with_penstock", "fan_out", size=size)),
            Contender(IN_PARALLEL, call("with_joblib", "fan_out", size=size)),
            Contender("floor: bare loky submits", call("with_loky", "fan_out", size=size)),
            *peers("fan_out", size=size),
        ),
        IN_PARALLEL,
        note="The workers are started within the time. joblib sends calls in batches; bare loky keeps nothing.",
    )


def firsts(sizes: Sizes) -> Iterator[Case]:
    """Independent steps of which nothing is kept yet."""
    size = sizes.chain
    yield Case(
        "first-run",
        f"The first run of {size:,} independent steps whose results can be reused later",
        (
            Contender(OURS, call("with_penstock", "independent", size=size)),
            Contender(MEMORY, call("with_joblib", "independent", size=size)),
            Contender("floor: a commit a step", call("with_plain", "independent", size=size)),
            *peers("independent", size=size),
        ),
        MEMORY,
        note="Penstock works on two workers, which it starts within the time; the others work in their own process.",
    )


def reruns(sizes: Sizes) -> Iterator[Case]:
    """Steps that are all reused, in a new process."""
    for name, size, kind in (
        ("rerun", sizes.chain, "short"),
        ("long-rerun", sizes.long, "long"),
        ("huge-rerun", sizes.huge, "huge"),
    ):
        first = {"driver": "with_penstock", "function": "independent", "size": size}
        contenders = [
            Contender(OURS, call("with_penstock", "reused", size=size), call(**first)),
            *(
                Contender(title, call(driver, "independent", size=size), call(driver, "independent", size=size))
                for title, driver in ((MEMORY, "with_joblib"), ("floor: a query a step", "with_plain"))
            ),
            *(peers("reused", "independent", size=size) if kind == "short" else ()),
        ]
        yield Case(
            name,
            f"A run of {size:,} independent steps that are all reused, in a new process",
            tuple(contenders),
            MEMORY,
            (SECONDS, RESIDENT),
            kind,
            note="Seconds in the call, imports left out. Kedro looks only whether the files are there, not at code or inputs.",
        )


def busy(sizes: Sizes) -> Case:
    """Steps that compute."""
    arguments = {"size": sizes.busy, "each": sizes.busy_each}
    return Case(
        "cpu-bound",
        f"{sizes.busy} CPU-bound steps of {sizes.busy_each:g} s on 2 workers",
        (
            Contender(OURS, call("with_penstock", "cpu_bound", **arguments)),
            Contender(IN_PARALLEL, call("with_joblib", "cpu_bound", **arguments)),
            Contender(POOL, call("with_plain", "cpu_bound", **arguments)),
        ),
        POOL,
        note="A step computes for that much time of its processor, however many others want it.",
    )


def arrays(sizes: Sizes) -> Case:
    """A large value that several steps read."""
    length = sizes.array
    return Case(
        "array",
        f"One step makes an array of {length * 8 / 2**20:,.0f} MiB, four read all of it, on 2 workers",
        (
            Contender(OURS, call("with_penstock_array", "array", length=length)),
            Contender("joblib.Memory, mapped", call("with_joblib", "array", length=length)),
            Contender(MAPPED, call("with_plain", "array", length=length)),
        ),
        MAPPED,
        (SECONDS, PEAK),
        tries=5,
        note="Each sample is the quickest of five: a virtual machine that takes its memory from its host page by page needs from "
        "0.4 to 5 s for the same work. Memory is the proportional set size of all processes together, looked at every 0.05 s. The "
        "floor computes no digest of what it writes; Penstock does so on the other processor meanwhile.",
    )


def starts(sizes: Sizes) -> Iterator[Case]:
    """Whole processes."""
    yield Case(
        "import",
        "Starting Python, and importing",
        (
            Contender("import penstock", Work(("-c", "import penstock"), prints="")),
            Contender("import attrs", Work(("-c", "import attrs"), prints="")),
            Contender("import joblib", Work(("-c", "import joblib"), prints="")),
            Contender(INTERPRETER, Work(("-c", "pass"), prints="")),
        ),
        INTERPRETER,
        (WALL,),
        repeats=sizes.starts,
    )
    one = str(DRIVERS / "one_step_joblib.py")
    yield Case(
        "one-step",
        "A whole program of one step",
        (
            Contender(OURS, Work((str(DRIVERS / "one_step_penstock.py"),), prints="49")),
            Contender(WITH_WORKERS, Work((one, "2"), prints="49")),
            Contender("joblib.Parallel, no worker", Work((one, "1"), prints="49")),
            Contender(INTERPRETER, Work(("-c", "print(49)"), prints="49")),
        ),
        WITH_WORKERS,
        (WALL,),
        repeats=sizes.starts,
        note="Penstock compiles, runs the step in a process of its own, keeps the result and records the run, with what "
        "was installed and on which machine; joblib keeps and records nothing.",
    )


def watching(sizes: Sizes) -> Iterator[Case]:
    """What it costs to see and to know what happens."""
    for name, size, each in (
        ("watching", sizes.watched_busy, sizes.watched_each),
        ("watching-tiny", sizes.watched, 0.0),
    ):
        arguments = {"size": size, "each": each}
        length = f"that compute for {1000 * each:g} ms" if each else "that do nothing"
        yield Case(
            name,
            f"Live display, history and logs of {size:,} steps {length}, on 2 workers",
            (
                Contender("with all", call("with_penstock", "watched", **arguments), on_terminal=True),
                Contender("with none", call("with_penstock", "unwatched", **arguments), on_terminal=True),
            ),
            "with none",
            note="With all, each step prints a line, the live tree is drawn on a terminal, and the history is written. "
            "With none, neither; that each worker's output is led to a log cannot be switched off.",
        )


def cases(sizes: Sizes) -> dict[str, Case]:
    """Return every case by its name."""
    every = (
        *chains(sizes), *fan_outs(sizes), *firsts(sizes), *reruns(sizes), busy(sizes), arrays(sizes), *starts(sizes),
        *watching(sizes),
    )  # fmt: skip
    return {case.name: case for case in every}


def without_peers(case: Case) -> Case:
    """Leave out who needs an environment of its own."""
    return evolve(case, contenders=tuple(one for one in case.contenders if one.work.peer is None))


@frozen
class Aim:
    """What is wanted: a value, that is at most a bound. None where what it needs was not measured.

    Pictures show the bound where it is a multiple of a ``baseline`` of the same case, or is in the unit of a measure.
    """

    case: str
    what: str
    at_most: float
    value: Callable[[Figures], float | None]
    unit: str = "×"
    baseline: str | None = None


def aim(case: str, what: str, at_most: float, baseline: str, contender: str = OURS) -> Aim:
    """Aim at a ratio of two contenders' seconds in one case."""
    return Aim(case, what, at_most, lambda all_: ratio(all_, case, contender, baseline), baseline=baseline)


AIMS = (
    aim("chain", "chain of 1,000, to joblib.Memory", 0.12, MEMORY),
    Aim(
        "long-chain",
        "chain of 10,000, a step, to one of 1,000",
        RESOLVED,
        lambda all_: at_size(all_, ("long-chain", 10_000), ("chain", 1_000), OURS),
    ),
    aim("fan-out", "fan-out of 1,000 and join, to joblib.Memory in Parallel", 0.45, IN_PARALLEL),
    aim("rerun", "1,000 steps all reused, to joblib.Memory", 0.15, MEMORY),
    aim("long-rerun", "10,000 steps all reused, to joblib.Memory", 0.3, MEMORY),
    Aim(
        "huge-rerun",
        "100,000 steps all reused, a step, to 10,000",
        RESOLVED,
        lambda all_: at_size(all_, ("huge-rerun", 100_000), ("long-rerun", 10_000), OURS),
    ),
    Aim(
        "huge-rerun",
        "memory of a further step, from 10,000 to 100,000, to from 1,000 to 10,000",
        RESOLVED,
        lambda all_: linear_memory(all_, ("rerun", 1_000), ("long-rerun", 10_000), ("huge-rerun", 100_000), OURS),
    ),
    aim("cpu-bound", "8 CPU-bound steps of 1 s, to a bare pool", 1.05, POOL),
    aim("array", "1 GiB array and four readers, to writing once and mapping", 1.1, MAPPED),
    Aim(
        "array",
        "1 GiB array and four readers, memory of all processes",
        1.1 * 1024,
        lambda all_: median(all_, "array", OURS, "peak"),
        PEAK.unit,
    ),
    aim("import", "import penstock, to a bare interpreter", 6.0, INTERPRETER, "import penstock"),
    aim("one-step", "a program of one step, to one of one Parallel call", 0.8, WITH_WORKERS),
    aim("watching", "live display, history and logs of steps of 10 ms", 1.1, "with none", "with all"),
    aim("watching-tiny", "live display, history and logs of steps that do nothing", 1.1, "with none", "with all"),
)
