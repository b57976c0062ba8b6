"""Hold what the inputs of nodes are bound to: a value, or where a value will come from."""

from __future__ import annotations

from typing import Literal as Choice
from typing import TypeAlias, Union

from attrs import frozen

from .literals import Attached, Literal
from .travelling import travels

PathItem: TypeAlias = str | int
"""One selection into a value: a key or an index, as in ``promise["rmse"]`` or ``promise[0]``."""

CollectionKind: TypeAlias = Choice["list", "tuple", "set", "dict", "namedtuple"]

Operator: TypeAlias = Choice["==", "!=", "<", "<=", ">", ">=", "&", "|", "~"]

OUTPUT = "output"
"""The name of a step's output where the signature gives none."""


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
