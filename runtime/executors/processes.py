"""Say what a slot needs of a worker process, whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from ..channels import WorkerListener

Ended: TypeAlias = Callable[[str], None]
"""Is told how a process ended, once, from a thread of its own: ``SIGKILL(-9)``, ``EXIT(3)``, or a sentence."""


class WorkerProcess(Protocol):
    """A worker process. ``kill`` ends it with all descendants and returns when it is gone; ``condemn`` begins that, if it can be begun."""

    @property
    def pid(self) -> int | None: ...

    @property
    def alive(self) -> bool: ...

    def condemn(self) -> None: ...

    def kill(self) -> None: ...


class Start(Protocol):
    """Starts a worker process that says its name to who listens, with some environment variables set."""

    def __call__(
        self, listener: WorkerListener, name: str, environment: Mapping[str, str], ended: Ended, /
    ) -> WorkerProcess: ...
