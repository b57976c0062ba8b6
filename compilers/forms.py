"""Derive from a frozen class how it is written as JSON, read back, and described by a schema.

One :class:`Form` does all three, so that they cannot disagree. Fields at their defaults are left out; an unknown or a
missing field, and a value of the wrong type, are refused with the path that leads there.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, Protocol

import attrs
from attrs import frozen

from .errors import GraphFormatError
from .members import FindMember
from .values import Json, from_json, to_json

_NAMES = {float: "number", int: "integer", str: "string", bool: "boolean"}


class Form(Protocol):
    """How values of one type look in JSON. ``member`` says what the name of an enum's member is read as."""

    def write(self, value: Any, /) -> Json: ...
    def read(self, data: Json, path: str, member: FindMember, /) -> Any: ...
    def schema(self) -> dict[str, Json]: ...


@frozen(eq=False, repr=False)
class Scalar:
    """Text, numbers and truth values, or a choice of texts. A float may be written as an int."""

    kinds: tuple[type, ...]
    name: str
    choices: tuple[str, ...] = ()

    def write(self, value: Any) -> Json:
        return value

    def read(self, data: Json, path: str, _member: FindMember) -> Any:
        if type(data) not in self.kinds:
            raise GraphFormatError(f"expected {self.name}, found {data!r}", path)
        if self.choices and data not in self.choices:
            raise GraphFormatError(f"expected one of {', '.join(self.choices)}, found {data!r}", path)
        return data

    def schema(self) -> dict[str, Json]:
        if self.choices:
            return {"enum": list(self.choices)}
        names = [_NAMES[kind] for kind in self.kinds if kind is not int or float not in self.kinds]
        return {"type": names[0] if len(names) == 1 else names}


@frozen(eq=False, repr=False)
class Value:
    """A plain value; see :mod:`penstock.compilers.values`."""

    def write(self, value: Any) -> Json:
        return to_json(value)

    def read(self, data: Json, path: str, member: FindMember) -> Any:
        return from_json(data, path, member)

    def schema(self) -> dict[str, Json]:
        return {}


@frozen(eq=False, repr=False)
class Verbatim:
    """An object of JSON itself, written as it is."""

    def write(self, value: Any) -> Json:
        return value

    def read(self, data: Json, path: str, _member: FindMember) -> Any:
        if not isinstance(data, dict):
            raise GraphFormatError(f"expected an object, found {data!r}", path)
        return data

    def schema(self) -> dict[str, Json]:
        return {"type": "object"}


@frozen(eq=False, repr=False)
class Optional:
    """A value or null."""

    inner: Form

    def write(self, value: Any) -> Json:
        return None if value is None else self.inner.write(value)

    def read(self, data: Json, path: str, member: FindMember) -> Any:
        return None if data is None else self.inner.read(data, path, member)

    def schema(self) -> dict[str, Json]:
        return {"anyOf": [self.inner.schema(), {"type": "null"}]}


@frozen(eq=False, repr=False)
class ListOf:
    """A tuple, as an array."""

    inner: Form

    def write(self, value: Any) -> Json:
        return [self.inner.write(item) for item in value]

    def read(self, data: Json, path: str, member: FindMember) -> Any:
        if not isinstance(data, list):
            raise GraphFormatError(f"expected an array, found {data!r}", path)
        return tuple(self.inner.read(item, f"{path}[{index}]", member) for index, item in enumerate(data))

    def schema(self) -> dict[str, Json]:
        return {"type": "array", "items": self.inner.schema()}


@frozen(eq=False, repr=False)
class MapOf:
    """A mapping from text, as an object whose order counts."""

    inner: Form

    def write(self, value: Any) -> Json:
        return {key: self.inner.write(item) for key, item in value.items()}

    def read(self, data: Json, path: str, member: FindMember) -> Any:
        if not isinstance(data, dict):
            raise GraphFormatError(f"expected an object, found {data!r}", path)
        return {key: self.inner.read(item, f"{path}.{key}", member) for key, item in data.items()}

    def schema(self) -> dict[str, Json]:
        return {"type": "object", "additionalProperties": self.inner.schema()}


@frozen(eq=False, repr=False)
class Record:
    """A frozen class, as an object of its fields.

    ``renamed`` maps fields to the names they have in JSON, ``forms`` to forms other than their type's.
    """

    kind: type
    renamed: Mapping[str, str]
    forms: Mapping[str, Form] = attrs.field(factory=dict)

    def write(self, value: Any) -> Json:
        data = {}
        for field, name, form, default in self.fields:
            item = getattr(value, field)
            if item != default:
                data[name] = form.write(item)
        return data

    def read(self, data: Json, path: str, member: FindMember) -> Any:
        if not isinstance(data, dict):
            raise GraphFormatError(f"expected an object, found {data!r}", path)
        known = {name: (field, form) for field, name, form, _ in self.fields}
        for name in data:
            if name not in known:
                raise GraphFormatError(f"unknown field {name!r}; a {self.kind.__name__} has {', '.join(known)}", path)
        for _, name, _, default in self.fields:
            if default is attrs.NOTHING and name not in data:
                raise GraphFormatError(f"a {self.kind.__name__} needs the field {name!r}", path)
        read = {known[name][0]: known[name][1].read(item, f"{path}.{name}", member) for name, item in data.items()}
        return self.kind(**read)

    def schema(self) -> dict[str, Json]:
        return {"$ref": f"#/$defs/{self.kind.__name__}"}

    def definition(self) -> dict[str, Json]:
        """Return the schema of the class itself, for ``$defs``."""
        return {
            "type": "object",
            "description": (self.kind.__doc__ or "").partition("\n")[0],
            "properties": {name: form.schema() for _, name, form, _ in self.fields},
            "required": [name for _, name, _, default in self.fields if default is attrs.NOTHING],
            "additionalProperties": False,
        }

    @functools.cached_property
    def fields(self) -> tuple[tuple[str, str, Form, object], ...]:
        """The fields that are written: each with its name in JSON, its form and its default."""
        hints = typing.get_type_hints(self.kind)
        fields = [field for field in attrs.fields(self.kind) if field.init and field.eq]
        return tuple(
            (
                field.name,
                self.renamed.get(field.name, field.name),
                self.forms.get(field.name) or form_of(hints[field.name]),
                _default(field),
            )
            for field in fields
        )


@frozen(eq=False, repr=False)
class Tagged:
    """One of several classes, told apart by the name of a field that only it has."""

    records: Mapping[str, Record]

    def write(self, value: Any) -> Json:
        return self._by_kind[type(value)].write(value)

    def read(self, data: Json, path: str, member: FindMember) -> Any:
        tag = next((tag for tag in self.records if isinstance(data, dict) and tag in data), None)
        if tag is None:
            raise GraphFormatError(
                f"expected an object with one of the fields {', '.join(self.records)}, found {data!r}", path
            )
        return self.records[tag].read(data, path, member)

    def schema(self) -> dict[str, Json]:
        return {"oneOf": [record.schema() for record in self.records.values()]}

    @functools.cached_property
    def _by_kind(self) -> dict[type, Record]:
        return {record.kind: record for record in self.records.values()}


_FORMS: dict[Any, Form] = {
    str: Scalar((str,), "string"),
    int: Scalar((int,), "integer"),
    float: Scalar((float, int), "number"),
    bool: Scalar((bool,), "boolean"),
    object: Value(),
}


def register(hint: Any, form: Form) -> None:
    """Say how a type is written, where its fields do not tell."""
    _FORMS[hint] = form


def form_of(hint: Any) -> Form:
    """Return the form of a type. Raises KeyError for a type that nobody described."""
    if hint in _FORMS:
        return _FORMS[hint]
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    if attrs.has(hint):
        form: Form = Record(hint, {})
    elif origin is typing.Literal:
        form = Scalar((str,), "string", items)
    elif origin is tuple:
        form = ListOf(form_of(items[0]))
    elif origin in (typing.Union, types.UnionType):
        form = _union(items)
    else:
        form = MapOf(form_of(dict([items])[str]))
    _FORMS[hint] = form
    return form


def _union(items: tuple[Any, ...]) -> Form:
    options = [form_of(item) for item in items if item is not type(None)]
    kinds = tuple(kind for option in options if isinstance(option, Scalar) for kind in option.kinds)
    if len(options) == 1:
        inner = options[0]
    elif kinds:
        inner = Scalar(kinds, "a text or a number")
    else:
        inner = Tagged({_tag(option): option for option in options if isinstance(option, Record)})
    return Optional(inner) if type(None) in items else inner


def _tag(record: Record) -> str:
    field = attrs.fields(record.kind)[0]
    return record.renamed.get(field.name, field.name)


def _default(field: attrs.Attribute[Any]) -> object:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]
