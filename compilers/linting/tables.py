"""List functions beyond the project by their dotted names, and recognise them under whatever name code has them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import final

_ABSENT = object()


@final
class Names:
    """A set of dotted names; one that ends in ``*`` stands for all that begin so."""

    def __init__(self, *names: str) -> None:
        self.exact = frozenset(name for name in names if not name.endswith("*"))
        self.beginnings = tuple(name[:-1] for name in names if name.endswith("*"))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self.exact or name.startswith(self.beginnings))

    def __or__(self, other: Names) -> Names:
        return Names(*self.written(), *other.written())

    def written(self) -> tuple[str, ...]:
        """Return the names as they were given."""
        return (*sorted(self.exact), *(f"{beginning}*" for beginning in self.beginnings))


@final
class Catalogue:
    """Knows the public names of functions and classes that are defined elsewhere than where people import them from."""

    def __init__(self, names: Iterable[Names]) -> None:
        self._written = tuple(dict.fromkeys(name for table in names for name in table.written()))
        self._public: dict[int, tuple[str, object]] = {}
        self._seen = 0

    def name(self, value: object) -> str | None:
        """Return the public name of a function or class that some table lists; None for any other."""
        if len(sys.modules) != self._seen:  # more has been imported since
            self._seen = len(sys.modules)
            for written in self._written:
                self._enter(written)
        return self._public.get(id(value), (None, None))[0]

    def _enter(self, written: str) -> None:
        if not written.endswith("*"):
            for name, value in _live(written):
                self._note(name, value)
            return
        home, _, beginning = written[:-1].rpartition(".")
        for name, value in list(vars(sys.modules[home]).items()) if home in sys.modules else ():
            if name.startswith(beginning) and not name.startswith("_") and callable(value):
                self._note(f"{home}.{name}", value)

    def _note(self, name: str, value: object) -> None:
        self._public.setdefault(id(value), (name, value))


def _live(dotted: str) -> Iterator[tuple[str, object]]:
    """Yield the function that a dotted name leads to in the loaded modules, or the class that has such a method."""
    parts = dotted.split(".")
    for count in range(len(parts) - 1, 0, -1):
        module = sys.modules.get(".".join(parts[:count]))
        if module is not None:
            found = vars(module).get(parts[count], _ABSENT)
            is_meant = len(parts) == count + 1 or isinstance(found, type)
            if found is not _ABSENT and is_meant:
                yield ".".join(parts[: count + 1]), found
            return
