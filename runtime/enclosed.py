"""Run a part of a pipeline that depends on values inside one job: its graphs unfold here, in processes of this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import final

from ..compilers.graph import Graph, Literal, Node
from .artifacts import Artifact
from .driving import Drive
from .events import Event, FileLogged, MetricLogged, StepCompleted, StepFailed, StepStarted
from .executors.local import LocalExecutor
from .failures import Failure
from .invocation import load
from .plans import Plan
from .resolution import Values
from .resolved import Resolved, Stored
from .states import State
from .store import LocalStore, encode
from .tasks import Completed, Failed, Outcome
from .whereabouts import Whereabouts


def perform_enclosed(
    call: Graph, values: Values, store: LocalStore, folder: Path, report: Callable[[Event], None]
) -> Outcome:
    """Run the control node of a call and return how it ended; what its steps print is printed when they end."""
    (node,) = call.nodes
    folder.mkdir(parents=True, exist_ok=True)
    telling = _Telling(node, folder, report)
    plan = Plan("alone", call, Path.cwd(), folder, str(store.root), values.attached, folder / "cache")
    drive = Drive(plan, values, telling)
    executor = LocalExecutor(None, drive.report)
    try:
        state = drive.run(executor)
    finally:
        executor.close()
    if state is not State.COMPLETED or node.id not in values.made:
        return Failed(telling.failure or Failure(node.id, "RunError", f"the part {node.name!r} ended as {state}"))
    made = values.made[node.id]
    parts = {output.name: made if isinstance(made, Literal) else made[output.name] for output in node.outputs}
    return Completed({name: _artifact(part, store) for name, part in parts.items()}, telling.seconds)


def _artifact(made: Resolved, store: LocalStore) -> Artifact:
    if isinstance(made, Stored) and not made.path:
        return made.artifact
    return encode(load(made, store, Whereabouts(Path.cwd())), store)


@final
class _Telling:
    """Prints what the steps inside print, hands their metrics on, and keeps the first failure."""

    def __init__(self, node: Node, folder: Path, report: Callable[[Event], None]) -> None:
        self._node = node
        self._folder = folder
        self._report = report
        self._logs: dict[str, str] = {}
        self.failure: Failure | None = None
        self.seconds = 0.0

    def __call__(self, event: Event) -> None:
        """Take an event in."""
        if isinstance(event, MetricLogged | FileLogged):
            self._report(event)
        elif isinstance(event, StepStarted):
            self._logs[event.step] = event.log or ""
        elif isinstance(event, StepCompleted | StepFailed):
            self._print(event.step)
        if isinstance(event, StepCompleted):
            self.seconds += event.duration if event.step != self._node.id else 0.0
        if isinstance(event, StepFailed) and (self.failure is None or event.step == self._node.id):
            self.failure = self.failure or event.failure

    def _print(self, step: str) -> None:
        log = self._folder / self._logs.get(step, "")
        if self._logs.get(step) and log.exists():
            sys.stdout.write(f"==> {step} <==\n{log.read_text(encoding='utf-8', errors='replace')}")
            sys.stdout.flush()
