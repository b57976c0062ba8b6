"""Admit steps to this machine: no more at a time than their processors, memory and GPUs allow."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, final

import attrs
from attrs import frozen

from ..compilers.graph import Graph, Resources
from ..compilers.traversal import nodes_within
from .amounts import size
from .errors import RunError

_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_DRIVER: Final = "/proc/driver/nvidia/gpus"
"""Where NVIDIA's driver lists the cards of a Linux machine, a folder each."""

_GPUS: Final = "CUDA_VISIBLE_DEVICES"


@frozen
class Machine:
    """What there is to share out: processors, bytes of memory (None where nobody asks), and GPUs by their names for CUDA."""

    cpus: float
    memory: int | None = None
    gpus: tuple[str, ...] = ()


ANYWHERE: Final = Machine(math.inf, sys.maxsize)
"""What admits every step at once: somebody else shares out the machines, and their GPUs."""


def this_machine(graph: Graph) -> Machine:
    """Look at what this process may use, as far as the nodes of a graph ask for it."""
    asked = [node.options.resources for node in nodes_within(graph)]
    return Machine(
        processors(),
        _memory() if any(one.memory for one in asked) else None,
        tuple(_gpus()) if any(one.gpus for one in asked) else (),
    )


def processors() -> int:
    """Return how many processors this process may use."""
    available = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(available(0)) if available else os.cpu_count() or 1


def _memory() -> int:
    import psutil

    return min([int(psutil.virtual_memory().total), *_limits()])


def _limits() -> Iterator[int]:
    for path in map(Path, _CGROUP_LIMITS):
        text = path.read_text().strip() if path.exists() else ""
        if text.isdecimal():  # "max" means none
            yield int(text)


def _gpus() -> Iterator[str]:
    told = os.environ.get(_GPUS)
    if told is not None:
        yield from (name.strip() for name in told.split(",") if name.strip() not in ("", "-1"))
    elif Path(_DRIVER).is_dir():
        yield from (str(number) for number in range(len(list(Path(_DRIVER).iterdir()))))


@final
class Admission:
    """The shares of a machine that running steps hold. A step that asks for nothing needs a slot only."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._cpus = machine.cpus
        self._memory = machine.memory or 0
        self._gpus = list(machine.gpus)
        self._held: dict[str, tuple[Resources, tuple[str, ...]]] = {}

    def fits(self, asked: Resources) -> bool:
        """Say whether a step may start now. What the whole machine does not have is clipped to what it has."""
        if not _asks(asked):
            return True
        need = clipped(asked, self._machine)
        return (need.cpus or 0) <= self._cpus and (need.memory or 0) <= self._memory and need.gpus <= len(self._gpus)

    def take(self, step: str, asked: Resources) -> tuple[str, ...]:
        """Give a step its share, and return the GPUs that are its own."""
        if not _asks(asked):
            return ()
        need = clipped(asked, self._machine)
        gpus, self._gpus = tuple(self._gpus[: need.gpus]), self._gpus[need.gpus :]
        self._cpus -= need.cpus or 0
        self._memory -= need.memory or 0
        self._held[step] = need, gpus
        return gpus

    def give_back(self, step: str) -> None:
        """Take a share back from a step that has ended."""
        if step not in self._held:
            return  # it has asked for nothing
        need, gpus = self._held.pop(step)
        self._cpus += need.cpus or 0
        self._memory += need.memory or 0
        self._gpus = sorted([*self._gpus, *gpus], key=self._machine.gpus.index)


def _asks(asked: Resources) -> bool:
    return asked.cpus is not None or asked.memory is not None or asked.gpus > 0


def clipped(asked: Resources, machine: Machine) -> Resources:
    """Return what of a request a machine can give at all."""
    cpus = None if asked.cpus is None else min(asked.cpus, machine.cpus)
    memory = None if asked.memory is None else min(asked.memory, machine.memory or 0)
    return attrs.evolve(asked, cpus=cpus, memory=memory, gpus=min(asked.gpus, len(machine.gpus)))


def shortages(graph: Graph, machine: Machine) -> Mapping[str, str]:
    """Say, for each step that asks for more than the machine has, what is missing; the first of each name."""
    found: dict[str, str] = {}
    for node in nodes_within(graph):
        missing = "; ".join(_missing(node.options.resources, machine))
        if missing and node.name not in found:
            found[node.name] = missing
    return found


def _missing(asked: Resources, machine: Machine) -> Iterator[str]:
    if asked.cpus is not None and asked.cpus > machine.cpus:
        yield f"cpus={asked.cpus:g}, and {machine.cpus:g} are here"
    if asked.memory is not None and asked.memory > (machine.memory or 0):
        yield f"memory={size(asked.memory)}, and {size(machine.memory or 0)} are here"
    if asked.gpus > len(machine.gpus):
        yield f"gpus={asked.gpus}, and {len(machine.gpus) or 'none'} are here"
    if asked.nodes > 1:
        yield f"nodes={asked.nodes}, and this is one machine"


def refuse(found: Mapping[str, str]) -> None:
    """Raise RunError for steps that ask for more than this machine has."""
    if found:
        told = "; ".join(f"step {name!r} asks for {missing}" for name, missing in found.items())
        raise RunError(f"{told}. Ask for less, run elsewhere, or leave strict_resources away and it is clipped")
