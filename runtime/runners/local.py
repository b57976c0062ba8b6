"""Run a graph on this machine: tracked, in parallel, with every result kept."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from types import FrameType
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from ...compilers import graph as ir
from ...compilers.lowering import Compiled, compile_pipeline
from ...compilers.values import is_plain
from ..artifacts import Artifact
from ..channels import ReportsListener
from ..driving import Drive, Plan
from ..events import Event, Listener, RunEnded, RunStarted
from ..executors import Executor
from ..functions import packed_with_module
from ..history.identifiers import new_run_id
from ..history.records import RunRecord
from ..resolution import Values, check_inputs
from ..resolved import Stored
from ..runs import Run
from ..states import State
from ..store import ArtifactStore, encode, open_store
from ..tracking import LiveRecords, Tracker
from ..workspace import Workspace

ExecutorName: TypeAlias = Literal["local", "inline"]
ParameterValue: TypeAlias = ir.Literal | Stored
Display: TypeAlias = Literal["auto", "tree", "lines", "none"]


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


class Execution:
    """One run of a graph on this machine, from its first event to its last."""

    def __init__(
        self, config: Local, plan: Plan, values: Values, parameters: Mapping[str, str], workspace: Workspace
    ) -> None:
        self._config = config
        self._plan = plan
        self._parameters = parameters
        self._workspace = workspace
        self._experiment = config.experiment or plan.graph.name
        self._tracker = Tracker()
        self._drive = Drive(plan, values, self._emit)
        self._ended = threading.Event()
        self._listeners: list[Listener] = []
        first = RunRecord(
            plan.run, plan.graph.name, self._experiment, State.PENDING, time.time(), parameters=parameters
        )
        self.run = Run(
            plan.run,
            plan.graph,
            LiveRecords(self._tracker, first),
            open_store(plan.store),
            plan.folder,
            root=plan.root,
            values=values,
            progressing=self,
        )

    @classmethod
    def prepare(cls, config: Local, compiled: Compiled) -> Execution:
        """Make the run's folder and store the values that are not in the graph. Raises MissingInput."""
        check_inputs(compiled.graph, compiled.inputs)
        workspace = config.workspace if isinstance(config.workspace, Workspace) else Workspace.open(config.workspace)
        run_id = new_run_id(time.time())
        store = open_store(workspace.store_location)
        graph = compiled.graph
        attached = {key: _store_attached(value, store) for key, value in graph.attachments.items()}
        given = {
            parameter.name: _default(parameter, attached)
            for parameter in graph.parameters
            if parameter.default is not None
        }
        given |= {name: _given(value, store) for name, value in compiled.inputs.items()}
        plan = Plan(
            run=run_id,
            graph=graph,
            root=compiled.root,
            folder=workspace.run_folder(run_id),
            store=workspace.store_location,
            payloads=attached,
            continue_on_failure=config.continue_on_failure,
        )
        return cls(config, plan, Values(given, attached, {}), _described(given), workspace)

    def execute(self) -> None:
        """Run to the end in this thread. Raises KeyboardInterrupt and SystemExit after everything has been stopped."""
        with contextlib.ExitStack() as closing:
            closing.callback(self._ended.set)
            self._listeners = [self._tracker, *self._listen(closing), *self._config.listeners]
            plan = self._plan
            tags = self._config.tags
            self._emit(RunStarted(plan.run, plan.graph, self._experiment, time.time(), self._parameters, tags))
            try:
                state, problem = self._drive_to_end(closing), ""
            except BaseException as error:
                self._emit(
                    RunEnded(
                        plan.run, time.time(), State.CANCELLED, f"the driver was stopped by {type(error).__name__}"
                    )
                )
                raise
            self._emit(RunEnded(plan.run, time.time(), state, problem))

    def start(self) -> None:
        """Run to the end in a thread of its own."""
        threading.Thread(target=self.execute, name=f"penstock-run-{self._plan.run}").start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended, and say whether it has. Ctrl-C cancels the run."""
        try:
            return self._ended.wait(timeout)
        except KeyboardInterrupt:
            self.cancel("interrupted by Ctrl-C")
            self._ended.wait()
            raise

    def cancel(self, reason: str) -> None:
        """Ask the run to stop."""
        self._drive.cancel(reason)

    def _drive_to_end(self, closing: contextlib.ExitStack) -> State:
        executor = self._executor(closing)
        try:
            return self._drive.run(executor)
        except BaseException as error:
            self._drive.stop(executor, f"the driver was stopped by {type(error).__name__}")
            raise

    def _executor(self, closing: contextlib.ExitStack) -> Executor:
        if self._config.executor == "inline":
            from ..executors.inline import InlineExecutor

            return InlineExecutor(self._drive.report)
        from ..executors.local import LocalExecutor

        reports = ReportsListener(self._drive.report)
        closing.callback(reports.close)
        executor = LocalExecutor(self._config.jobs, reports.address)
        closing.callback(executor.close)
        return executor

    def _listen(self, closing: contextlib.ExitStack) -> Iterator[Listener]:
        recorder = self._workspace.recorder()
        closing.callback(recorder.close)
        yield recorder
        if self._config.display != "none":
            from ..terminal import display

            shown = display(self._config.display, sys.stderr)
            closing.callback(shown.close)
            yield shown

    def _emit(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)


def _store_attached(value: object, store: ArtifactStore) -> Artifact:
    with packed_with_module(value) if callable(value) else contextlib.nullcontext():
        return encode(value, store)


def _default(parameter: ir.Parameter, attached: Mapping[str, Artifact]) -> ParameterValue:
    default = parameter.default
    return (
        Stored(attached[default.key])
        if isinstance(default, ir.Attached)
        else ir.Literal(default.value if default else None)
    )


def _given(value: object, store: ArtifactStore) -> ParameterValue:
    value = _absolute(value)
    return ir.Literal(value) if is_plain(value) else Stored(encode(value, store))


def _absolute(value: Any) -> Any:
    """Make the paths that somebody gave absolute: they are relative to where the run was started."""
    if isinstance(value, PurePath):
        return Path.cwd() / value
    if type(value) in (list, tuple):
        return type(value)(map(_absolute, value))
    if type(value) is dict:
        return {key: _absolute(item) for key, item in value.items()}
    return value


def _described(values: Mapping[str, ParameterValue]) -> dict[str, str]:
    return {
        name: value.artifact.summary if isinstance(value, Stored) else repr(value.value)
        for name, value in values.items()
    }


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
