"""Read source files into tables of their definitions, once for every content."""

from __future__ import annotations

import json
import linecache
import sys
from pathlib import Path
from types import CodeType

from .codes import code_digest
from .encoding import seal
from .memo import Memo, MemoryMemo
from .tables import Definition, Table, read_table

SCHEME = "1"
"""Version of the normal form: part of the memo's keys and of every digest."""


class Sources:
    """The tables of all files met so far; what is parsed is kept in the memo by content, never by name or time."""

    def __init__(self, memo: Memo | None = None) -> None:
        self._memo: Memo = memo if memo is not None else MemoryMemo()
        self._tables: dict[str, Table | None] = {}
        self._codes: dict[CodeType, bytes] = {}

    def table(self, file: str) -> Table | None:
        """Return the table of a file, a notebook cell or anything else that :mod:`linecache` knows; None without source."""
        if file not in self._tables:
            self._tables[file] = self._read(file)
        return self._tables[file]

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

    def _read(self, file: str) -> Table | None:
        data = source_bytes(file)
        if data is None:
            return None
        key = seal("table", SCHEME.encode(), b"%d.%d" % sys.version_info[:2], data).hex()
        return _decoded(self._memo.get(key)) or self._parsed(key, data)

    def _parsed(self, key: str, data: bytes) -> Table | None:
        try:
            table = read_table(data)
        except (SyntaxError, ValueError, RecursionError):
            return None  # not Python, or edited into something broken: the live code object decides
        self._memo.put(key, json.dumps(table.to_json(), separators=(",", ":")).encode())
        return table


def source_bytes(file: str) -> bytes | None:
    """Return the source of a file, or of a cell that :mod:`linecache` holds; None if there is none."""
    if not file.startswith("<"):
        try:
            return Path(file).read_bytes() if file.endswith((".py", ".pyw")) else _remembered(file)
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
        return Table.from_json(json.loads(data))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
