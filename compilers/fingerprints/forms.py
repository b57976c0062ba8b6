"""Hold the normal form of a function: what it does, and which names from outside it does it with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from attrs import frozen

ImportOrigin: TypeAlias = tuple[str, int, str | None]
"""What an import statement binds: module, level of dots, and the name taken from it (None: the module itself)."""

Described: TypeAlias = tuple[str, ...]
"""What is known of an argument: ("c", text) a constant, ("p", text) a text that begins so, ("n", name), ("?",) unknown."""

Call: TypeAlias = tuple[str, tuple[()] | ImportOrigin, tuple[str, ...]]
"""What a statement calls: a global name, or nothing and the import inside a function that binds it, and attributes."""

WATCHED_ATTRIBUTES = {
    "__doc__": "doc",
    "__annotations__": "annotations",
    "__type_params__": "annotations",
    "__name__": "names",
    "__qualname__": "names",
    "__module__": "modules",
    "__code__": "source",
    "f_locals": "source",
    "f_lineno": "source",
    "tb_lineno": "source",
    "co_firstlineno": "source",
    "__firstlineno__": "source",
    "__subclasses__": "loaded",
    "__globals__": "loaded",
    "f_globals": "loaded",
    "f_back": "loaded",
    "tb_frame": "loaded",
    "gi_frame": "loaded",
}
"""What code that reads an attribute depends on besides normal forms: see :mod:`.widening`."""


class Use(NamedTuple):
    """One way in which code uses a name from outside, with the attributes it reads from it.

    ``kind`` is ``global``, ``free`` (a closure's cell) or ``import`` (bound by an import inside the function, from
    ``origins``); ``how`` is ``load``, ``call``, ``sub`` (indexed), ``getattr`` or ``import``; ``detail`` describes the
    arguments of a call or the index. A plain tuple to the memo, which writes and reads thousands of them.
    """

    kind: str
    name: str
    origins: tuple[ImportOrigin, ...] = ()
    attributes: tuple[str, ...] = ()
    how: str = "load"
    detail: tuple[Described, ...] = ()


Uses: TypeAlias = tuple[tuple[Any, ...], ...]
"""The fields of each :class:`Use`: plain tuples, since of thousands that are read few are new."""


@frozen(eq=False, repr=False)
class NormalForm:
    """What stripped code does, and which names from outside it does it with."""

    digest: bytes
    names: tuple[str, ...]
    """Global and builtin names, in order of first use: the digest only knows their positions."""
    stored: tuple[str, ...]
    """Global names that the code binds or deletes."""
    free: tuple[str, ...]
    """Names of the functions around it, in order of first use."""
    uses: Uses
    watched: tuple[str, ...]
    """Aspects that the code reads, from :data:`WATCHED_ATTRIBUTES`."""

    def written(self) -> tuple[Any, ...]:
        """Return the form as plain data, of which it can be made again."""
        return (self.digest, self.names, self.stored, self.free, tuple(map(tuple, self.uses)), self.watched)


def constant_text(described: Sequence[Described], index: int) -> str | None:
    """Return the constant text at a position of described arguments."""
    return described[index][1] if len(described) > index and described[index][0] == "c" else None
