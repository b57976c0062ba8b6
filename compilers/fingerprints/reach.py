"""Walk from a function over the live objects that it reaches, each expanded once."""

from __future__ import annotations

import contextlib
import enum
import functools
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from . import callables, classes, externals, functions, instances, modules, values
from .bindings import Bindings
from .dismissals import Dismissals
from .encoding import seal, text
from .names import Names
from .nodes import Node, sort_edges
from .ownership import Owner, Ownership
from .sources import Sources
from .tables import Definition

Expander = Callable[["Walker", Node, Any], None]

_BY_TYPE: Mapping[type, Expander] = {
    types.FunctionType: functions.expand_function,
    types.MethodType: callables.expand_method,
    types.BuiltinFunctionType: callables.expand_builtin,
    types.WrapperDescriptorType: callables.expand_descriptor,
    types.MethodDescriptorType: callables.expand_descriptor,
    types.ClassMethodDescriptorType: callables.expand_descriptor,
    types.GetSetDescriptorType: callables.expand_descriptor,
    types.MemberDescriptorType: callables.expand_descriptor,
    types.MethodWrapperType: callables.expand_builtin,
    types.ModuleType: modules.expand_module,
    types.CodeType: callables.expand_code,
    functools.partial: callables.expand_partial,
    functools.partialmethod: callables.expand_partial,
    functools.cached_property: callables.expand_cached_property,
    functools.singledispatchmethod: callables.expand_singledispatchmethod,
    functools._lru_cache_wrapper: callables.expand_lru_cache,
    staticmethod: callables.expand_wrapping,
    classmethod: callables.expand_wrapping,
    property: callables.expand_property,
    list: values.expand_sequence,
    tuple: values.expand_sequence,
    dict: values.expand_mapping,
    types.MappingProxyType: values.expand_mapping,
    set: values.expand_set,
    frozenset: values.expand_set,
    types.CellType: callables.expand_cell,
}

_CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type)
"""Objects that are identified once in a process, unlike values, which change."""


class Walker:
    """The graph of all objects met so far in this process, with a strong reference to each, so that identities hold."""

    def __init__(self, ownership: Ownership, sources: Sources, ignored_calls: Sequence[str] = ()) -> None:
        self.ownership = ownership
        self.sources = sources
        self.dismissals = Dismissals(ignored_calls, sources, ownership)
        self._ignored_calls = ignored_calls
        self.bindings = Bindings(self)
        self.imported = False
        """Whether the walk had to import a module, which may have changed objects expanded before."""
        self._known: dict[int, tuple[Node, object]] = {}
        self._values: dict[int, tuple[Node, object]] = {}
        self._names: dict[int, tuple[Names, object]] = {}
        self.builtin_uses: dict[tuple[str, str], Node | None] = {}
        """What builtins reach that mean the same everywhere, by name and by how they are used; for :mod:`.names`."""
        self._constants: dict[bytes, Node] = {}
        self.no_defaults = (self.node(()), self.node(None))
        self._leaves: dict[tuple[str, str, bytes], Node] = {}
        self._queue: list[tuple[Node, object]] = []
        self._unordered: list[Node] = []
        self._opaque: list[Node] = []

    def forget(self) -> None:
        """Drop the whole graph, as must be done after modules were imported on the way."""
        self.__init__(self.ownership, self.sources, self._ignored_calls)  # type: ignore[misc]  # starts over, with the same sources

    def node(self, value: object) -> Node:
        """Return the node of an object; :meth:`finish` completes it."""
        known = self._known.get(id(value)) or self._values.get(id(value))
        if known is not None:
            return known[0]
        plain = values.plain(self, value)
        return self._new(value) if plain is None else self._constant(plain)

    def _constant(self, plain: bytes) -> Node:
        node = self._constants.get(plain)
        if node is None:
            node = self._constants[plain] = Node("value", "", seal("value", plain))
        return node

    def definition(self, function: types.FunctionType) -> Definition | None:
        """Return what the source says of a function, without the calls that do not count; see :meth:`Sources.definition`."""
        code = function.__code__
        table = self.dismissals.table(code.co_filename, function.__globals__)
        return None if table is None else table.find(self.sources.code(code), code.co_name, code.co_firstlineno)

    def names(self, namespace: dict[str, object]) -> Names:
        """Return what the names of a module stand for, given its globals."""
        known = self._names.get(id(namespace))
        if known is None:
            known = self._names[id(namespace)] = Names(self, namespace), namespace
        return known[0]

    @contextlib.contextmanager
    def fresh_values(self) -> Iterator[None]:
        """Forget, inside, which values were met, since those may have changed; code is still known."""
        kept, self._values = self._values, {}
        try:
            yield
        finally:
            self._values = kept

    def _new(self, value: object) -> Node:
        followed = externals.unwrapped(value)
        if followed is not value:
            node = self.node(followed)
        else:
            node = Node("pending")
            self._queue.append((node, value))
        remembered = self._known if isinstance(value, _CODE) else self._values
        remembered[id(value)] = (node, value)
        return node

    def finish(self) -> None:
        """Expand all that was met, and order sets."""
        while True:
            while self._queue:
                node, value = self._queue.pop()
                self._expand(node, value)
            if not self.bindings.derivations.settle(self._opaque):
                break
        while self._unordered:
            sort_edges(self._unordered.pop())

    def _expand(self, node: Node, value: object) -> None:
        expander = _BY_TYPE.get(type(value)) or _by_family(value)
        expander(self, node, value)
        if node.unordered:
            self._unordered.append(node)

    def opaque(self, node: Node) -> None:
        """Note that an object can be identified neither by its type nor by its state; see :mod:`.derivations`."""
        node.kind = "opaque"
        self._opaque.append(node)

    def leaf(
        self,
        kind: str,
        name: str,
        content: bytes,
        edges: tuple[Node, ...] = (),
        *,
        version: str = "",
        summary: str = "",
    ) -> Node:
        """Return the one node with these facts; for what has no identity of its own."""
        key = (kind, name, content)
        if key not in self._leaves:
            self._leaves[key] = Node(kind, name, content, edges=list(edges), version=version, text=summary)
        return self._leaves[key]

    def missing(self, name: str) -> Node:
        """Return the node of a name that nothing has."""
        return self.leaf("missing", name, seal("missing", text(name)))

    def owner_of_module_name(self, name: str) -> Owner:
        """Return who owns a module given by its name."""
        module = sys.modules.get(name)
        return self.ownership.of_module(module) if module is not None else self.ownership.of_missing_file(name)


def _by_family(value: object) -> Expander:
    if isinstance(value, enum.EnumMeta):
        return classes.expand_enumeration
    if isinstance(value, type):
        return classes.expand_class
    if isinstance(value, types.ModuleType):
        return modules.expand_module
    if isinstance(value, enum.Enum):
        return instances.expand_member
    return instances.expand_instance
