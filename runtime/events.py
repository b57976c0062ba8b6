"""Say what happens during a run: the one stream that history, the terminal and the server listen to.

A listener is any callable that takes an event. Times are seconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias, Union

from attrs import field, frozen

from ..compilers.fingerprints import Manifest
from ..compilers.graph import Graph, Node
from .artifacts import Artifact
from .bases import Basis
from .failures import Failure
from .reports import FileLogged as FileLogged
from .reports import MetricLogged as MetricLogged
from .reports import Progressed as Progressed
from .states import State


@frozen(eq=False)
class RunStarted:
    """A run began. ``parameters`` are the values given, as short text; ``manifests`` are what fingerprints cover."""

    run: str
    graph: Graph
    experiment: str
    time: float
    parameters: Mapping[str, str] = field(factory=dict)
    tags: Mapping[str, str] = field(factory=dict)
    inputs: Mapping[str, Artifact] = field(factory=dict)
    manifests: Mapping[str, Manifest] = field(factory=dict, repr=False)


@frozen(eq=False)
class StepStarted:
    """An attempt at a step began in a process of this machine or another; ``reason`` says why it was not reused."""

    step: str
    time: float
    attempt: int = 1
    pid: int | None = None
    log: str | None = None
    reason: str = ""


@frozen(eq=False)
class StepUnfolded:
    """A control node began, or went on, with instances of the graphs in it: ``nodes`` are theirs, ``places`` which item or round each is of.

    ``note`` says why these. Nodes of a branch that was not taken are among them, and are told to be skipped.
    """

    step: str
    time: float
    nodes: tuple[Node, ...]
    places: tuple[int | None, ...]
    note: str = ""


@frozen(eq=False)
class StepCompleted:
    """A step ended well, with its outputs by name. ``duration`` is the last attempt's, in seconds.

    ``basis`` is what the outputs follow from, where it could be identified.
    """

    step: str
    time: float
    outputs: Mapping[str, Artifact]
    duration: float = 0.0
    basis: Basis | None = None


@frozen(eq=False)
class StepReused:
    """A step's outputs were taken from ``run``, which saved so many seconds; of this run, for a call made twice.

    ``key`` identifies the call; ``result`` is the number of the result in the history, None for one of this run.
    """

    step: str
    time: float
    outputs: Mapping[str, Artifact]
    run: str
    saved: float = 0.0
    key: str | None = None
    result: int | None = None


@frozen(eq=False)
class StepRetried:
    """An attempt failed and the step will be tried again after ``delay`` seconds."""

    step: str
    time: float
    attempt: int
    failure: Failure
    delay: float = 0.0


@frozen(eq=False)
class StepFailed:
    """A step failed for good."""

    step: str
    time: float
    failure: Failure
    duration: float = 0.0


@frozen(eq=False)
class StepSkipped:
    """A step did not run, and why: the name of the failed or skipped step that it waits for."""

    step: str
    time: float
    reason: str
    state: State = State.SKIPPED


@frozen(eq=False)
class RunEnded:
    """A run ended. ``problem`` says why where no step is to blame. ``outputs`` are not repeated: see the steps."""

    run: str
    time: float
    state: State
    problem: str = ""


Event: TypeAlias = Union[
    RunStarted,
    StepStarted,
    StepUnfolded,
    StepCompleted,
    StepReused,
    StepRetried,
    StepFailed,
    StepSkipped,
    MetricLogged,
    FileLogged,
    Progressed,
    RunEnded,
]


class Listener(Protocol):
    """Anything that wants to know. It is called in the run's own thread, in order, and should return at once."""

    def __call__(self, event: Event, /) -> None: ...
