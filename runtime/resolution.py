"""Put values behind the inputs of a node: which artifact, which item of it, which plain value."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from ..compilers.graph import Attached, Binding, Collection, Graph, Literal, Node, Operation, OutputRef, ParameterRef
from ..compilers.traversal import attachments
from .artifacts import Artifact
from .errors import MissingInput, RunError
from .identities import identify_output
from .operations import computed
from .resolved import LONGEST, SKIPPED, Gathered, Resolved, Stored
from .store import ArtifactStore


@frozen
class Values:
    """What is known while a graph runs: parameters, attached values, outputs of completed nodes, and keys of calls.

    ``bound`` are the parameters of instances, under the names that these have for them, and ``made`` is what control nodes
    gave, by output, or :data:`~penstock.runtime.resolved.SKIPPED` in place of all. ``store`` is where operands are read from.
    """

    parameters: Mapping[str, Resolved]
    attached: Mapping[str, Stored]
    outputs: dict[str, Mapping[str, Artifact]]
    keys: dict[str, str | None] = field(factory=dict)
    bound: dict[str, Resolved] = field(factory=dict)
    made: dict[str, Mapping[str, Resolved] | Literal] = field(factory=dict)
    store: ArtifactStore | None = field(default=None, eq=False, repr=False)

    def resolve(self, binding: Binding) -> Resolved:
        """Return what a binding stands for.

        Raises KeyError for a node that has not completed, and RunError for an operation on values that do not go together or an
        item that is not there.
        """
        match binding:
            case Literal():
                return binding
            case Attached(key):
                return self.attached[key]
            case ParameterRef(name, path):
                return selected(self.bound[name] if name in self.bound else self.parameters[name], path)
            case OutputRef(node, name, path):
                if node in self.made:
                    made = self.made[node]
                    return made if isinstance(made, Literal) else selected(made[name], path)
                artifact = self.outputs[node][name]
                return Stored(artifact, path, identify_output(artifact, self.keys.get(node)))
            case Collection(items=items, payload=payload):
                resolved = tuple(map(self.resolve, items))
                attached = self.attached.get(payload.key) if payload else None
                if attached is None:
                    return Gathered(binding, resolved)
                return Gathered(binding, resolved, attached.artifact, attached.identity)
            case Operation(operator, operands):
                return computed(operator, tuple(map(self.resolve, operands)), self.store)

    def lacking(self, node: Node) -> str | None:
        """Return the first input of a node that it cannot do without and that was skipped; None where all is there.

        Raises RunError where something that its inputs select or compute is not to be had.
        """
        for name, binding in node.inputs.items():
            if _is_certain(binding) or (isinstance(binding, ParameterRef) and binding.name not in self.bound):
                continue
            if self.resolve(binding) is SKIPPED and name not in node.optional:
                return name
        return None

    def inputs(self, node: Node) -> dict[str, Resolved]:
        """Return the resolved inputs of a node whose dependencies have completed."""
        return {name: self.resolve(binding) for name, binding in node.inputs.items()}


def _is_certain(binding: Binding) -> bool:
    """Say whether what a binding stands for is surely there, once the nodes before have completed."""
    kind = type(binding)
    if kind is Collection:
        return all(map(_is_certain, binding.items))  # type: ignore[union-attr]  # mypy does not narrow by `type() is`
    return kind is Literal or kind is Attached or (kind is OutputRef and not binding.path)  # type: ignore[union-attr]  # as above


def selected(value: Resolved, path: tuple[str | int, ...]) -> Resolved:
    """Return an item of a value. Raises RunError where a collection has no such item."""
    if not path or value is SKIPPED:
        return value
    if isinstance(value, Stored):
        return Stored(value.artifact, (*value.path, *path), value.identity)
    if isinstance(value, Gathered):
        return selected(_of_collection(value, path[0]), path[1:])
    return Literal(functools.reduce(_of_value, path, value.value))


def _of_collection(whole: Gathered, item: str | int) -> Resolved:
    kind, keys = whole.shape.kind, whole.shape.keys
    try:
        if kind == "dict" or (kind == "namedtuple" and isinstance(item, str)):
            return whole.items[keys.index(item)]
        return whole.items[item]  # type: ignore[index]  # a wrong item is the user's error, told as such
    except (LookupError, TypeError, ValueError):
        raise _missing(item, f"a {kind} of {len(whole.items)}") from None


def _of_value(whole: object, item: str | int) -> object:
    try:
        return whole[item]  # type: ignore[index]  # as above
    except (LookupError, TypeError):
        raise _missing(item, repr(whole)) from None


def _missing(item: str | int, whole: str) -> RunError:
    return RunError(f"an input selects the item {item!r}, which {whole[:LONGEST]} does not have")


def named_parts(output: Binding, value: Any) -> dict[str, object]:
    """Return the parts of what a pipeline returned, by name: the keys of a dict, ``output_0`` and so on of a tuple, or ``output``."""
    if not isinstance(output, Collection):
        return {"output": value}
    names = [str(key) for key in output.keys] or [f"output_{index}" for index in range(len(output.items))]
    return dict(zip(names, value.values() if isinstance(value, dict) else value, strict=True))


def check_inputs(graph: Graph, given: Mapping[str, object]) -> None:
    """Raise MissingInput where a required parameter or an attached value is not given, or a name is not known."""
    known = {parameter.name: parameter for parameter in graph.parameters}
    for name in given:
        if name not in known:
            raise MissingInput(
                f"pipeline {graph.name!r} has no parameter {name!r}; it has: {', '.join(known) or 'none'}"
            )
        if known[name].static:
            raise MissingInput(
                f"the parameter {name!r} of pipeline {graph.name!r} is Static: it was fixed when the graph was made"
            )
    missing = [name for name, parameter in known.items() if parameter.default is None and name not in given]
    if missing:
        names = ", ".join(f"{name!r} ({known[name].type})" for name in missing)
        raise MissingInput(f"pipeline {graph.name!r} was run without a value for {names}, which has no default")
    for attached in attachments(graph):
        if attached.key not in graph.attachments:
            raise MissingInput(
                f"pipeline {graph.name!r} needs the value {attached.key!r}, which is not part of its document; "
                "compile the pipeline here, or run the bundle that holds it"
            )
