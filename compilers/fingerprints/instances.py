"""Expand instances of classes into their class and their state."""

from __future__ import annotations

import collections
import enum
import pathlib
import re
import sys
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arrays import array_identity
from .digests import own_identity
from .encoding import seal, text
from .externals import external, found_name, is_penstock_type, penstock
from .nodes import Node
from .programs import expand_program

if TYPE_CHECKING:
    from .reach import Walker

_INERT_MODULES = frozenset(
    {"logging", "_thread", "threading", "weakref", "_weakref", "_weakrefset", "logging.handlers"}
)
"""Modules whose objects hold no data that a result could depend on: loggers, locks, weak collections."""

_INERT_TYPES = frozenset({"_abc._abc_data", "functools._lru_list_elem", "builtins.object"})
_CONTENT_BASES = (list, dict, set, frozenset, tuple, str, bytes, int, float, complex, bytearray, collections.deque)
_COMPILED_HEAP = 1 << 9


def expand_member(walker: Walker, node: Node, member: enum.Enum) -> None:
    """Fill the node of a member of an enumeration: the enumeration and the member's name."""
    node.kind = "member"
    node.content = seal("member", text(str(member.name)))
    node.edges = [walker.node(type(member))]
    name: object = member.name  # None for a combination of flags
    if name not in type(member).__members__:
        node.edges.append(walker.node(member.value))


def expand_instance(walker: Walker, node: Node, value: Any) -> None:
    """Fill the node of an instance: by what its type says itself, by known types, else by class and state."""
    kind = type(value)
    node.kind, node.name = "instance", f"{kind.__module__}.{kind.__qualname__}"
    name = found_name(walker, value)
    if name is not None:
        whole = external(walker, walker.owner_of_module_name(str(value.__module__)), name)
        node.kind, node.name, node.content, node.edges = whole.kind, name, whole.content, list(whole.edges)
    elif is_penstock_type(kind):
        if not expand_program(walker, node, value):
            node.content, node.edges = seal("instance", text(node.name)), [penstock(walker)]
    elif _is_inert(kind) or not (_by_declaration(walker, node, value) or _by_type(walker, node, value)):
        _by_state(walker, node, value)


def _is_inert(kind: type) -> bool:
    return kind.__module__ in _INERT_MODULES or f"{kind.__module__}.{kind.__qualname__}" in _INERT_TYPES


def _by_declaration(walker: Walker, node: Node, value: Any) -> bool:
    """Use what the type's own method or a registered function says."""
    declared = own_identity(value)
    if declared is NotImplemented:
        declared = array_identity(value)
    if declared is NotImplemented:
        return False
    node.content = seal("declared", text(node.name))
    node.edges = [walker.node(type(value)), walker.node(declared)]
    return True


def _by_type(walker: Walker, node: Node, value: Any) -> bool:
    """Use what is known of a few types of the standard library; a random generator that a module keeps hidden by its name."""
    hidden = _hidden_generator(value)
    if hidden:
        whole = external(walker, walker.owner_of_module_name(hidden), hidden)
        node.content, node.edges = whole.content, list(whole.edges)
        return True
    facts = _facts(value)
    if facts is None:
        return False
    node.content = seal("typed", text(node.name), b"%d" % len(facts))
    node.edges = [walker.node(fact) for fact in facts]
    return True


def _hidden_generator(value: object) -> str:
    for module, name in (("random", "_inst"), ("numpy.random.mtrand", "_rand")):
        if value is getattr(sys.modules.get(module), name, None) and value is not None:
            return f"{module}.{name}"
    return ""


def _facts(value: Any) -> list[object] | None:
    if isinstance(value, re.Pattern):
        return [value.pattern, int(value.flags)]
    if isinstance(value, pathlib.PurePath) and type(value).__module__.partition(".")[0] == "pathlib":
        return ["path", str(value)]
    if isinstance(value, (typing.TypeVar, typing.ParamSpec)):
        return [type(value).__name__, value.__name__, value.__bound__, getattr(value, "__constraints__", ())]
    if isinstance(value, types.SimpleNamespace) and type(value) is types.SimpleNamespace:
        return [dict(vars(value))]
    origin = typing.get_origin(value)
    if origin is not None and not isinstance(value, type):
        return ["alias", origin, list(typing.get_args(value))]
    return None


# -- state ------------------------------------------------------------------------------------------------------------


def _by_state(walker: Walker, node: Node, value: Any) -> None:
    kind = type(value)
    node.edges = [walker.node(kind)]
    node.content = seal("instance", text(kind.__qualname__))
    if _is_inert(kind):
        return
    if _keeps_state_in_attributes(walker, kind):
        _by_attributes(walker, node, value)
    else:
        _by_reduction(walker, node, value)


def _keeps_state_in_attributes(walker: Walker, kind: type) -> bool:
    """Tell whether attributes, slots and the content of a builtin container are all there is to an instance."""
    for base in kind.__mro__:
        if base is object or base in _CONTENT_BASES:
            continue
        if not base.__flags__ & _COMPILED_HEAP:
            return False
        compiled = walker.owner_of_module_name(str(base.__module__)).kind != "project"
        if compiled and (
            {"__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__"} & vars(base).keys()
        ):
            return False
    return True


def _by_attributes(walker: Walker, node: Node, value: Any) -> None:
    state: dict[str, object] = dict(getattr(value, "__dict__", {}))
    for base in type(value).__mro__:
        for name in _slots(base):
            state[f"{base.__qualname__}.{name}"] = _slot_value(value, base, name)
    node.edges.extend((walker.node(state), walker.node(_content(value))))


def _slots(kind: type) -> list[str]:
    members = [name for name, member in list(vars(kind).items()) if isinstance(member, types.MemberDescriptorType)]
    return [name for name in members if name not in {"__dict__", "__weakref__"}]


def _slot_value(value: object, kind: type, name: str) -> object:
    try:
        return [vars(kind)[name].__get__(value, type(value))]
    except AttributeError:
        return None


def _content(value: Any) -> object:
    """Return what an instance of a subclass of a builtin type holds as one."""
    if isinstance(value, dict):
        return [part for key in dict.keys(value) for part in (key, dict.__getitem__(value, key))]
    if isinstance(value, (set, frozenset)):
        return frozenset(value)
    bases: tuple[Any, ...] = (list, tuple, collections.deque)
    for base in bases:
        if isinstance(value, base):
            return [*base.__iter__(value), getattr(value, "maxlen", None)]
    return _constant(value)


def _constant(value: Any) -> object:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    bases: tuple[Any, ...] = (str, int, float, complex)
    for base in bases:
        if isinstance(value, base):
            return base.__getnewargs__(value)
    return None


def _by_reduction(walker: Walker, node: Node, value: Any) -> None:
    """Use what pickling would save, except for its bytes."""
    try:
        reduced = value.__reduce_ex__(4)
    except Exception:  # what a class says who cannot be pickled is its own affair
        reduced = None
    if isinstance(reduced, tuple) and len(reduced) > 1:
        parts = [_listed(part) for part in reduced]
        node.edges.extend(walker.node(part) for part in parts)
        node.content = seal("reduced", node.content, b"%d" % len(parts))
    elif isinstance(reduced, str) and _named(value, reduced):
        node.content = seal("global", node.content, text(reduced))
    else:
        walker.opaque(node)


def _listed(part: object) -> object:
    """Turn the iterators over items and keys, which pickling would consume, into lists."""
    if isinstance(part, (str, bytes, tuple, Mapping, type)) or not hasattr(part, "__next__"):
        return part
    return list(part)  # type: ignore[call-overload]  # an iterator


def _named(value: object, name: str) -> bool:
    """Tell whether a value is what its module has under a name, as a reduction to a text claims."""
    module = str(getattr(value, "__module__", None) or type(value).__module__)
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is value
