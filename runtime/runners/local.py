"""Run pipelines on this machine: tracked, in parallel, with every result kept."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from attrs import field, frozen

from ...compilers.lowering import Compiled, compile_pipeline
from ..events import Listener
from ..runs import Run
from ..workspace import Workspace
from .execution import Display, Execution, ExecutorName


@frozen(kw_only=True)
class Local:
    """How to run on this machine.

    ``jobs`` is how many steps run at a time (the number of processors by default). ``executor`` is ``"local"``, a
    process a slot, or ``"inline"``, one after the other in this process, which debuggers like. ``workspace`` is a
    workspace or the folder of one. With ``continue_on_failure`` what does not need a failed step still runs;
    ``raise_on_failure=False`` returns a failed run instead of raising RunFailed.
    """

    jobs: int | None = None
    workspace: Workspace | Path | str | None = None
    executor: ExecutorName = "local"
    experiment: str | None = None
    continue_on_failure: bool = False
    raise_on_failure: bool = True
    tags: Mapping[str, str] = field(factory=dict)
    display: Display = "auto"
    listeners: Sequence[Listener] = ()

    def run(self, pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
        """Compile a pipeline, run it with these parameters, and return the run when it has ended.

        Raises what compiling raises, MissingInput, and RunFailed with the user's exception as its cause.
        """
        return self.run_compiled(compile_pipeline(pipeline, args, kwargs))

    def submit(self, pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
        """Start a run and return at once; it goes on in this process until ``run.wait()`` says it ended."""
        return self.start(compile_pipeline(pipeline, args, kwargs))

    def run_compiled(self, compiled: Compiled) -> Run:
        """Run a graph to its end in this thread."""
        execution = Execution.prepare(self, compiled)
        with _stopped_by_sigterm():
            execution.execute()
        return execution.run.check() if self.raise_on_failure else execution.run

    def start(self, compiled: Compiled) -> Run:
        """Start a graph in a thread of its own."""
        execution = Execution.prepare(self, compiled)
        execution.start()
        return execution.run


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Turn SIGTERM into SystemExit while a run goes on in the main thread, so that its processes are stopped too."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
