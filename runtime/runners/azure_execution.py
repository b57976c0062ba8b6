"""Carry out one run on Azure: send what it needs, submit the job, and follow it in a thread as a run like any other."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, final

from attrs import frozen

from ...compilers.errors import UnsupportedByTarget
from ...compilers.graph import Graph
from ...compilers.lowering import Compiled
from ...compilers.targets.azureml import Placement, Plan, job_body, plan
from ...compilers.targets.azureml.names import SERVERLESS, legal_names
from ...compilers.targets.azureml.plans import output_names
from ..audiences import Audience
from ..azure.artifacts import RemoteArtifacts, Stores
from ..azure.connections import Connection
from ..azure.jobs import SUBMISSION, Job, find_submitted, submit_job
from ..errors import RunError, RunNotFound
from ..events import Listener, RunEnded, RunStarted
from ..functions import check_not_importing
from ..history.records import RunRecord
from ..inputs import kept_inputs
from ..packaging import Package, Packaging
from ..resolution import Values
from ..runs import Run
from ..states import State
from ..store import ArtifactStore, open_store
from ..terminal import Mode, display
from ..tracking import LiveRecords, Tracker
from ..workspace import Workspace
from .azure_following import Following
from .azure_records import Submitted, keep, kept
from .azure_sending import Sending
from .preparing import Prepared, prepare

RUN = "penstock.run"
"""The property of a job that names the run here."""


class Remote(Protocol):
    """How to run; see :class:`penstock.runtime.runners.azureml.AzureML`."""

    @property
    def connection(self) -> Connection: ...
    @property
    def stores(self) -> Stores: ...
    @property
    def default_compute(self) -> str | None: ...
    @property
    def workspace(self) -> Workspace | Path | str | None: ...
    @property
    def experiment(self) -> str | None: ...
    @property
    def regenerate_outputs(self) -> bool: ...
    @property
    def continue_on_failure(self) -> bool: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def display(self) -> Mode: ...
    @property
    def listeners(self) -> Sequence[Listener]: ...
    @property
    def interval(self) -> float: ...


@frozen
class Beginning:
    """What a run on Azure is, once its job is known."""

    run: str
    graph: Graph
    root: Path
    workspace: Workspace
    store: ArtifactStore
    values: Values
    started: RunStarted
    submitted: Submitted


@frozen
class Claim:
    """A run that has its id already. ``submission`` tells its job from all others: however often it is submitted, there is one."""

    run: str
    submission: str


def submit(config: Remote, compiled: Compiled, claim: Claim | None = None) -> AzureExecution:
    """Send a pipeline to Azure and submit its job; it is followed from then on.

    With a ``claim`` whose job is there already, that one is followed again, and nothing is sent. Raises MissingInput,
    UnsupportedByTarget, CompileError, and an error of the tree under RemoteError.
    """
    check_not_importing()
    prepared = prepare(compiled, config.workspace)
    graph, given = prepared.compiled.graph, prepared.given
    packaging = Packaging(prepared.compiled.root, prepared.compiled.manifests)
    packages = {node.id: packaging.package(node) for node in graph}
    locks = {node: package.lock for node, package in packages.items()}
    planned = plan(graph, locks, given.artifacts().keys())
    if not config.default_compute:
        _refuse_without_compute(planned)
    claimed = claim or Claim(prepared.workspace.new_run(), str(uuid.uuid4()))
    job = None if claim is None else find_submitted(config.connection, job_name(claim.run), claim.submission)
    submitted = _described(config, planned, job or _submitted(config, prepared, planned, packages, claimed))
    folder = prepared.workspace.run_folder(claimed.run)
    folder.mkdir(parents=True, exist_ok=True)  # the id may have been given on another machine
    keep(submitted, folder)
    execution = AzureExecution(config, _beginning(config, prepared, claimed.run, submitted))
    execution.run.keep_inputs()
    execution.start()
    return execution


def _refuse_without_compute(planned: Plan) -> None:
    """Serverless compute needs a size of machines from each step that has no compute target."""
    for job in planned.jobs:
        if job.compute in (None, SERVERLESS) and not job.settings.instance_type:
            feature = "neither a compute target nor a size of machines; say AzureML(default_compute=...) or @step(compute=...)"
            raise UnsupportedByTarget(job.node.id, feature, "azureml", ("json",))


def _submitted(config: Remote, prepared: Prepared, planned: Plan, packages: Mapping[str, Package], claim: Claim) -> Job:
    """Send what the pipeline needs, and submit its job."""
    connection, given = config.connection, prepared.given
    sending = Sending(connection, planned, prepared.compiled.root, prepared.store)
    placement = Placement(
        components=sending.components(packages),
        default_compute=config.default_compute or SERVERLESS,
        compute_id=connection.id("computes", "{}"),
        datastore_id=connection.id("datastores", sending.datastore),
        data=sending.data(given.parameters, given.attached),
        values=sending.values(given.parameters),
        experiment=config.experiment,
        tags=config.tags,
        properties={SUBMISSION: claim.submission, RUN: claim.run},
        force_rerun=config.regenerate_outputs,
        continue_on_step_failure=config.continue_on_failure,
    )
    return submit_job(connection, job_name(claim.run), job_body(planned, placement))


def _described(config: Remote, planned: Plan, job: Job) -> Submitted:
    """Return what must be known of a job to follow it."""
    outputs = {one.node.id: dict(legal_names(output_names(one.node))) for one in planned.jobs}
    nodes = {one.key: one.node.id for one in planned.jobs}
    return Submitted(job.name, config.connection.address.id, job.studio, nodes, outputs)


def job_name(run_id: str) -> str:
    """Return the name of the job that is a run: Azure's own record of it is found by that."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"penstock-{run_id}")


def _beginning(config: Remote, prepared: Prepared, run_id: str, submitted: Submitted) -> Beginning:
    given, graph = prepared.given, prepared.compiled.graph
    tags = {"azureml.job": submitted.job, "azureml.studio": submitted.studio, **config.tags}
    experiment = config.experiment or graph.name
    started = RunStarted(
        run_id,
        graph,
        experiment,
        _begun(prepared.workspace, run_id),
        given.texts(),
        tags,
        given.artifacts(),
        prepared.compiled.manifests,
    )
    return Beginning(
        run_id, graph, prepared.compiled.root, prepared.workspace, prepared.store, given.values(), started, submitted
    )


def _begun(workspace: Workspace, run_id: str) -> float:
    """Return when a run began: before, where an earlier process has followed it."""
    try:
        return workspace.history.run(run_id).started
    except RunNotFound:
        return time.time()


def reconnect(config: Remote, reference: str) -> AzureExecution:
    """Follow a run again that another process submitted, and bring its record up to date.

    Raises RunNotFound, and RunError for a run that was not submitted to this workspace.
    """
    workspace = Workspace.open(config.workspace)
    record = workspace.history.run(reference)
    folder = workspace.run_folder(record.id)
    submitted, inputs = kept(folder), kept_inputs(folder)
    if submitted is None or inputs is None:
        raise RunError(f"run {record.id} was not submitted to Azure from this workspace")
    if submitted.workspace.casefold() != config.connection.address.id.casefold():
        raise RunError(f"run {record.id} was submitted to another workspace of Azure: {submitted.workspace}")
    graph = workspace.history.graph(record.id)
    started = RunStarted(record.id, graph, record.experiment, record.started, record.parameters, record.tags)
    store = open_store(workspace.store_location, workspace.cache_folder)
    execution = AzureExecution(
        config, Beginning(record.id, graph, inputs.root, workspace, store, inputs.values(), started, submitted)
    )
    execution.start()
    return execution


@final
class AzureExecution:
    """One run on Azure while this process follows it."""

    def __init__(self, config: Remote, beginning: Beginning) -> None:
        self._config = config
        self._beginning = beginning
        self._tracker = Tracker()
        self._emit = Audience(self._tracker)
        self._ended = threading.Event()
        self._broken: BaseException | None = None
        folder = beginning.workspace.run_folder(beginning.run)
        stores = config.stores
        self._following = Following(
            config.connection, stores, beginning.submitted, beginning.graph, folder, self._emit, config.interval
        )
        started = beginning.started
        first = RunRecord(beginning.run, beginning.graph.name, started.experiment, State.PENDING, started.time, parameters=started.parameters, tags=started.tags)  # fmt: skip
        self.run = Run(
            beginning.run,
            beginning.graph,
            LiveRecords(self._tracker, first),
            RemoteArtifacts(beginning.store, stores, self._following.places.known),
            folder,
            root=beginning.root,
            datastores=lambda: beginning.workspace.datastores,
            values=beginning.values,
            progressing=self,
        )

    def start(self) -> None:
        """Follow the job in a thread that ends with this process; the job goes on."""
        threading.Thread(target=self._follow, name=f"penstock-run-{self._beginning.run}", daemon=True).start()

    def _follow(self) -> None:
        try:
            with contextlib.ExitStack() as closing:
                self._emit.others = [*self._listen(closing), *self._config.listeners]
                self._emit(self._beginning.started)
                state, problem = self._followed()
                self._emit(RunEnded(self._beginning.run, time.time(), state, problem))
        except BaseException as error:  # there is nobody to raise to until somebody waits
            self._broken = error
        finally:
            self._ended.set()

    def _followed(self) -> tuple[State, str]:
        """Follow the job to its end; one that was lost on the way is told as failed, with the reason."""
        try:
            return self._following.run()
        except Exception as error:
            self._broken = error
            return State.FAILED, self._lost(error)

    def _lost(self, error: BaseException) -> str:
        return (
            f"the job {self._beginning.submitted.job} could not be followed to its end: {error}. It may go on in Azure; "
            f"AzureML(...).get({self._beginning.run!r}) follows it again"
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job has ended, and say whether it has. Ctrl-C cancels it.

        Raises RunError where it could not be followed to its end.
        """
        try:
            ended = self._ended.wait(timeout)
        except KeyboardInterrupt:
            self.cancel("interrupted by Ctrl-C")
            self._ended.wait()
            raise
        if self._broken is not None:
            raise RunError(self._lost(self._broken)) from self._broken
        return ended

    def cancel(self, reason: str) -> None:
        """Ask Azure to stop the job. Raises an error of the tree under RemoteError."""
        self._following.cancel(reason)

    def leave(self, reason: str) -> None:
        """Follow the job no more; it goes on, and another process may follow it. The run is told as cancelled, with the reason."""
        self._following.leave(reason)

    def _listen(self, closing: contextlib.ExitStack) -> Iterator[Listener]:
        recorder = self._beginning.workspace.recorder()
        closing.callback(recorder.close)
        yield recorder
        if self._config.display != "none":
            shown = display(self._config.display, sys.stderr)
            closing.callback(shown.close)
            yield shown
