"""Encode numpy arrays, pandas tables and torch tensors by content, without importing any of these libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .encoding import content_digest, joined, scalar

Surrogate = tuple[object, ...]
"""Plain data, with arrays as bytes, that stand for a value."""


def array_identity(value: Any) -> object:
    """Return plain data that identify a value of one of these libraries; ``NotImplemented`` for any other value."""
    for kind in type(value).__mro__:
        encoder = _ENCODERS.get(f"{kind.__module__.partition('.')[0]}.{kind.__name__}")
        if encoder is not None:
            return encoder(value)
    return NotImplemented


def _ndarray(value: Any) -> Surrogate:
    """Return dtype, shape and bytes in C order; arrays of objects by their elements."""
    head = (str(value.dtype.str), str(value.dtype.descr), tuple(int(size) for size in value.shape))
    extra = {name: item for name, item in getattr(value, "__dict__", {}).items() if name != "_sharedmask"}
    if value.dtype.hasobject:
        return ("array", *head, value.ravel().tolist(), extra)
    return ("array", *head, _hashed(value.tobytes()), extra)


def _masked(value: Any) -> Surrogate:
    filled = value.filled(0) if not value.dtype.hasobject else value
    return ("masked", _ndarray(_base(filled)), _ndarray(_base(value.mask | False)), value.fill_value.tolist())


def _base(value: Any) -> Any:
    import numpy  # only reached with an array of it at hand

    return value.view(numpy.ndarray) if isinstance(value, numpy.ndarray) else numpy.asarray(value)


def _generic(value: Any) -> Surrogate:
    return (
        "scalar",
        value.dtype.str,
        str(value.dtype.descr),
        value.tolist() if value.dtype.hasobject else value.tobytes(),
    )


def _dtype(value: Any) -> Surrogate:
    return ("dtype", value.str, str(value.descr) if value.names else "", value.metadata and dict(value.metadata))


def _ufunc(value: Any) -> object:
    """Return a universal function's name; one made from a Python function cannot be seen into."""
    import numpy  # only reached with a ufunc of it at hand

    known = getattr(numpy, value.__name__, None) is value or _is_scipys(value)
    return ("ufunc", value.__name__) if known else NotImplemented


def _is_scipys(value: Any) -> bool:
    import sys

    special = sys.modules.get("scipy.special")
    return special is not None and getattr(special, value.__name__, None) is value


def _frame(value: Any) -> Surrogate:
    """Return the columns one by one, with names, dtypes and index; the order of rows and columns counts."""
    columns = [_column(value.iloc[:, position]) for position in range(value.shape[1])]
    return (
        "frame",
        tuple(int(size) for size in value.shape),
        _index(value.columns),
        _index(value.index),
        columns,
        dict(value.attrs),
    )


def _series(value: Any) -> Surrogate:
    return ("series", value.name, _index(value.index), _column(value), dict(value.attrs))


def _index(value: Any) -> Surrogate:
    if hasattr(value, "levels"):
        return ("levels", list(value.names), [_index(value.get_level_values(level)) for level in range(value.nlevels)])
    return ("index", list(value.names), _column(value))


def _column(value: Any) -> Surrogate:
    """Return a column's dtype and its bytes, or its elements where pandas keeps objects."""
    dtype = value.dtype
    if str(dtype) == "category":
        kept = value.cat if hasattr(value, "cat") else value
        return ("category", _index(kept.categories), bool(kept.ordered), _ndarray(_base(kept.codes)))
    if hasattr(dtype, "kind") and type(dtype).__module__.startswith("numpy"):
        array = value.to_numpy()
        return ("values", _elements(array) if array.dtype.hasobject else _ndarray(array))
    return ("extension", str(dtype), _elements(value.to_numpy(dtype=object)))


def _elements(values: Iterable[Any]) -> object:
    """Return a digest of elements that are constants, which is the usual column of texts; else the elements."""
    kept = list(values)
    parts: list[bytes] = []
    for item in kept:
        part = scalar(item)
        if part is None:
            return kept
        parts.append(part)
    return _hashed(joined(parts))


def _tensor(value: Any) -> Surrogate:
    """Return a tensor's dtype, shape, bytes and whether it is trained; not the device it is on."""
    kept = value.detach().cpu().contiguous().resolve_conj().resolve_neg()
    import torch  # only reached with a tensor of it at hand

    data = kept.flatten().view(torch.uint8).numpy().tobytes() if kept.numel() else b""
    return ("tensor", str(value.dtype), tuple(value.shape), bool(value.requires_grad), _hashed(data))


def _hashed(data: bytes) -> bytes:
    return content_digest(data) if len(data) > 64 else data


def _timestamp(value: Any) -> Surrogate:
    return (type(value).__name__, value.isoformat(), getattr(value, "unit", ""), str(getattr(value, "tz", "")))


def _singleton(value: Any) -> Surrogate:
    return ("singleton", type(value).__name__)


_ENCODERS: dict[str, Callable[[Any], object]] = {
    "numpy.MaskedArray": _masked,
    "numpy.ndarray": _ndarray,
    "numpy.generic": _generic,
    "numpy.dtype": _dtype,
    "numpy.ufunc": _ufunc,
    "pandas.DataFrame": _frame,
    "pandas.Series": _series,
    "pandas.Index": _index,
    "pandas.Timestamp": _timestamp,
    "pandas.Timedelta": _timestamp,
    "pandas.NaTType": _singleton,
    "pandas.NAType": _singleton,
    "torch.Tensor": _tensor,
}
