"""Perform some steps of a run on this machine and others on Azure: those that name a compute target are jobs there."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import final

import attrs
from attrs import define, field

from ...compilers.fingerprints import Manifest
from ...compilers.graph import Attached, Binding, Graph, Literal, Node, Output, Parameter, ParameterRef
from ...compilers.targets.azureml import Placement, job_body, plan
from ...compilers.targets.azureml.names import legal_names
from ...compilers.targets.azureml.plans import output_names
from ...compilers.traversal import nodes_within
from ..artifacts import Artifact
from ..azure.artifacts import fetch, place_of_uri
from ..azure.jobs import SUBMISSION, submit_job
from ..events import Event, FileLogged, MetricLogged, StepCompleted, StepFailed, StepReused
from ..executors import Executor
from ..failures import Failure, describe
from ..packaging import Packaging
from ..resolved import Gathered, Resolved, Stored
from ..store import open_store
from ..tasks import Completed, Failed, Outcome, Task
from .azure_execution import Remote
from .azure_following import Following
from .azure_records import Submitted
from .azure_sending import Sending


@final
class MixedExecutor:
    """Performs tasks ``here``, and those whose step names a compute target at the workspace ``home``.

    A step there is a job with one step, whose inputs go through the workspace's storage and whose outputs are brought here.
    """

    def __init__(
        self,
        here: Executor,
        home: Remote,
        graph: Graph,
        manifests: Mapping[str, Manifest],
        report: Callable[[Event], None],
    ) -> None:
        self._here = here
        self._home = home
        self._fingerprints = {node.function: node.fingerprint for node in nodes_within(graph)}
        self._manifests = manifests
        self._report = report
        self._away: dict[str, _Away] = {}

    @property
    def capacity(self) -> int:
        """How many tasks may be here now; those that are away take nobody's place."""
        return self._here.capacity + len(self._away)

    def submit(self, task: Task) -> Future[Outcome]:
        """Start a task where its step says."""
        if task.options.compute is None:
            return self._here.submit(task)
        outcome: Future[Outcome] = Future()
        away = self._away[task.step] = _Away(self._home, task, self._node(task), self._manifests, self._report)
        away.thread = threading.Thread(
            target=self._finish, args=(away, outcome), name=f"penstock-{task.step}", daemon=True
        )
        away.thread.start()
        return outcome

    def close(self) -> None:
        """Stop what runs, here and there, and return when that is known."""
        for away in tuple(self._away.values()):
            away.cancel()
        self._here.close()
        for away in tuple(self._away.values()):
            if away.thread is not None:
                away.thread.join()

    def _finish(self, away: _Away, outcome: Future[Outcome]) -> None:
        try:
            result: Outcome = away.perform()
        except Exception as error:  # what Azure refuses, or a connection that is gone
            result = Failed(describe(error, away.task))
        self._away.pop(away.task.step, None)
        outcome.set_result(result)

    def _node(self, task: Task) -> Node:
        # Attempts are counted by the driver here.
        options = attrs.evolve(task.options, retries=0)
        outputs = tuple(map(Output, task.outputs))
        return Node(
            task.step,
            task.name,
            task.function,
            {},
            outputs,
            options=options,
            fingerprint=self._fingerprints.get(task.function),
        )


@define(eq=False)
class _Away:
    """One task as a job of its own."""

    home: Remote
    task: Task
    node: Node
    manifests: Mapping[str, Manifest]
    report: Callable[[Event], None]
    thread: threading.Thread | None = None
    parameters: dict[str, Stored] = field(factory=dict)
    attached: dict[str, Stored] = field(factory=dict)
    outputs: Mapping[str, Artifact] | None = None
    duration: float = 0.0
    failure: Failure | None = None
    following: Following | None = None
    stopped: bool = False

    def perform(self) -> Outcome:
        """Submit the job, follow it to its end, and bring its outputs here."""
        graph = self._graph()
        submitted = self._submitted(graph)
        self.following = Following(
            self.home.connection,
            self.home.stores,
            submitted,
            graph,
            Path(self.task.run_folder),
            self._take,
            self.home.interval,
        )
        if self.stopped:
            self.following.cancel("the run was stopped")
        state, problem = self.following.run()
        if self.outputs is None or not state.succeeded:
            told = problem or f"the job {submitted.job} ended as {state}"
            return Failed(self.failure or Failure(self.task.step, "RemoteFailure", told))
        self._bring(self.following)
        return Completed(self.outputs, self.duration)

    def cancel(self) -> None:
        """Stop the job, if there is one."""
        self.stopped = True
        if self.following is not None:
            self.following.cancel("the run was stopped")

    def _graph(self) -> Graph:
        """Return the task as a pipeline of one step, whose stored inputs are parameters."""
        inputs = {name: self._bound(value) for name, value in self.task.inputs.items()}
        function = self.node.function
        if self.task.payload is not None:
            self.attached["function"] = Stored(self.task.payload)
            function = attrs.evolve(function, attached=Attached("function"))
        node = attrs.evolve(self.node, inputs=inputs, function=function)
        return Graph(self.task.name, (node,), tuple(map(Parameter, self.parameters)))

    def _bound(self, value: Resolved) -> Binding:
        match value:
            case Literal():
                return value
            case Stored(artifact, path):
                name = f"stored_{len(self.parameters)}"
                self.parameters[name] = Stored(artifact)
                return ParameterRef(name, path)
            case Gathered(shape, items, payload):
                key = f"class_{len(self.attached)}"
                if payload is not None:
                    self.attached[key] = Stored(payload)
                return attrs.evolve(
                    shape, items=tuple(map(self._bound, items)), payload=Attached(key) if payload else None
                )

    def _submitted(self, graph: Graph) -> Submitted:
        connection, root = self.home.connection, Path(self.task.root)
        package = Packaging(root, self.manifests).package(graph.nodes[0])
        planned = plan(graph, {self.node.id: package.lock}, self.parameters.keys())
        sending = Sending(connection, planned, root, open_store(self.task.store, Path(self.task.cache)))
        placement = Placement(
            components=sending.components({self.node.id: package}),
            compute_id=connection.id("computes", "{}"),
            datastore_id=connection.id("datastores", sending.datastore),
            data=sending.data(self.parameters, self.attached),
            experiment=self.home.experiment,
            tags=self.home.tags,
            properties={SUBMISSION: str(uuid.uuid4()), "penstock.run": self.task.run},
        )
        name = f"penstock-{self.task.run}-{legal_names([self.task.step])[self.task.step]}-{uuid.uuid4().hex[:6]}"
        job = submit_job(connection, name, job_body(planned, placement))
        (one,) = planned.jobs
        names = {one.node.id: dict(legal_names(output_names(one.node)))}
        return Submitted(job.name, connection.address.id, job.studio, {one.key: one.node.id}, names)

    def _take(self, event: Event) -> None:
        if isinstance(event, MetricLogged | FileLogged):
            self.report(event)
        elif isinstance(event, StepCompleted):
            self.outputs, self.duration = event.outputs, event.duration
        elif isinstance(event, StepReused):
            self.outputs = event.outputs
        elif isinstance(event, StepFailed):
            self.failure = event.failure

    def _bring(self, following: Following) -> None:
        """Bring outputs into the store here: the next step may run on this machine, and a later run may reuse them."""
        local = open_store(self.task.store, Path(self.task.cache))
        for artifact in (self.outputs or {}).values():
            if artifact.inline is None and not local.has(artifact.digest):
                store, path = place_of_uri(following.places.known[artifact.digest])
                fetch(self.home.stores(store), path, local)
