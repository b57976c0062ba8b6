"""Ask about runs: what ``penstock.explain``, ``penstock.compare`` and ``penstock.replay`` do. What answers is loaded when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import runtime
from . import runners

if TYPE_CHECKING:
    from .comparisons import Comparison
    from .runners.explaining import Explanation
    from .runners.replaying import Replay
    from .runs import Run
    from .workspace import Workspace


def explain(
    subject: Run | Callable[..., object], *args: Any, workspace: Workspace | str | None = None, **kwargs: Any
) -> Explanation:
    """Explain a run that has ended; or a pipeline with its parameters, without running anything.

    Before a run, a step that waits for one that will run is said to depend on it: it is reused if the result stays the same.
    Raises what compiling raises.
    """
    return runners.explained(subject, args, kwargs, workspace)


def compare(before: Run | str, after: Run | str, *, workspace: Workspace | None = None) -> Comparison:
    """Compare two runs, given as such or by what :meth:`Run.get` understands. Raises RunNotFound.

    Of runs out of the history nothing is imported.
    """
    return runtime.compared(before, after, workspace)


def replay(run: Run | str, step: str, *, attempt: int | None = None, workspace: Workspace | None = None) -> Replay:
    """Run one step of a run again in this process, with its stored inputs and today's code. Nothing is recorded.

    ``attempt`` is the number that the step is told; by default that of its last attempt. Raises what the step raises,
    RunNotFound, StepNotFound, and RunError where an input or the function cannot be had.
    """
    return runners.replayed(run, step, attempt, workspace)
