"""Say in one line what a value is, without ever running slow or broken code of the value's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from types import FunctionType
from typing import Any

from .space import readable_size

LONGEST = 120
"""Characters of a summary."""

_MOST_ITEMS = 6
_DEEPEST = 2
_MOST_SORTED = 1000
_SCALARS = (type(None), bool, int, float, complex, str, bytes)


def type_of(value: object) -> str:
    """Name a value's type as a person would look it up: ``int``, ``sklearn.svm._classes.SVC``."""
    kind = type(value)
    if isinstance(value, Path):
        return "pathlib.Path"
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def summarise(value: object) -> str:
    """Describe a value in at most 120 characters: ``DataFrame 150 x 5``, ``'some te...'``, ``SVC object``.

    Never fails, and never calls a ``repr`` that is not Python's own.
    """
    try:
        text = _summary(value)
    except Exception:
        text = f"{type(value).__name__} object"
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _summary(value: object) -> str:
    if isinstance(value, Path):
        return _path(value)
    module = type(value).__module__.partition(".")[0]
    known = _BY_CLASS.get(f"{module}.{type(value).__name__}")
    if known is not None:
        return known(value)
    return _numpy_scalar(value) if module == "numpy" and hasattr(value, "dtype") else _brief(value, 0)


def _brief(value: object, depth: int) -> str:
    if type(value) in (str, bytes):
        return _quoted(value)  # type: ignore[arg-type]
    if type(value) is int:
        return str(value) if value.bit_length() < 256 else f"int of {value.bit_length()} bits"
    if type(value) in _SCALARS:
        return repr(value)
    if isinstance(value, Path):
        return f"Path({value.name!r})"
    if type(value) in _BRACKETS and depth < _DEEPEST:
        return _container(value, depth)
    return _named_fields(value) if depth == 0 else type(value).__name__


def _quoted(value: str | bytes) -> str:
    return repr(value) if len(value) <= LONGEST else f"{value[:LONGEST]!r}..."


def _container(value: Any, depth: int) -> str:
    brackets = _BRACKETS[type(value)]
    shown = list(islice(_shown(value, depth + 1), _MOST_ITEMS))
    rest = [f"... {len(value)} in all"] if len(value) > _MOST_ITEMS else []
    return brackets[0] + ", ".join(shown + rest) + brackets[1]


def _shown(value: Any, depth: int) -> Iterable[str]:
    if type(value) is dict:
        return (f"{_brief(key, depth)}: {_brief(item, depth)}" for key, item in value.items())
    texts = (_brief(item, depth) for item in value)
    return sorted(texts) if type(value) in (set, frozenset) and len(value) <= _MOST_SORTED else texts


def _named_fields(value: object) -> str:
    """Show the fields of a record class; of any other class the name is all that is safe to tell."""
    name = type(value).__name__
    names = list(islice(_field_names(value), _MOST_ITEMS))
    if not names:
        return f"{name} {value.__name__}" if isinstance(value, (type, FunctionType)) else f"{name} object"
    shown = [f"{field}={_brief(object.__getattribute__(value, field), 1)}" for field in names]
    return f"{name}({', '.join(shown)})"


def _field_names(value: object) -> Iterable[str]:
    if isinstance(value, tuple):
        return getattr(type(value), "_fields", ())
    if hasattr(type(value), "__dataclass_fields__"):
        from dataclasses import fields  # its class has loaded that

        return (field.name for field in fields(value) if field.repr)  # type: ignore[arg-type]  # it is one
    return (field.name for field in getattr(type(value), "__attrs_attrs__", ()) if field.repr)


def _path(path: Path) -> str:
    if not path.is_dir():
        return f"file {path.name} {readable_size(path.stat().st_size)}"
    sizes = [child.stat().st_size for child in path.rglob("*") if child.is_file()]
    return f"folder of {len(sizes)} file{'s' * (len(sizes) != 1)}, {readable_size(sum(sizes))}"


def _array(value: Any) -> str:
    return f"ndarray {value.dtype} {value.shape}"


def _table(value: Any) -> str:
    rows, columns = value.shape
    return f"{type(value).__name__} {rows} x {columns}"


def _series(value: Any) -> str:
    name = f" {value.name}" if type(value.name) is str else ""
    return f"Series{name} {value.dtype} {len(value)}"


def _numpy_scalar(value: Any) -> str:
    return f"{type(value).__name__} {value}"


def _tensor(value: Any) -> str:
    return f"Tensor {str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"


_BRACKETS: dict[type, str] = {list: "[]", tuple: "()", dict: "{}", set: "{}", frozenset: "{}"}

_BY_CLASS: dict[str, Callable[[Any], str]] = {
    "numpy.ndarray": _array,
    "pandas.DataFrame": _table,
    "pandas.Series": _series,
    "polars.DataFrame": _table,
    "pyarrow.Table": _table,
    "torch.Tensor": _tensor,
}
