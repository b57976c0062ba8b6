"""Follow what went into the step runs of a run: through its graph, and through the instances of control nodes that the history recorded.

Nothing is computed again and no value is read: which instances there were is told by the records, what they took by the graph.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import attrs
from attrs import frozen

from ..compilers.graph import (
    OUTPUT,
    STATE,
    Binding,
    Collection,
    Graph,
    Literal,
    Map,
    Node,
    OnExit,
    Operation,
    OutputRef,
    ParameterRef,
    PathItem,
    Repeat,
    When,
)
from ..compilers.traversal import leaves
from .artifacts import Artifact
from .errors import RunError
from .history.records import StepRecord
from .instances import Instance, bound_names, branch_of, graph_of, item_of
from .mapping import LARGEST, splitter
from .splitting import parts_of
from .states import State


@frozen
class Source:
    """Where an artifact came from: an output of a step run, or a parameter of the run where ``step`` is empty."""

    step: str
    name: str
    artifact: Artifact


@final
class Provenance:
    """What went into the steps of one run, as its records tell; ``given`` are the artifacts that the run itself was given."""

    def __init__(self, graph: Graph, steps: Sequence[StepRecord], given: Mapping[str, Artifact]) -> None:
        self._graph = graph
        self._steps = {step.id: step for step in steps}
        self._given = given
        self._places: dict[str, dict[int | None, None]] = {}
        for step in steps:
            if step.parent is not None:
                self._places.setdefault(step.parent, {})[step.place] = None
        self._nodes = {node.id: node for node in graph}
        self._bound: dict[str, Binding] = {}
        self._inputs: dict[str, Mapping[str, Binding]] = {}
        self._unfolded: dict[tuple[str, int | None], tuple[Instance, ...]] = {}
        self._gave: dict[tuple[str, str], Binding | None] = {}
        self._digests: dict[int, tuple[Binding, frozenset[str]]] = {}

    def node(self, step: str) -> Node | None:
        """Return the node of a step run: one of the graph, or of the instance that it is in; None where that cannot be told."""
        record = self._steps.get(step)
        if step in self._nodes or record is None or record.parent is None:
            return self._nodes.get(step)
        if not step.startswith((f"{record.parent}[", f"{record.parent}/")):
            return None
        parent = self.node(record.parent)
        if parent is not None and parent.control is not None:
            self._instances(parent, record.place)
        return self._nodes.get(step)

    def inputs(self, step: str) -> Mapping[str, Binding]:
        """Return the inputs of a step run, bound to outputs of step runs, parameters of the run, and plain values; none of an unknown one."""
        node = self.node(step)
        return {} if node is None else self._inputs_of(node)

    def sources(self, binding: Binding) -> Iterator[Source]:
        """Yield the artifacts behind an input, with where each came from."""
        for leaf in leaves(binding):
            found = self._source(leaf)
            if found is not None:
                yield found

    def takers(self, digest: str) -> Iterator[tuple[str, str]]:
        """Yield the step runs that an artifact went into, each with the name of the input, in the order of the records."""
        for step in self._steps:
            for name, binding in self.inputs(step).items():
                if digest in self._digests_of(binding):
                    yield step, name

    def _digests_of(self, binding: Binding) -> frozenset[str]:
        """Return the digests behind an input; many instances share one that is long."""
        known = self._digests.get(id(binding))
        if known is None:
            known = binding, frozenset(source.artifact.digest for source in self.sources(binding))
            self._digests[id(binding)] = known
        return known[1]

    def _source(self, leaf: Binding) -> Source | None:
        if isinstance(leaf, ParameterRef) and leaf.name in self._given:
            return Source("", leaf.name, self._given[leaf.name])
        record = self._steps.get(leaf.node) if isinstance(leaf, OutputRef) else None
        if not isinstance(leaf, OutputRef) or record is None or leaf.name not in record.outputs:
            return None
        return Source(record.id, leaf.name, record.outputs[leaf.name])

    def _inputs_of(self, node: Node) -> Mapping[str, Binding]:
        if node.id not in self._inputs:
            self._inputs[node.id] = {name: self._followed(binding) for name, binding in node.inputs.items()}
        return self._inputs[node.id]

    def _followed(self, binding: Binding) -> Binding:
        """Return a binding with what stands behind parameters of instances and outputs of control nodes."""
        match binding:
            case ParameterRef(name, path) if name in self._bound:
                return selected(self._bound[name], path)
            case OutputRef(node, name, path) if node in self._nodes and self._nodes[node].control is not None:
                whole = self._given_by(self._nodes[node], name)
                return binding if whole is None else selected(whole, path)
            case Collection(items=items):
                return attrs.evolve(binding, items=tuple(map(self._followed, items)))
            case Operation(operator, operands):
                return Operation(operator, tuple(map(self._followed, operands)))
            case _:
                return binding

    def _given_by(self, node: Node, name: str) -> Binding | None:
        """Return what stands behind an output of a control node; None where no record tells."""
        if node.id in self._graph and (node.id, name) not in self._gave:
            for earlier in itertools.takewhile(lambda one: one.id != node.id, self._graph):
                self._keep(earlier)  # in call order, so that a long chain nests no calls
        self._keep(node)
        return self._gave.get((node.id, name))

    def _keep(self, node: Node) -> None:
        for output in node.outputs if node.control is not None else ():
            if (node.id, output.name) not in self._gave:
                self._gave[node.id, output.name] = self._output(node, output.name)

    def _output(self, node: Node, name: str) -> Binding | None:
        places = sorted(place for place in self._places.get(node.id, ()) if place is not None)
        match node.control:
            case Map():
                items = tuple(self._item_output(node, place, name) for place in places)
                is_whole = places == list(range(len(places)))
                return Collection("list", items) if is_whole else Collection("dict", items, tuple(places))
            case Repeat() if places:
                return self._followed(self._instances(node, places[-1])[0].output)
            case When() | OnExit():
                taken = self._taken(self._instances(node, None))
                return None if taken is None else self._followed(taken.output)
            case _:
                return None

    def _item_output(self, node: Node, place: int, name: str) -> Binding:
        output = self._followed(self._instances(node, place)[0].output)
        names = [one.name for one in node.outputs]
        return output if names == [OUTPUT] or name not in names else selected(output, (names.index(name),))

    def _taken(self, branches: Sequence[Instance]) -> Instance | None:
        """Return the branch whose steps were not skipped; else one that has none."""
        ran = (one for one in branches if any(self._has_run(node.id) for node in one.nodes))
        return next(ran, None) or next((one for one in branches if not one.nodes), None)

    def _has_run(self, step: str) -> bool:
        return step in self._steps and self._steps[step].state is not State.SKIPPED

    def _instances(self, node: Node, place: int | None) -> tuple[Instance, ...]:
        """Return the instances of a control node at one place, with their parameters bound."""
        if (node.id, place) not in self._unfolded:
            inputs = self._inputs_of(node)
            self._bind(node.id, inputs)
            found = tuple(self._unfold(node, place, inputs))
            self._unfolded[node.id, place] = found
            self._nodes.update({inner.id: inner for instance in found for inner in instance.nodes})
        return self._unfolded[node.id, place]

    def _bind(self, owner: str, values: Mapping[str, Binding]) -> None:
        self._bound.update({f"{owner}.{name}": value for name, value in values.items()})

    def _unfold(self, node: Node, place: int | None, inputs: Mapping[str, Binding]) -> Iterator[Instance]:
        names = bound_names(node.id, inputs)
        match node.control:
            case Map() as control if place is not None:
                self._bind(f"{node.id}[{place}]", {name: self._item(node, name, place) for name in control.over})
                shared = bound_names(node.id, [name for name in inputs if name not in control.over])
                yield item_of(node, control, place, shared)
            case Map():
                nodes = (splitter(step, "items", f"{node.id}.{name}") for name, step in self._split(node).items())
                yield Instance(f"{node.id}/items", node.id, tuple(nodes), Literal(None))
            case When() as control:
                branches = (branch_of(node, control, condition, names) for condition in (True, False))
                yield from (branch for branch in branches if branch is not None)
            case Repeat() as control if place is not None:
                yield from self._round(node, control, place, inputs)
            case OnExit(cleanup):
                yield graph_of(node, cleanup, node.id, names)

    def _round(self, node: Node, control: Repeat, number: int, inputs: Mapping[str, Binding]) -> Iterator[Instance]:
        """Yield a round and the test behind it; each goes on with what the one before gave."""
        earlier = sorted(place for place in self._places.get(node.id, ()) if place is not None and place < number)
        rounds = [self._instances(node, place)[0] for place in earlier]
        called, shared = f"{node.id}[{number}]", bound_names(node.id, inputs)
        self._bind(called, {STATE: self._followed(rounds[-1].output) if rounds else inputs[STATE]})
        made = graph_of(node, control.body, called, {**shared, **bound_names(called, [STATE])}, number)
        self._nodes.update({inner.id: inner for inner in made.nodes})
        yield made
        test = f"{called}/until"
        self._bind(test, {STATE: self._followed(made.output)})
        yield graph_of(node, control.until, test, {**shared, **bound_names(test, [STATE])}, number)

    def _item(self, node: Node, name: str, place: int) -> Binding:
        """Return one of the items that a mapped call goes over: from where it was split, else out of the list."""
        split = self._split(node).get(name)
        return _item_of(self._inputs_of(node)[name], place) if split is None else OutputRef(split, str(place))

    def _split(self, node: Node) -> Mapping[str, str]:
        """Return the steps that split lists of a mapped call into items, by input."""
        over = node.control.over if isinstance(node.control, Map) else ()
        whole = [name for name in over if self._is_split(self._inputs_of(node)[name])]
        called = [
            f"{node.id}/items" if place == 1 else f"{node.id}/items-{place}" for place in range(1, len(whole) + 1)
        ]
        return {name: step for name, step in zip(whole, called, strict=True) if step in self._steps}

    def _is_split(self, binding: Binding) -> bool:
        source = self._source(binding)
        return source is not None and (source.artifact.codec != "json" or source.artifact.size > LARGEST)


def selected(binding: Binding, path: tuple[PathItem, ...]) -> Binding:
    """Return an item of what is bound; the whole where it cannot be told apart."""
    if not path:
        return binding
    if isinstance(binding, OutputRef | ParameterRef):
        return attrs.evolve(binding, path=(*binding.path, *path))
    try:
        if isinstance(binding, Literal):
            return Literal(functools.reduce(_of, path, binding.value))
        if isinstance(binding, Collection):
            keyed = binding.kind == "dict" or isinstance(path[0], str)
            return selected(binding.items[binding.keys.index(path[0]) if keyed else path[0]], path[1:])  # type: ignore[index]
    except (LookupError, TypeError, ValueError):
        pass
    return binding


def _item_of(binding: Binding, place: int) -> Binding:
    """Return the item of a collection at a place; of a dict, that is one of its values."""
    try:
        if isinstance(binding, Literal):
            return Literal(parts_of(binding.value)[1][place])
        return binding.items[place] if isinstance(binding, Collection) else selected(binding, (place,))
    except (RunError, LookupError, TypeError):
        return binding


def _of(whole: Any, item: PathItem) -> Any:
    return whole[item]
