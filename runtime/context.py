"""Tell a running step where it is: its run, its name, and a folder to write files to."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, final

from .filenames import filename_of

if TYPE_CHECKING:
    from .datastores import Datastores
    from .events import Event


@final
class StepContext:
    """A step while it runs. ``run`` is None where the function is called as plain Python."""

    def __init__(
        self,
        step: str,
        run: str | None = None,
        attempt: int = 1,
        run_folder: Path | None = None,
        send: Callable[[Event], None] | None = None,
        datastores: Datastores | None = None,
    ) -> None:
        self.step = step
        self.run = run
        self.attempt = attempt
        self.run_folder = run_folder
        self.datastores = datastores
        """The datastores of the workspace, where an input of the step names data in one."""
        self._send = send
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        """A folder of this step's own, made at the first use. Files returned from here are moved, not copied."""
        if self._folder is None:
            import tempfile  # few steps ask for a folder

            parent = None if self.run_folder is None else self.run_folder / "scratch"
            if parent:
                parent.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=filename_of(self.step).replace("/", ".") + "-", dir=parent))
        return self._folder

    @property
    def has_folder(self) -> bool:
        """Whether the folder was asked for."""
        return self._folder is not None

    @property
    def is_tracked(self) -> bool:
        """Whether a run listens to what this step reports."""
        return self._send is not None

    def send(self, event: Event) -> None:
        """Report an event to the run; nothing happens outside one."""
        if self._send is not None:
            self._send(event)

    def __repr__(self) -> str:
        return f"<step {self.step!r} of run {self.run}>" if self.run else f"<step {self.step!r} outside a run>"


_CURRENT: ContextVar[StepContext | None] = ContextVar("penstock_step", default=None)
_RUNNING: list[StepContext] = []
"""The steps that run in this process. A thread that a step starts has no context; where one step runs, it is meant."""

_OUTSIDE = StepContext("plain-python")


def current_step() -> StepContext:
    """Return the step that is running; outside a run, one whose folder is temporary and whose reports are printed."""
    return _CURRENT.get() or (_RUNNING[0] if len(_RUNNING) == 1 else _OUTSIDE)


@final
class Entered:
    """Say which step runs, in this thread and in those that it starts. (A generator would take three times as long.)"""

    def __init__(self, context: StepContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._context)
        _RUNNING.append(self._context)

    def __exit__(self, *_: object) -> None:
        _RUNNING.remove(self._context)
        _CURRENT.reset(self._token)
