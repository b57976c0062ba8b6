"""Check JSON values against the schemas of a graph's parameters, and read texts by them, as v1's callers send all values."""

from __future__ import annotations

import datetime
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from .errors import ParametersUnfit

if TYPE_CHECKING:
    from ..compilers.graph import Parameter

Schema: TypeAlias = Mapping[str, Any]
Fault: TypeAlias = tuple[str, str]
"""Where in a value, and what is wrong there."""

_SHOWN = 60


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", lambda value: _is_number(value) and value == value // 1),
    "number": ("a number", _is_number),
    "string": ("text", lambda value: isinstance(value, str)),
    "null": ("null", lambda value: value is None),
    "array": ("a list", lambda value: isinstance(value, list)),
    "object": ("an object", lambda value: isinstance(value, dict)),
}
_FORMATS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "date": ("a date such as 2026-11-22", datetime.date.fromisoformat),
    "date-time": ("a time such as 2026-11-22T20:43:38", datetime.datetime.fromisoformat),
}


def is_known(schema: object) -> bool:
    """Say whether a schema is such as types have; what comes from anybody may be anything."""
    return isinstance(schema, Mapping) and all(_KEYWORDS.get(name, _never)(item) for name, item in schema.items())


def _are_known(schemas: object) -> bool:
    return isinstance(schemas, list) and bool(schemas) and all(map(is_known, schemas))


def _are_choices(items: object) -> bool:
    return isinstance(items, list) and bool(items) and all(type(item) in _SCALARS for item in items)


def _is_text(item: object) -> bool:
    return isinstance(item, str)


def _is_count(item: object) -> bool:
    return type(item) is int and item >= 0


def _never(_item: object) -> bool:
    return False


_SCALARS = (type(None), bool, int, str)
_KEYWORDS: Mapping[str, Callable[[object], bool]] = {
    "type": lambda item: isinstance(item, str) and item in _TYPES,
    "enum": _are_choices,
    "format": _is_text,
    "x-python": _is_text,
    "minItems": _is_count,
    "maxItems": _is_count,
    "uniqueItems": lambda item: isinstance(item, bool),
    "anyOf": _are_known,
    "prefixItems": _are_known,
    "items": is_known,
    "additionalProperties": is_known,
}


def checked(values: Mapping[str, Any], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values of a run by parameter, numbers as the parameters want them.

    Raises ParametersUnfit, which names every parameter that is missing, unknown, fixed or wrong.
    """
    known = {parameter.name: parameter for parameter in parameters}
    found = dict(_unfit(values, known))
    for parameter in parameters:
        if parameter.default is None and not parameter.static and parameter.name not in values:
            found[f"parameters.{parameter.name}"] = f"is missing; expected {parameter.type}"
    if found:
        raise ParametersUnfit(found)
    return {name: converted(value, known[name].schema) for name, value in values.items()}


def unfit_words(name: str, fields: Mapping[str, str]) -> str:
    """Say that a pipeline or an endpoint was called with parameters that do not fit; ``fields`` says what is wrong with which."""
    wrong = "; ".join(f"{place.removeprefix('parameters.')} {told}" for place, told in fields.items())
    return f"{name} was called with parameters that do not fit: {wrong}"


def check_name(name: str, known: Mapping[str, Parameter]) -> None:
    """Raise ParametersUnfit where there is no such parameter, or it is none that a file can be given to."""
    found = dict(_unfit({name: "a file"}, known))
    if found:
        raise ParametersUnfit(found)


def _unfit(values: Mapping[str, Any], known: Mapping[str, Parameter]) -> Iterator[Fault]:
    for name, value in values.items():
        place = f"parameters.{name}"
        if name not in known:
            expected = [other for other, parameter in known.items() if not parameter.static]
            yield place[:200], f"there is no such parameter; there are: {', '.join(expected) or 'none'}"
        elif known[name].static:
            yield place, "it is fixed in this version: it shaped the graph"
        else:
            yield from faults(value, known[name].schema, place)


def faults(value: Any, schema: Schema, place: str) -> Iterator[Fault]:
    """Yield what is wrong with a value, and where."""
    if "anyOf" in schema:
        yield from _choice_faults(value, schema["anyOf"], place)
        return
    if "enum" in schema:
        if not any(type(value) is type(one) and value == one for one in schema["enum"]):
            yield place, f"expected one of {json.dumps(schema['enum'])}, got {_shown(value)}"
        return
    kind = schema.get("type")
    if kind is None:
        return
    expected, fits = _TYPES[kind]
    if not fits(value):
        yield place, f"expected {expected}, got {_shown(value)}"
        return
    yield from _INSIDE.get(kind, _nothing)(value, schema, place)


def _choice_faults(value: Any, options: Sequence[Schema], place: str) -> Iterator[Fault]:
    found = [list(faults(value, option, place)) for option in options]
    if all(found):
        told = dict.fromkeys(problem for problems in found for _, problem in problems)
        yield place, "; or ".join(told)


def _nothing(_value: Any, _schema: Schema, _place: str) -> Iterable[Fault]:
    return ()


def _text_faults(value: str, schema: Schema, place: str) -> Iterator[Fault]:
    expected, read = _FORMATS.get(schema.get("format", ""), ("", str))
    try:
        read(value)
    except ValueError:
        yield place, f"expected {expected}, got {_shown(value)}"
    if "\0" in value and schema.get("format") == "path":
        yield place, "a path has no NUL character"


def _number_faults(value: float, _schema: Schema, place: str) -> Iterator[Fault]:
    try:
        float(value)
    except OverflowError:  # a whole number may have any number of digits
        yield place, f"expected a number up to {sys.float_info.max:.1e}, got {_shown(value)}"


def _list_faults(value: list[Any], schema: Schema, place: str) -> Iterator[Fault]:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if len(value) < least or (most is not None and len(value) > most):
        yield place, f"expected {most if most == least else f'at least {least}'} items, got {len(value)}"
        return
    for index, (item, inner) in enumerate(_items(value, schema)):
        yield from faults(item, inner, f"{place}[{index}]")


def _object_faults(value: dict[str, Any], schema: Schema, place: str) -> Iterator[Fault]:
    inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping):
        for key, item in value.items():
            yield from faults(item, inner, f"{place}.{key}")


_INSIDE: Mapping[str, Callable[[Any, Schema, str], Iterable[Fault]]] = {
    "string": _text_faults,
    "number": _number_faults,
    "array": _list_faults,
    "object": _object_faults,
}


def _items(value: list[Any], schema: Schema) -> Iterable[tuple[Any, Schema]]:
    if "prefixItems" in schema:
        return zip(value, schema["prefixItems"], strict=False)
    return ((item, schema.get("items", {})) for item in value)


def converted(value: Any, schema: Schema) -> Any:
    """Return a value that fits with its numbers as the schema wants them: 5 for a number is 5.0, 5.0 for an integer 5."""
    if "anyOf" in schema:
        fitting = (option for option in schema["anyOf"] if not list(faults(value, option, "")))
        exact = sorted(fitting, key=lambda option: option.get("type") == "number" and isinstance(value, int))
        return converted(value, exact[0]) if exact else value
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return int(value) if kind == "integer" else _as_float(value)
    if isinstance(value, list):
        return [converted(item, inner) for item, inner in _items(value, schema)]
    inner = schema.get("additionalProperties")
    if isinstance(value, dict) and isinstance(inner, Mapping):
        return {key: converted(item, inner) for key, item in value.items()}
    return value


def from_text(text: str, schema: Schema) -> Any:
    """Return what a text stands for; a text that cannot be read stays what it is, and will not fit."""
    options = schema.get("anyOf", [schema])
    for option in sorted(options, key=lambda option: option.get("type") == "string" or "enum" in option):
        if option.get("type") == "string":
            return text
        value = _from_json(text)
        if value is not None and not list(faults(value, option, "")):
            return value
        if option.get("type") == "null" and text.lower() in ("", "none", "null"):
            return None
    return text


def _from_json(text: str) -> Any:
    try:
        return json.loads(
            text if text not in ("True", "False") else text.lower(), parse_constant=str, parse_float=_finite
        )
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float | str:
    """Read a number; one that is too big for a float stays a text, and will not fit."""
    value = float(text)
    return value if math.isfinite(value) else text


def _as_float(value: Any) -> Any:
    try:
        return float(value)
    except OverflowError:
        return value


def _shown(value: Any) -> str:
    text = json.dumps(value, default=repr)  # callers in Python give more than JSON has
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
