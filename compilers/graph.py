"""Hold a pipeline as frozen data: the intermediate representation that every runtime and target reads.

A :class:`Graph` has parameters, nodes in call order, the structure of its output, and the groups that nested
pipelines leave behind. The inputs of a node are :mod:`.bindings`: a value, or where a value will come from. What a worker
has to know of a step stands in modules of its own, so that it need not load the rest. Nothing here computes; walking is in
:mod:`.traversal`, invariants are in :mod:`.verification`, documents in :mod:`.serialisation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal as Choice
from typing import TypeAlias, Union

from attrs import field, frozen

from .bindings import OUTPUT as OUTPUT
from .bindings import Binding as Binding
from .bindings import Collection as Collection
from .bindings import CollectionKind as CollectionKind
from .bindings import Operation as Operation
from .bindings import Operator as Operator
from .bindings import OutputRef as OutputRef
from .bindings import ParameterRef as ParameterRef
from .bindings import PathItem as PathItem
from .literals import Attached as Attached
from .literals import Literal as Literal
from .options import Environment as Environment
from .options import NodeOptions as NodeOptions
from .options import Resources as Resources
from .options import Retry as Retry
from .references import FunctionRef as FunctionRef


@frozen
class Source:
    """A place in the user's code. ``file`` is relative to the project's root, with forward slashes."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@frozen
class Output:
    """A named output of a node, with its type as text (for people and for documents)."""

    name: str
    type: str = "Any"


CONDITION, STATE, STATUS = "condition", "state", "status"
"""What the inputs of control nodes are called that are not captured from around them."""


@frozen
class Map:
    """Run ``body`` once for each item of the inputs named by ``over``, which are equally long; the others go to each whole.

    The output is the list of the body's outputs, in the order of the items; a dict with the same keys where the first input
    in ``over`` is a dict, whose values are the items. Where the node has other outputs than :data:`OUTPUT`, the body's output
    is a tuple of as many items, and each output is the list of its own. At most ``limit`` items run at a time.
    """

    over: tuple[str, ...]
    body: Graph
    limit: int | None = None


@frozen
class When:
    """Run ``then`` where the input ``condition`` is true, else ``otherwise``; without the latter the output is None."""

    then: Graph
    otherwise: Graph | None = None


@frozen
class Repeat:
    """Run ``body`` on the input ``state`` and then on its own output, until ``until`` of that is true.

    After ``limit`` rounds the node fails, or gives the last state.
    """

    until: Graph
    body: Graph
    limit: int
    on_limit: Choice["fail", "return"] = "fail"


@frozen
class OnExit:
    """Run ``cleanup`` when every other node of the same group has ended, however it did.

    A parameter ``status`` of it is how, and is the only one that the node's inputs do not bind. The nodes that it takes outputs
    from need not have completed: all such inputs are in ``Node.optional``, and what is not there counts as skipped.
    """

    cleanup: Graph


Control: TypeAlias = Union[Map, When, Repeat, OnExit]
"""What a node does with the graphs inside it.

Such a graph is closed: it sees nothing but its own parameters, which the inputs of the node bind, by name. It has no
attachments of its own; those lie beside the outermost graph.
"""


@frozen
class Node:
    """One call of a step, or with ``control`` a part of the pipeline that unfolds while it runs.

    ``id`` is stable: the step's name, then ``name-2`` and so on in call order. ``inputs`` binds every parameter of the
    function, in the order of its signature and with defaults filled in, or every parameter of the graphs in ``control``.
    ``optional`` names the inputs for which None will do where what they are bound to was skipped; without one of the
    others the node is skipped as well. What was skipped goes through an optional input of a control node as such, and each node
    of its bodies that takes it decides in the same way. ``after`` names nodes that must have completed first though no data flows.
    ``group`` is the id of the nested pipeline that the call stands in. The function of a control node is the step or
    pipeline that it maps, else ``penstock:when``, ``penstock:repeat`` or ``penstock:on_exit``.
    """

    id: str
    name: str
    function: FunctionRef
    inputs: Mapping[str, Binding]
    outputs: tuple[Output, ...] = (Output(OUTPUT),)
    after: tuple[str, ...] = ()
    options: NodeOptions = NodeOptions()
    fingerprint: str | None = None
    group: str | None = None
    label: str = ""
    doc: str = ""
    source: Source | None = None
    control: Control | None = None
    optional: tuple[str, ...] = ()


@frozen
class Parameter:
    """A typed input of the pipeline. Without ``default`` it must be given when the graph is run.

    ``schema`` is its JSON Schema. A ``static`` parameter shaped the graph: its value is ``default`` and fixed.
    """

    name: str
    type: str = "Any"
    schema: Mapping[str, object] = field(factory=dict)
    default: Literal | Attached | None = None
    static: bool = False


@frozen
class Group:
    """A nested pipeline, kept for pictures. ``id`` prefixes the ids of the nodes inside it."""

    id: str
    name: str
    parent: str | None = None
    source: Source | None = None


@frozen
class Graph:
    """A pipeline, compiled. ``output`` has the structure that the pipeline function returned.

    ``attachments`` are the live values behind :class:`Attached` keys; they are not part of the document, and a graph
    that was read back has none.
    """

    name: str
    nodes: tuple[Node, ...]
    parameters: tuple[Parameter, ...] = ()
    output: Binding = Literal(None)
    groups: tuple[Group, ...] = ()
    doc: str = ""
    source: Source | None = None
    attachments: Mapping[str, object] = field(factory=dict, eq=False, repr=False)
    _index: Mapping[str, Node] = field(init=False, eq=False, repr=False)

    @_index.default
    def _index_by_id(self) -> Mapping[str, Node]:
        return {node.id: node for node in self.nodes}

    def __getitem__(self, node_id: str) -> Node:
        """Return the node of that id. Raises KeyError."""
        return self._index[node_id]

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._index

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of that name. Raises KeyError."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)
