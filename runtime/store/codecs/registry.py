"""Choose the codec for a value, and find the one that an artifact names."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import StoreError
from . import arrays, containers, frames, paths, pickles, plain, tables, tensors, text
from .protocols import Codec

ENTRY_POINTS = "penstock.codecs"

_LAST_RESORTS: tuple[Codec, ...] = (pickles.DILL, pickles.CODEC)

_BUILT_IN: tuple[Codec, ...] = (
    *_LAST_RESORTS,
    containers.CODEC,
    tensors.CODEC,
    tables.POLARS,
    tables.ARROW,
    frames.CODEC,
    arrays.CODEC,
    paths.CODEC,
    plain.CODEC,
    text.BYTES,
    text.TEXT,
)
"""The last one that matches a value is taken, so the general ones come first."""

_registered: dict[str, Codec] = {codec.name: codec for codec in _BUILT_IN}


def register_codec(codec: Codec) -> None:
    """Store values that ``codec`` matches with it, in preference to every codec registered before.

    Registering a name again replaces it. In workers a codec is known if the module that registers it is imported there,
    or if its package names it in the entry point group ``penstock.codecs``.

    Raises ``TypeError`` where something of a codec is missing.
    """
    if not isinstance(codec, Codec):
        raise TypeError(
            f"{codec!r} is not a codec: it needs a name and the methods matches, dump and load. "
            "If it is a class, register an instance of it"
        )
    _registered.pop(codec.name, None)
    _registered[codec.name] = codec


def codecs_for(value: object) -> Iterator[Codec]:
    """Give the codecs that say they can store a value, the preferred one first."""
    return (codec for codec in reversed(_registered.values()) if codec.matches(value))


def codec_here(name: str) -> Codec | None:
    """Return a codec that is registered here already; for another one nothing is looked for, and nothing loaded."""
    return _registered.get(name)


def codec_named(name: str) -> Codec:
    """Find a codec, among the installed packages' entry points too.

    Raises ``StoreError`` where nobody provides it.
    """
    codec = _registered.get(name)
    return codec if codec is not None else _from_entry_point(name)


def _from_entry_point(name: str) -> Codec:
    from importlib.metadata import entry_points  # 0.03 s, and few artifacts need it

    for entry_point in entry_points(group=ENTRY_POINTS, name=name):
        codec = entry_point.load()
        register_codec(codec)
        if codec.name == name:
            return _registered[name]
    raise StoreError(
        f"the codec {name!r} is not known here: import the module that registers it, or install the package that offers it "
        f"under the entry point group {ENTRY_POINTS!r}. Known: {', '.join(sorted(_registered))}"
    )
