"""Hold what one source text defines, as it was parsed, and as it is read back from the memo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias, final

from attrs import frozen

from .forms import Call, ImportOrigin, NormalForm, Uses
from .memo import packed, unpacked

Written: TypeAlias = tuple[Any, ...]
"""Tuples and dicts of texts, numbers and bytes, which the memo keeps."""


@frozen(eq=False, repr=False)
class Definition:
    """A function or lambda in a source text."""

    name: str
    line: int
    form: NormalForm
    text: str
    """Normalised source, with the names of its locals, for people."""
    annotations: str
    segment: str
    """Digest of its source as it is written, lines included."""


@frozen(eq=False, repr=False)
class ClassSource:
    """A class in a source text: where it is, its annotated fields, and its own normal form."""

    line: int
    fields: tuple[tuple[str, str], ...]
    text: str


@frozen(slots=False, eq=False, repr=False)
class Statement:
    """A statement at the top of a module."""

    kind: str
    """``def``, ``class``, ``import``, ``main`` (the guard of a script) or ``code``."""
    line: int
    binds: tuple[str, ...]
    mentions: tuple[str, ...]
    """Names read when the statement runs, so not those inside the body of a function that it defines."""
    inner: tuple[str, ...]
    """Names read inside the functions that it defines."""
    acts_on: tuple[str, ...]
    """Names that its calls and its assignments to attributes and items start from."""
    written: Written
    """Its normal form as plain data."""
    text: str

    @cached_property
    def form(self) -> NormalForm:
        """The normal form, which is seldom needed."""
        return NormalForm(*self.written)


@final
class Table:
    """What one source text defines. Its parts are read when they are asked for, since most of them never are."""

    def __init__(self, written: bytes) -> None:
        """Take what :func:`write_table` made. Raises ValueError, TypeError or EOFError for anything else."""
        self.imports: dict[str, ImportOrigin]
        """What the imports at the top bind, by name."""
        self.module: bytes
        """Digest of the whole text in normal form."""
        self.acts: bool
        """Whether statements do something besides defining and importing, by calls or assignments to parts."""
        self.lines: dict[str, int]
        """The line that binds each name at the top, the first where there are several."""
        self.calls: tuple[Call, ...]
        """The calls that a project may declare not to count; see :mod:`.dismissal`."""
        self._definitions: dict[bytes, tuple[tuple[str, int, bytes], ...]]
        self._shared: bytes
        self._classes: bytes
        self._statements: bytes
        self.imports, self.module, self.acts, self.lines, self.calls, *rest = unpacked(written)
        self._definitions, self._shared, self._classes, self._statements = rest
        if [type(part) for part in (self.imports, self._definitions, self.module)] != [dict, dict, bytes]:
            raise TypeError("this is no table")

    def find(self, code: bytes, name: str, line: int) -> Definition | None:
        """Return the definition that compiles to this code, the nearest to the line if there are several."""
        found = [item for item in self._definitions.get(code, ()) if item[0] == name]
        if not found:
            return None
        _, start, rest = found[0] if len(found) == 1 else min(found, key=lambda item: abs(item[1] - line))
        (digest, names, stored, free, numbers, watched), text, annotations, segment = unpacked(rest)
        uses = tuple([self._uses[number] for number in numbers])
        return Definition(
            name, start, NormalForm(digest, names, stored, free, uses, watched), text, annotations, segment
        )

    @cached_property
    def _uses(self) -> Uses:
        found: Uses = unpacked(self._shared)
        return found

    def class_named(self, qualname: str) -> ClassSource | None:
        """Return what the text says of a class."""
        found = self._headings.get(qualname)
        return ClassSource(*found) if found is not None else None

    def fields_of(self, name: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """Return the annotated fields of the classes in the definition of that name, and of those inside them, by name."""
        known = sorted(self._headings.items())
        return [(key, found[1]) for key, found in known if key == name or key.startswith(f"{name}.")]

    @cached_property
    def _headings(self) -> dict[str, Written]:
        found: dict[str, Written] = unpacked(self._classes)
        return found

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements at the top."""
        return tuple([Statement(*written) for written in unpacked(self._statements)])


def write_table(
    imports: Mapping[str, ImportOrigin],
    module: bytes,
    definitions: Iterable[tuple[bytes, Definition]],
    classes: Mapping[str, ClassSource],
    statements: Sequence[Statement],
    calls: Iterable[Call],
) -> bytes:
    """Return a table as the memo keeps it; ``definitions`` come with the digests of their compiled code."""
    found: dict[bytes, tuple[tuple[str, int, bytes], ...]] = {}
    shared: dict[tuple[Any, ...], int] = {}
    for code, item in definitions:
        digest, names, stored, free, uses, watched = item.form.written()
        numbers = tuple([shared.setdefault(use, len(shared)) for use in uses])
        form = (digest, names, stored, free, numbers, watched)
        rest = packed((form, item.text, item.annotations, item.segment))
        found[code] = (*found.get(code, ()), (item.name, item.line, rest))
    headings = {name: (item.line, item.fields, item.text) for name, item in classes.items()}
    lines = {name: item.line for item in reversed(statements) for name in item.binds}
    parts = (tuple(shared), headings, tuple(map(_row, statements)))
    acts = any(map(is_acting, statements))
    return packed((dict(imports), module, acts, lines, tuple(dict.fromkeys(calls)), found, *map(packed, parts)))


def _row(item: Statement) -> Written:
    head = (item.kind, item.line, item.binds, item.mentions, item.inner, item.acts_on)
    return (*head, item.written, item.text)


def is_acting(statement: Statement) -> bool:
    """Tell whether a statement does something besides defining and importing, by calls or assignments to parts."""
    return statement.kind == "code" and bool(statement.acts_on)
