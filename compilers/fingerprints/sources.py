"""Read source files into tables of their definitions, once for every content."""

from __future__ import annotations

import importlib
import linecache
import sys
from types import CodeType
from typing import Any, TypeAlias

from .codes import code_digest
from .encoding import content_digest
from .forms import Call, Uses
from .memo import Memo, MemoryMemo
from .tables import Definition, Table

SCHEME = "2"
"""Version of the normal form and of the tables: part of the memo's keys and of every digest."""

Calls: TypeAlias = frozenset[Call]
NO_CALLS: Calls = frozenset()

_UNREADABLE = (ValueError, TypeError, EOFError)
"""What reading a table raises that is damaged, or was written by something else."""


class Sources:
    """The tables of all files met so far; what is parsed is kept in the memo by content, never by name or time."""

    def __init__(self, memo: Memo | None = None) -> None:
        self._memo: Memo = memo if memo is not None else MemoryMemo()
        self._tables: dict[tuple[str, Calls], Table | None] = {}
        self._codes: dict[CodeType, bytes] = {}

    def table(self, file: str, gone: Calls = NO_CALLS) -> Table | None:
        """Return the table of a file, a notebook cell or anything else that :mod:`linecache` knows; None without source.

        The calls that are ``gone`` are left out.
        """
        if (file, gone) not in self._tables:
            self._tables[file, gone] = self._read(file, gone)
        return self._tables[file, gone]

    def definition(self, code: CodeType) -> Definition | None:
        """Return what the source says of a live code object; None if there is no source or it says something else by now."""
        table = self.table(code.co_filename)
        return None if table is None else table.find(self.code(code), code.co_name, code.co_firstlineno)

    def code(self, code: CodeType) -> bytes:
        """Return the digest of a code object."""
        # equality of code objects looks at far more than the digest does, so that equal ones share it
        if code not in self._codes:
            self._codes[code] = code_digest(code)
        return self._codes[code]

    def uses_in(self, text: str) -> Uses | None:
        """Return what code written out as a text takes from outside; None if it is not Python."""
        try:
            found: Uses = _parser().uses_in(text)
        except (SyntaxError, ValueError, RecursionError):
            return None
        return found

    def _read(self, file: str, gone: Calls) -> Table | None:
        data = source_bytes(file)
        if data is None:
            return None
        key = f"table {SCHEME} {sys.version_info[0]}.{sys.version_info[1]} {content_digest(data).hex()}"
        if gone:
            key += f" {content_digest(repr(sorted(gone, key=repr)).encode()).hex()}"
        return _decoded(self._memo.get(key)) or self._parsed(key, data, gone)

    def _parsed(self, key: str, data: bytes, gone: Calls) -> Table | None:
        try:
            written: bytes = _parser().read_table(data, gone)
        except (SyntaxError, ValueError, RecursionError):
            return None  # not Python, or edited into something broken: the live code object decides
        self._memo.put(key, written)
        return Table(written)


def _parser() -> Any:
    """Return the module that parses, which a process that finds everything in the memo never loads."""
    return importlib.import_module(".parsing", __package__)


def source_bytes(file: str) -> bytes | None:
    """Return the source of a file, or of a cell that :mod:`linecache` holds; None if there is none."""
    if not file.startswith("<") and file.endswith((".py", ".pyw")):
        try:
            with open(file, "rb", buffering=0) as opened:
                return opened.read()
        except OSError:
            pass
    return _remembered(file)


def _remembered(file: str) -> bytes | None:
    lines = linecache.cache.get(file)
    found = linecache.getlines(file) if lines is not None else []
    return "".join(found).encode("utf-8", "surrogatepass") if found else None


def _decoded(data: bytes | None) -> Table | None:
    """Read a table from the memo; one that is damaged is read anew."""
    if data is None:
        return None
    try:
        return Table(data)
    except _UNREADABLE:
        return None
