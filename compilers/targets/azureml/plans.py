"""Turn a graph into what Azure has: components, jobs that use them, typed inputs and outputs of the pipeline."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Iterator, Mapping

from attrs import define, field, frozen

from ...graph import Binding, Graph, Node, OutputRef
from ...graph import Collection as Structure
from ...serialisation import to_dict
from ...traversal import output_refs
from .capabilities import refuse
from .environments import Installed, Lock, installed
from .names import checked_compute, input_names, legal_names, next_name
from .parts import job_options, may_be_reused, meaning
from .settings import NodeSettings, node_settings
from .slots import Slot, Wired, wire
from .texts import shell_safe
from .types import InputType, input_type

WORKER = "python -m penstock.runtime.worker"
PROTOCOL = 1
"""Grows when a worker that was uploaded before would not understand a command line of now."""

DONE = "done"
"""The output of a step that has none, for what waits for it."""


@frozen
class Component:
    """A step as Azure knows it: a command with typed inputs and outputs, code and an environment.

    ``code`` names the upload that holds the step's code; it is the same as long as the code means the same.
    """

    name: str
    command: str
    inputs: tuple[Slot, ...]
    outputs: tuple[str, ...]
    code: str
    environment: Installed
    is_deterministic: bool
    description: str = ""

    @property
    def key(self) -> str:
        """Identifies the component by all that it consists of."""
        inputs = [[slot.name, slot.type, slot.enum] for slot in self.inputs]
        facts = [self.name, self.command, inputs, self.outputs, self.code, self.environment.version]
        return hashlib.sha256(json.dumps([*facts, self.is_deterministic]).encode()).hexdigest()


@frozen
class Job:
    """One call of a step. ``sources`` says where its inputs come from, ``bound`` which of its outputs are the pipeline's."""

    key: str
    node: Node
    component: Component
    sources: Mapping[str, Binding]
    bound: Mapping[str, str]
    compute: str | None
    settings: NodeSettings
    seconds: int | None


@frozen
class Plan:
    """A pipeline as Azure knows it. ``keys`` are the names of nodes and parameters there."""

    graph: Graph
    parameters: Mapping[str, InputType]
    jobs: tuple[Job, ...]
    outputs: Mapping[str, OutputRef]
    keys: Mapping[str, str]
    parameter_keys: Mapping[str, str]

    @property
    def components(self) -> Mapping[str, Component]:
        """The distinct components, by key, in the order in which they are first used."""
        return {job.component.key: job.component for job in self.jobs}


def plan(graph: Graph, locks: Mapping[str, Lock] | None = None, stored: Collection[str] = ()) -> Plan:
    """Return what a graph is in Azure.

    ``locks`` say what each node needs installed, by its id; ``stored`` names the parameters whose given values no
    document can hold. Raises UnsupportedByTarget and IllegalName.
    """
    refuse(graph)
    open_ones = [parameter for parameter in graph.parameters if not parameter.static]
    parameters = {parameter.name: input_type(parameter, stored) for parameter in open_ones}
    planning = _Planning(graph, locks or {}, parameters)
    jobs = tuple(map(planning.job, graph))
    return Plan(graph, parameters, jobs, planning.outputs, planning.keys, input_names(parameters))


@define
class _Planning:
    """What all jobs of one pipeline have in common."""

    graph: Graph
    locks: Mapping[str, Lock]
    parameters: Mapping[str, InputType]
    keys: Mapping[str, str] = field(init=False)
    outputs: Mapping[str, OutputRef] = field(init=False)
    _bound: Mapping[OutputRef, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.keys = legal_names(node.id for node in self.graph)
        self.outputs = pipeline_outputs(self.graph)
        self._bound = {ref: name for name, ref in self.outputs.items()}

    def job(self, node: Node) -> Job:
        wired = wire(node, self.parameters)
        names = legal_names(output_names(node))
        component = self._component(wired, names)
        bound = {
            names[name]: self._bound[OutputRef(node.id, name)]
            for name in names
            if OutputRef(node.id, name) in self._bound
        }
        sources = {slot.name: self._source(slot.source) for slot in wired.slots}
        options = job_options(node)
        compute = checked_compute(options.compute) if options.compute else None
        seconds = None if options.timeout is None else _seconds(node)
        return Job(self.keys[node.id], node, component, sources, bound, compute, node_settings(node), seconds)

    def _source(self, source: Binding) -> Binding:
        """Return where an input comes from; what waits for a step without naming an output waits for its first."""
        if isinstance(source, OutputRef) and not source.name:
            return OutputRef(source.node, output_names(self.graph[source.node])[0])
        return source

    def _component(self, wired: Wired, names: Mapping[str, str]) -> Component:
        node = wired.node
        lock = self.locks.get(node.id, Lock())
        return Component(
            node.name,
            _command(wired, names),
            wired.slots,
            tuple(names.values()),
            code_name(node, lock),
            installed(job_options(node).environment, lock),
            may_be_reused(node),
            node.doc,
        )


def output_names(node: Node) -> tuple[str, ...]:
    """Return what the outputs of a node are called; one without any has one that says that it is done."""
    return tuple(output.name for output in node.outputs) or (DONE,)


def pipeline_outputs(graph: Graph) -> Mapping[str, OutputRef]:
    """Return the outputs of nodes that the pipeline returns, whole or in part, each once under a name of its own."""
    taken: set[str] = set()
    found: dict[OutputRef, str] = {}
    for wanted, binding in _named_results(graph.output):
        for ref in output_refs((binding,)):
            whole = OutputRef(ref.node, ref.name)
            if whole not in found:
                found[whole] = next_name(wanted, taken)
    return {name: ref for ref, name in found.items()}


def _named_results(output: Binding) -> Iterator[tuple[str, Binding]]:
    if not isinstance(output, Structure):
        yield "output", output
        return
    names = [str(key) for key in output.keys] or [f"output_{index}" for index in range(len(output.items))]
    yield from zip(names, output.items, strict=True)


def code_name(node: Node, lock: Lock) -> str:
    """Return what the upload of a node's code is called: its function, its fingerprint, and what else tells it apart."""
    step = next(iter(legal_names([node.function.qualname]).values()))[-40:].strip("_") or "step"
    known = meaning(node)
    parts = [step, known[:24] if known else "unidentified", lock.mark[:16], f"w{PROTOCOL}"]
    return "-".join(filter(None, parts))


def _command(wired: Wired, outputs: Mapping[str, str]) -> str:
    """Return the command line of a worker. Nothing that Penstock has Azure substitute into it can end its quotes."""
    call = json.dumps(to_dict(wired.call), separators=(",", ":"))
    parts = [f"{WORKER} --call '{shell_safe(call)}'"]
    parts += [
        f"--{slot.kind} {slot.name}='${{{{inputs.{slot.name}}}}}'" for slot in wired.slots if slot.kind != "order"
    ]
    parts += [f"--output {key}='${{{{outputs.{key}}}}}'" for key in outputs.values()]
    return " ".join(parts)


def _seconds(node: Node) -> int:
    """Return how long the job of a node may take: all its attempts, and the waits between them."""
    options = node.options
    waits = sum(
        min(options.retry.longest, options.retry.delay * options.retry.factor**n) for n in range(options.retries)
    )
    return max(1, math.ceil((options.timeout or 0) * (options.retries + 1) + waits))
