"""Put values behind the inputs of a node: which artifact, which item of it, which plain value."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ..compilers.graph import Attached, Binding, Collection, Graph, Literal, Node, Operation, OutputRef, ParameterRef
from ..compilers.traversal import attachments
from .artifacts import Artifact
from .errors import MissingInput
from .identities import identify_output
from .resolved import Gathered, Resolved, Stored


@frozen
class Values:
    """What is known while a graph runs: parameters, attached values, outputs of completed nodes, and keys of calls."""

    parameters: Mapping[str, Resolved]
    attached: Mapping[str, Stored]
    outputs: dict[str, Mapping[str, Artifact]]
    keys: dict[str, str | None] = field(factory=dict)

    def resolve(self, binding: Binding) -> Resolved:
        """Return what a binding stands for. Raises KeyError for a node that has not completed."""
        match binding:
            case Literal():
                return binding
            case Attached(key):
                return self.attached[key]
            case ParameterRef(name, path):
                return _item(self.parameters[name], path)
            case OutputRef(node, name, path):
                artifact = self.outputs[node][name]
                return Stored(artifact, path, identify_output(artifact, self.keys.get(node)))
            case Collection(items=items, payload=payload):
                resolved = tuple(map(self.resolve, items))
                attached = self.attached.get(payload.key) if payload else None
                if attached is None:
                    return Gathered(binding, resolved)
                return Gathered(binding, resolved, attached.artifact, attached.identity)
            case Operation(operator):
                raise TypeError(f"the operation {operator!r} is not computed yet")

    def inputs(self, node: Node) -> dict[str, Resolved]:
        """Return the resolved inputs of a node whose dependencies have completed."""
        return {name: self.resolve(binding) for name, binding in node.inputs.items()}


def _item(value: Resolved, path: tuple[str | int, ...]) -> Resolved:
    if not path:
        return value
    if isinstance(value, Stored):
        return Stored(value.artifact, (*value.path, *path), value.identity)
    if isinstance(value, Gathered):
        raise TypeError("a parameter's value is never a collection of references")
    selected = value.value
    for item in path:
        selected = selected[item]  # type: ignore[index]  # a wrong item is the user's error, told as such
    return Literal(selected)


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
