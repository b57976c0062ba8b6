"""Find what plain values only name: files of the project, and data in datastores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from ..compilers.datapaths import DataPath
from ..compilers.literals import Literal
from . import datastores as data
from .errors import DatastoreError
from .resolved import Gathered, Resolved

if TYPE_CHECKING:
    from .datastores import Datastores

Finds: TypeAlias = Callable[[], "Datastores"]
"""Gives the datastores of a workspace, when they are needed."""


@frozen(eq=False)
class Whereabouts:
    """Where things lie: relative paths start from ``root``, data paths lead into ``datastores``."""

    root: Path
    datastores: Finds | None = None

    def local(self, value: Any) -> Any:
        """Copy a plain value, its paths made absolute and the data behind it brought here: a step may change it.

        Raises DatastoreError for data that cannot be had.
        """
        if isinstance(value, PurePath):
            return self.root / value
        if isinstance(value, DataPath):
            return data.materialise(value, self._found(value))
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(self.local(item) for item in value)
        if type(value) is dict:
            return {key: self.local(item) for key, item in value.items()}
        return value

    def identity(self, path: DataPath) -> str:
        """Return what identifies the data behind a path. Raises DatastoreError for data that cannot be had."""
        return data.identity(path, self._found(path))

    def _found(self, path: DataPath) -> Datastores:
        if self.datastores is None:
            raise DatastoreError(f"{path} cannot be read here: nobody says where its datastore is")
        return self.datastores()


def names_data(value: Resolved) -> bool:
    """Say whether an input names data in a datastore."""
    if isinstance(value, Literal):
        return _holds_data(value.value)
    return isinstance(value, Gathered) and any(map(names_data, value.items))


def _holds_data(value: Any) -> bool:
    if type(value) in (list, tuple, set, frozenset):
        return any(map(_holds_data, value))
    return type(value) is DataPath or (type(value) is dict and any(map(_holds_data, value.values())))
