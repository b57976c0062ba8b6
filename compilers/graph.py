"""Hold a pipeline as frozen data: the intermediate representation that every runtime and target reads.

A :class:`Graph` has parameters, nodes in call order, the structure of its output, and the groups that nested
pipelines leave behind. The inputs of a node are *bindings*: a value, or where a value will come from. Nothing here
computes; walking is in :mod:`.traversal`, invariants are in :mod:`.verification`, documents in :mod:`.serialisation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal as Choice
from typing import TypeAlias, Union

from attrs import field, frozen

from .travelling import travels

PathItem: TypeAlias = str | int
"""One selection into a value: a key or an index, as in ``promise["rmse"]`` or ``promise[0]``."""

CollectionKind: TypeAlias = Choice["list", "tuple", "set", "dict", "namedtuple"]

Operator: TypeAlias = Choice["==", "!=", "<", "<=", ">", ">=", "&", "|", "~"]

OUTPUT = "output"
"""The name of a step's output where the signature gives none."""


@travels
@frozen
class Literal:
    """A plain value written into the graph: a scalar, a date, an enum member, a path, or a collection of such.

    What is plain is decided by :func:`penstock.compilers.values.is_plain`; all else is :class:`Attached`.
    """

    value: object


@frozen
class Attached:
    """A value that is too big or too rich for a document; it travels beside the graph under ``key``.

    ``digest`` identifies its content, where that can be computed, so that two graphs can be told apart.
    """

    key: str
    digest: str | None = None


@frozen
class ParameterRef:
    """The value of a pipeline parameter, or an item of it."""

    name: str
    path: tuple[PathItem, ...] = ()


@travels
@frozen
class OutputRef:
    """An output of an earlier node, or an item of it."""

    node: str
    name: str = OUTPUT
    path: tuple[PathItem, ...] = ()


@frozen
class Collection:
    """A list, tuple, set, dict or NamedTuple with at least one reference somewhere inside.

    ``keys`` are the keys of a dict (plain values) or the fields of a NamedTuple; ``type`` is the ``module:qualname`` of
    the latter's class, and ``payload`` the class itself, which may travel beside the graph.
    """

    kind: CollectionKind
    items: tuple[Binding, ...]
    keys: tuple[object, ...] = ()
    type: str | None = None
    payload: Attached | None = None


@frozen
class Operation:
    """A comparison of two values, or a combination of truth values; computed where its operands are known, in no worker."""

    operator: Operator
    operands: tuple[Binding, ...]


Binding: TypeAlias = Union[Literal, Attached, ParameterRef, OutputRef, Collection, Operation]
"""What an input is bound to."""


@travels
@frozen
class FunctionRef:
    """Where a function is found: ``module`` and ``qualname``, or by value when ``attached`` is set."""

    module: str
    qualname: str
    attached: Attached | None = None

    def __str__(self) -> str:
        return f"{self.module}:{self.qualname}"


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


@travels
@frozen
class Resources:
    """What a step asks of the machine that runs it. ``memory`` is in bytes; None leaves a choice to the runtime."""

    cpus: float | None = None
    memory: int | None = None
    gpus: int = 0
    nodes: int = 1


@frozen
class Retry:
    """When a failed node is tried again: ``delay`` seconds later, then ``factor`` times as long, at most ``longest``.

    ``on`` are the classes of exceptions that are followed by another attempt, as ``module:qualname``; empty means any.
    """

    delay: float = 0.5
    factor: float = 2.0
    longest: float = 60.0
    on: tuple[str, ...] = ()


@frozen
class Environment:
    """What must be installed and set where a step runs."""

    packages: tuple[str, ...] = ()
    image: str | None = None
    variables: Mapping[str, str] = field(factory=dict)


@travels
@frozen
class NodeOptions:
    """How a node is run and reused. ``timeout`` is in seconds and holds for one attempt; ``max_age`` is in seconds.

    ``hash_paths`` are relative to the project's root where they lie under it; ``env`` are names of variables.
    """

    allow_reuse: bool = True
    retries: int = 0
    retry: Retry = Retry()
    timeout: float | None = None
    max_age: float | None = None
    resources: Resources = Resources()
    compute: str | None = None
    environment: Environment | None = None
    version: str | None = None
    hash_paths: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(factory=dict)


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
