"""Carry out one run on this machine, from its first event to its last."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ...compilers import fingerprints
from ...compilers.fingerprints import Manifest
from ...compilers.graph import Graph
from ...compilers.lowering import Compiled
from ...compilers.traversal import nodes_within
from .. import clusters, executors
from ..admission import ANYWHERE, refuse, shortages, this_machine
from ..audiences import Audience
from ..auditing import warn_undeclared
from ..driving import Drive
from ..errors import RunError
from ..events import Event, Listener, RunEnded, RunStarted
from ..executors import Executor
from ..executors.kept import KeptWorkers
from ..executors.local import LocalExecutor
from ..functions import check_not_importing
from ..history.records import RunRecord
from ..interruptions import Terminated
from ..plans import Plan
from ..reuse import ReuseWarning
from ..runs import Run
from ..states import State
from ..stoppers import word_left
from ..terminal import display
from ..tracking import LiveRecords, Tracker
from ..workspace import Workspace
from .choices import Display, ExecutorName
from .exits import hold_exit, release_exit
from .preparing import Prepared, prepare


class Elsewhere(Protocol):
    """A place where steps run that name a compute target, such as a workspace of Azure."""

    def executor(
        self, here: Executor, graph: Graph, manifests: Mapping[str, Manifest], report: Callable[[Event], None], /
    ) -> Executor: ...


class Cluster(Protocol):
    """Machines that perform the steps of a run, and share themselves out among them; ``open`` is asked once for each executor."""

    def open(
        self,
        plan: Plan,
        manifests: Mapping[str, Manifest],
        jobs: int | None,
        report: Callable[[Event], None],
        /,
    ) -> Executor: ...


class Config(Protocol):
    """How to run; see :class:`penstock.runtime.runners.local.Local`."""

    @property
    def jobs(self) -> int | None: ...
    @property
    def workspace(self) -> Workspace | Path | str | None: ...
    @property
    def executor(self) -> ExecutorName | Cluster: ...
    @property
    def experiment(self) -> str | None: ...
    @property
    def continue_on_failure(self) -> bool: ...
    @property
    def regenerate_outputs(self) -> bool | Sequence[str]: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def display(self) -> Display: ...
    @property
    def listeners(self) -> Sequence[Listener]: ...
    @property
    def audit(self) -> bool: ...
    @property
    def strict_resources(self) -> bool: ...
    @property
    def on_end(self) -> Callable[[Run], object] | None: ...
    @property
    def run_id(self) -> str | None: ...
    @property
    def kept_workers(self) -> KeptWorkers | None: ...
    @property
    def remote(self) -> Elsewhere | None: ...


class ResourcesWarning(UserWarning):
    """A step asks for more than this machine has, and is given what there is. ``Local(strict_resources=True)`` refuses."""


class Execution:
    """One run of a graph on this machine, from its first event to its last."""

    def __init__(self, config: Config, plan: Plan, prepared: Prepared) -> None:
        self._config = config
        self._plan = plan
        self._given = given = prepared.given
        self._workspace = prepared.workspace
        self._manifests = prepared.compiled.manifests
        self._fingerprinter = prepared.fingerprinter
        self._experiment = config.experiment or plan.graph.name
        self._tracker = Tracker()
        self._emit = Audience(self._tracker)
        values = given.values()
        self._drive = Drive(plan, values, self._emit)
        self._emit.break_off = self._drive.break_off
        self._ended = threading.Event()
        self._broken: BaseException | None = None
        first = RunRecord(
            plan.run, plan.graph.name, self._experiment, State.PENDING, time.time(), parameters=given.texts()
        )
        self.run = Run(
            plan.run,
            plan.graph,
            LiveRecords(self._tracker, first),
            prepared.store,
            plan.folder,
            root=plan.root,
            datastores=plan.datastores,
            values=values,
            progressing=self,
        )

    @classmethod
    def prepare(cls, config: Config, compiled: Compiled) -> Execution:
        """Make the run's folder and store the values that are not in the graph. Raises MissingInput."""
        check_not_importing()
        machine = this_machine(compiled.graph) if _cluster(config) is None else ANYWHERE
        away = {node.name for node in nodes_within(compiled.graph) if node.options.compute} if config.remote else set()
        found = {} if machine is ANYWHERE else shortages(compiled.graph, machine)
        missing = {name: what for name, what in found.items() if name not in away}
        if config.strict_resources:
            refuse(missing)
        for name, what in missing.items():
            told = f"step {name!r} asks for {what}; it gets what there is"
            warnings.warn(told, ResourcesWarning, stacklevel=2)
        prepared = prepare(compiled, config.workspace, config.regenerate_outputs)
        run_id = config.run_id or prepared.workspace.new_run()
        plan = Plan(
            run=run_id,
            graph=prepared.compiled.graph,
            root=prepared.compiled.root,
            folder=prepared.workspace.run_folder(run_id),
            store=str(prepared.workspace.store_location),
            cache=prepared.workspace.cache_folder,
            datastores=lambda: prepared.workspace.datastores,
            payloads=prepared.given.attached,
            continue_on_failure=config.continue_on_failure,
            reuse=prepared.reuse,
            machine=machine,
            audit=config.audit,
            covered=_covered(prepared) if config.audit else {},
        )
        return cls(config, plan, prepared)

    def execute(self) -> None:
        """Run to the end in this thread. Raises KeyboardInterrupt and SystemExit after everything has been stopped."""
        with contextlib.ExitStack() as closing:
            closing.push(self._note_end)
            self._emit.others = [*self._listen(closing), *self._config.listeners]
            plan = self._plan
            given, tags = self._given, self._config.tags
            started = RunStarted(
                plan.run,
                plan.graph,
                self._experiment,
                time.time(),
                given.texts(),
                tags,
                given.artifacts(),
                self._manifests,
            )
            try:
                state, problem = self._drive_to_end(started, closing), self._drive.problem
            except BaseException as error:
                why = self._why(error)
                self._emit(RunEnded(plan.run, time.time(), State.CANCELLED, why))
                self._notify()
                self._tell_interrupted(error, why)
                raise
            self._emit(RunEnded(plan.run, time.time(), state, problem))
        warn_undeclared(self._drive.undeclared)
        if self._config.executor == "inline" and self._tracker.counts()[State.COMPLETED]:
            self._warn_of_drift()  # elsewhere a step changes its own copy
        self._notify()
        if self._emit.ending is not None:  # too late to stop anything
            raise self._emit.ending

    def _tell_interrupted(self, error: BaseException, why: str) -> None:
        """Say on the last line of a program that Ctrl-C ends what has become of its run."""
        if type(error) is KeyboardInterrupt and not error.args:
            error.args = (
                f"run {self._plan.run} was cancelled: {why}; run it again to go on: what has finished is reused",
            )

    def _warn_of_drift(self) -> None:
        """Warn of globals that count for a step and that have changed since: what was kept may not follow from them."""
        for drift in fingerprints.drifted(self._fingerprinter, self._manifests.values()):
            warnings.warn(
                f"a global changed while the run went on: {drift}. Results were kept under its first value, so a later run may "
                "compute what this one reused: do not change globals in steps, pass what changes as an argument",
                ReuseWarning,
                stacklevel=2,
            )

    def _notify(self) -> None:
        """Tell whoever wants to know of the end. What goes wrong there is said, and changes nothing."""
        if self._config.on_end is None:
            return
        try:
            self._config.on_end(self.run)
        except Exception as error:
            warnings.warn(f"on_end={self._config.on_end!r} failed: {error!r}", RuntimeWarning, stacklevel=2)

    def start(self) -> None:
        """Run to the end in a thread of its own. When the main program ends before, the interpreter waits for it."""
        hold_exit(self, pools=self._config.executor == "joblib")
        threading.Thread(target=self._execute_apart, name=f"penstock-run-{self._plan.run}").start()

    def _execute_apart(self) -> None:
        """Run in a thread: there is nobody to raise to until somebody waits."""
        try:
            with contextlib.suppress(BaseException):  # it is noted
                self.execute()
        finally:
            release_exit(self)

    def _note_end(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._broken = error
        self._ended.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended, and say whether it has. Ctrl-C cancels the run.

        Raises RunError when the run was broken off by an error outside its steps.
        """
        try:
            ended = self._ended.wait(timeout)
        except KeyboardInterrupt as error:
            why = self._why(error)
            self.cancel(why)
            self._ended.wait()
            self._tell_interrupted(error, why)
            raise
        if self._broken is not None:
            raise RunError(f"run {self._plan.run} was broken off: {self._broken!r}") from self._broken
        return ended

    def cancel(self, reason: str) -> None:
        """Ask the run to stop."""
        self._drive.cancel(reason)

    def _drive_to_end(self, started: RunStarted, closing: contextlib.ExitStack) -> State:
        try:
            self._emit(started)
            return self._drive.run(self._executor(closing), lambda: self._executor(closing))
        except BaseException as error:
            self._drive.stop(self._why(error))
            self._clean_up(closing)
            raise

    def _clean_up(self, closing: contextlib.ExitStack) -> None:
        """Run what runs at every end after the run was broken off. Whoever breaks that off too has his way."""
        try:
            if not self._drive.finished:
                self._drive.run(self._executor(closing))
        except BaseException as error:
            self._drive.stop(self._why(error))
            raise

    def _why(self, error: BaseException) -> str:
        """Say why the run is broken off: who stops a run from elsewhere leaves word before the driver gets a signal."""
        word = word_left(self._plan.folder) if isinstance(error, KeyboardInterrupt | Terminated) else ""
        signal = (
            "interrupted by Ctrl-C" if isinstance(error, KeyboardInterrupt) else f"the driver was stopped by {error!r}"
        )
        return word or signal

    def _executor(self, closing: contextlib.ExitStack) -> Executor:
        here = self._executor_here(closing)
        if self._config.remote is None:
            return here
        executor = self._config.remote.executor(here, self._plan.graph, self._manifests, self._drive.report)
        closing.callback(executor.close)
        return executor

    def _executor_here(self, closing: contextlib.ExitStack) -> Executor:
        if self._config.executor == "inline":
            return executors.InlineExecutor(self._drive.report)
        cluster = _cluster(self._config)
        if cluster is not None:
            away = cluster.open(self._plan, self._manifests, self._config.jobs, self._drive.report)
            closing.callback(away.close)
            return away
        ahead = not any(node.options.resources.gpus for node in nodes_within(self._plan.graph))
        if self._config.kept_workers is not None:
            lent = self._config.kept_workers.lend(self._drive.report, ahead=ahead)
            closing.callback(lent.close)
            return lent
        start = executors.start_pool if self._config.executor == "joblib" else None
        executor = LocalExecutor(self._config.jobs, self._drive.report, ahead=ahead, start=start)
        closing.callback(executor.close)
        return executor

    def _listen(self, closing: contextlib.ExitStack) -> Iterator[Listener]:
        recorder = self._workspace.recorder()
        closing.callback(recorder.close)
        yield recorder
        if self._config.display != "none":
            # A debugger's prompt and a live tree do not go together.
            inline = self._config.executor == "inline" and self._config.display == "auto"
            shown = display("lines" if inline else self._config.display, sys.stderr)
            closing.callback(shown.close)
            yield shown


def _cluster(config: Config) -> Cluster | None:
    """Return the cluster that performs the steps, where one does."""
    if isinstance(config.executor, str):
        return clusters.Ray() if config.executor == "ray" else None
    return config.executor


def _covered(prepared: Prepared) -> dict[str, tuple[str, ...]]:
    """Return the files that each fingerprint covers."""
    manifests = prepared.compiled.manifests
    return {
        fingerprint: tuple({part.file for part in manifest.definitions if part.file})
        for fingerprint, manifest in manifests.items()
    }
