"""Expand a class into its bases, its metaclass and its members."""

from __future__ import annotations

import abc
import dataclasses
import enum
import sys
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .encoding import scalar, seal, text, texts
from .externals import external, is_project_function
from .nodes import Node
from .tables import ClassSource

if TYPE_CHECKING:
    from .reach import Walker

_SKIPPED = frozenset(
    {
        "__doc__",
        "__module__",
        "__qualname__",
        "__dict__",
        "__weakref__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__firstlineno__",
        "__static_attributes__",
        "__slotnames__",  # copyreg keeps it there when an object is pickled or copied
        "__abstractmethods__",
        "__dataclass_fields__",
        "__attrs_base_of_slotted__",
        "_abc_impl",
        "_abc_cache",
        "_abc_registry",
        "_abc_negative_cache",
        "_abc_negative_cache_version",
    }
)
_MACHINERY = frozenset(
    {
        "_member_map_",
        "_member_names_",
        "_value2member_map_",
        "_unhashable_values_",
        "_unhashable_values_map_",
        "_hashable_values_",
        "_new_member_",
        "_value_repr_",
        "_use_args_",
        "_member_type_",
        "_sort_order_",
        "__new__",
    }
)
"""What :mod:`enum` keeps in an enumeration, all of it made from the members."""


def expand_class(walker: Walker, node: Node, kind: type) -> None:
    """Fill the node of a class: all its members where it belongs to the project, else its name."""
    if _is_beyond(walker, kind):
        _expand_external(walker, node, kind)
        return
    _describe(walker, node, kind)
    members = {name: value for name, value in sorted(vars(kind).items()) if name not in _SKIPPED}
    _fill(walker, node, kind, members)


def expand_enumeration(walker: Walker, node: Node, kind: enum.EnumMeta) -> None:
    """Fill the node of an enumeration: its members in order, aliases included, and its methods."""
    if _is_beyond(walker, kind):
        _expand_external(walker, node, kind)
        return
    _describe(walker, node, kind)
    listed: Mapping[str, enum.Enum] = kind.__members__
    members = {name: value for name, value in sorted(vars(kind).items()) if _is_own(kind, name, value)}
    _fill(walker, node, kind, members)
    node.content = seal("enumeration", node.content, texts(f"{name}={member.name}" for name, member in listed.items()))
    for member in [member for name, member in listed.items() if member.name == name]:
        state = {
            name: value
            for name, value in vars(member).items()
            if name not in {"_name_", "__objclass__", "_sort_order_"}
        }
        node.edges.append(walker.node(state))


def _is_own(kind: enum.EnumMeta, name: str, value: object) -> bool:
    """Tell whether an entry of an enumeration was written in it, and is not a member."""
    machinery = name in _SKIPPED or name in _MACHINERY or name in kind.__members__
    return not machinery and not (
        name in {"_generate_next_value_", "__reduce_ex__"} and not isinstance(value, (types.FunctionType, staticmethod))
    )


def _describe(walker: Walker, node: Node, kind: type) -> None:
    node.kind = "class"
    node.name = f"{kind.__module__}.{kind.__qualname__}"
    node.own_name = kind.__name__
    source, file = class_source(walker, kind)
    node.file = walker.ownership.relative(file) if file else ""
    node.text = source.text if source else f"class {kind.__qualname__}"
    node.line = source.line if source else 0
    fields = texts(f"{name}: {annotation}" for name, annotation in source.fields) if source else b""
    node.tell = lambda: {
        "doc": scalar(kind.__doc__) or b"doc",
        "names": text(kind.__qualname__),
        "modules": text(str(kind.__module__)),
        "annotations": fields,
    }
    if _reads_annotations(kind):
        node.content = seal("fields", fields)


def class_source(walker: Walker, kind: type) -> tuple[ClassSource | None, str]:
    """Return what the source says of a class, and the file that does."""
    for file in _files(kind):
        table = walker.sources.table(file)
        found = table.class_named(kind.__qualname__) if table is not None else None
        if found is not None:
            return found, file
    return None, next(_files(kind), "")


def _files(kind: type) -> Iterator[str]:
    file = getattr(sys.modules.get(str(kind.__module__)), "__file__", None)
    if isinstance(file, str):
        yield file
    for member in list(vars(kind).values()):
        function = getattr(member, "__func__", member)
        if isinstance(function, types.FunctionType) and function.__qualname__.startswith(kind.__qualname__):
            yield function.__code__.co_filename


def _reads_annotations(kind: type) -> bool:
    """Tell whether the annotations of a class are its fields: it is a record, or its metaclass is not a usual one."""
    marked = any(
        name in vars(kind) for name in ("__dataclass_fields__", "__attrs_attrs__", "__total__", "_field_defaults")
    )
    return marked or type(kind) not in {type, abc.ABCMeta, enum.EnumMeta}


def _fill(walker: Walker, node: Node, kind: type, members: dict[str, object]) -> None:
    edges = [walker.node(type(kind)), *(walker.node(base) for base in kind.__bases__)]
    for name, value in members.items():
        edges.append(_member(walker, name, value))
    fields = _dataclass_fields(walker, kind)
    module = sys.modules.get(str(kind.__module__))
    node.edges = [*edges, *fields, *walker.bindings.effects(module)]
    facts = (
        text(kind.__name__),
        texts(members),
        b"%d %d" % (len(kind.__bases__), len(fields)),
        texts(_virtual_subclasses(kind)),
    )
    node.content = seal("class", node.content, *facts)
    walker.bindings.derivations.watch(node, module.__dict__ if module else {}, kind.__qualname__.partition(".")[0])


def _member(walker: Walker, name: str, value: object) -> Node:
    if name == "__attrs_attrs__" and isinstance(value, tuple):
        return walker.node([_attrs_field(field) for field in value])
    if name == "__hash__" and _is_generated_by_attrs(value):
        return walker.node("generated from the fields")  # its code holds a number that differs in each process
    return walker.node(value)


def _is_generated_by_attrs(value: object) -> bool:
    return isinstance(value, types.FunctionType) and value.__code__.co_filename.startswith("<attrs generated")


def _attrs_field(field: Any) -> list[object]:
    """Return what an attrs field does; its type is among the annotations."""
    names = sorted(name for name in getattr(type(field), "__slots__", ()) if name not in {"type", "__weakref__"})
    return [type(field).__name__, *((name, getattr(field, name)) for name in names)]


def _dataclass_fields(walker: Walker, kind: type) -> list[Node]:
    """Return the fields of a dataclass in their order; their types are among the annotations."""
    fields: dict[str, dataclasses.Field[Any]] = vars(kind).get("__dataclass_fields__", {})
    return [walker.node(_dataclass_field(field)) for field in fields.values()]


def _dataclass_field(field: dataclasses.Field[Any]) -> list[object]:
    flags = (
        field.name,
        field.init,
        field.repr,
        field.hash,
        field.compare,
        field.kw_only is True,
        str(getattr(field, "_field_type", "")),
    )
    return [*flags, _unset(field.default), _unset(field.default_factory), dict(field.metadata)]


def _unset(value: object) -> object:
    return ("unset",) if value is dataclasses.MISSING else [value]


def _virtual_subclasses(kind: type) -> list[str]:
    """Return the names of the classes registered with an abstract one."""
    if not isinstance(kind, abc.ABCMeta):
        return []
    dump = getattr(abc, "_get_dump", None)
    registry = dump(kind)[0] if dump is not None else ()
    found = [reference() for reference in registry]
    return sorted(f"{item.__module__}.{item.__qualname__}" for item in found if item is not None)


def _is_beyond(walker: Walker, kind: type) -> bool:
    """Tell whether a class is named by where it is found beyond the project; one that a function made there is not."""
    module = str(kind.__module__)
    if walker.owner_of_module_name(module).kind == "project":
        return False
    static = not kind.__flags__ & (1 << 9)
    return static or is_found(module, kind) or not _python_members(kind)


def is_found(module: str, kind: type) -> bool:
    """Tell whether a class is where its names say."""
    found: object = sys.modules.get(module)
    for name in kind.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(name)
    return found is kind


def _python_members(kind: type) -> list[types.FunctionType]:
    members = [getattr(member, "__func__", member) for member in list(vars(kind).values())]
    return [member for member in members if isinstance(member, types.FunctionType)]


def _expand_external(walker: Walker, node: Node, kind: type) -> None:
    """Name a class beyond the project, with the methods that the project put into it or its bases."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    whole = external(walker, walker.owner_of_module_name(str(kind.__module__)), name)
    node.kind, node.name, node.edges = whole.kind, name, list(whole.edges)
    patched = [(member, function) for member, function in _patches(walker, kind)]
    node.content = seal("external class", whole.content, texts(member for member, _ in patched))
    node.edges.extend(walker.node(function) for _, function in patched)


def _patches(walker: Walker, kind: type) -> Iterator[tuple[str, types.FunctionType]]:
    for base in kind.__mro__:
        if base.__flags__ & (1 << 9) and walker.owner_of_module_name(str(base.__module__)).kind != "project":
            functions = [function for function in _python_members(base) if _is_put_there(walker, function)]
            yield from ((f"{base.__qualname__}.{function.__name__}", function) for function in functions)


def _is_put_there(walker: Walker, function: types.FunctionType) -> bool:
    """Tell whether a method of a class beyond the project is the project's: not one that the class's maker generated."""
    generated = (
        function.__code__.co_filename.startswith("<") and str(function.__globals__.get("__name__")) not in sys.modules
    )
    return not generated and is_project_function(walker, function)
