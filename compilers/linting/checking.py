"""Apply the rules to all that the steps of a pipeline reach."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import final

from attrs import evolve, frozen

from ..fingerprints import Fingerprinter
from ..fingerprints.externals import unwrapped
from ..fingerprints.nodes import Node
from .definitions import Definitions, SourceFile
from .examined import Examined, Scene
from .findings import Finding, Remark, Subject
from .ignores import is_silenced
from .naming import Namer
from .reaching import Reach, reach_of
from .registry import TABLES, UNIDENTIFIED, WIDENED, Rule
from .rule_widening import unidentified, widened
from .scoping import Scoping
from .seeding import seeded_by
from .tables import Catalogue


def check_subjects(
    subjects: Sequence[Subject], fingerprinter: Fingerprinter, rules: Sequence[Rule]
) -> tuple[Finding, ...]:
    """Return what the rules find in the functions that steps reach, in the order of the source; each place once."""
    checker = Checker(fingerprinter, rules)
    functions = [subject.function for subject in subjects]
    found: dict[tuple[str, int, int, str], Finding] = {}
    for subject in subjects:
        for finding in checker.check(subject, functions):
            key = (finding.file, finding.line, finding.column, finding.code)
            known = found.get(key)
            steps = tuple(dict.fromkeys((*known.steps, *finding.steps))) if known else finding.steps
            found[key] = evolve(known or finding, steps=steps)
    return tuple(sorted(found.values()))


@frozen(eq=False)
class _Place:
    """Where a finding may be: the function's file, and the way to it."""

    file: SourceFile | None
    path: str
    chain: tuple[str, ...]


@final
class Checker:
    """Reads each function once for all steps that reach it."""

    def __init__(self, fingerprinter: Fingerprinter, rules: Sequence[Rule]) -> None:
        self._fingerprinter = fingerprinter
        self._rules = tuple(rules)
        self._ownership = fingerprinter.walker.ownership
        self._definitions = Definitions(fingerprinter.walker.sources)
        self._catalogue = Catalogue(TABLES)
        self._examined: dict[types.FunctionType, Examined | None] = {}

    def check(self, subject: Subject, others: Sequence[Callable[..., object]] = ()) -> Iterator[Finding]:
        """Yield what the rules find for one step, or for the body of a pipeline. ``others`` are the other steps."""
        warnings = () if subject.is_pipeline else self._warnings(subject)
        reach = reach_of(subject.function, self._fingerprinter, others, into_others=not subject.is_pipeline)
        seen = {id(node): code for node, function in reach.functions if (code := self._examine(function)) is not None}
        entry = _innermost(subject)
        codes = {code.function.__code__: code for code in seen.values()}
        scene = Scene(subject, entry, codes, seeded_by(codes.values()))
        for node, _ in reach.functions:
            code = seen.get(id(node))
            if code is not None:
                place = _Place(code.definition.file, code.definition.file.path, reach.chain(node))
                yield from self._of_code(code, scene, place)
        if not subject.is_pipeline and subject.is_reused:
            yield from self._of_fingerprint(subject, reach, seen, warnings)

    def _warnings(self, subject: Subject) -> tuple[str, ...]:
        return self._fingerprinter.function(subject.function, modules=subject.modules).warnings

    def _examine(self, function: types.FunctionType) -> Examined | None:
        if function not in self._examined:
            definition = self._definitions.find(function)
            self._examined[function] = None
            if definition is not None:
                scoping = Scoping(definition.node)
                namer = Namer(function, scoping, self._ownership, self._catalogue)
                self._examined[function] = Examined(function, definition, scoping, namer)
        return self._examined[function]

    def _of_code(self, code: Examined, scene: Scene, place: _Place) -> Iterator[Finding]:
        subject = scene.subject
        for rule in self._rules:
            concerned = subject.is_reused or rule.always or subject.is_pipeline
            if rule.check is None or rule.of_pipelines is not subject.is_pipeline or not concerned:
                continue
            for remark in rule.check(code, scene):
                yield from _finding(rule, remark, place, subject)

    def _of_fingerprint(
        self, subject: Subject, reach: Reach, seen: dict[int, Examined], warnings: tuple[str, ...]
    ) -> Iterator[Finding]:
        """Yield what the walk of the fingerprint itself could not resolve."""
        for node in reach.nodes:
            code = seen.get(id(node))
            place = self._place(reach, node, code)
            if WIDENED in self._rules:
                for remark in widened(code, node, warnings):
                    yield from _finding(WIDENED, remark, place, subject)
            near = reach.named(node)
            refused = unidentified(node, near)
            if UNIDENTIFIED in self._rules and refused is not None:
                yield from _finding(UNIDENTIFIED, refused, self._place(reach, near, seen.get(id(near))), subject)

    def _place(self, reach: Reach, node: Node, code: Examined | None) -> _Place:
        """Return where a node of the fingerprint stands; that of a constant knows its file by its place in the project."""
        if code is not None:
            return _Place(code.definition.file, code.definition.file.path, reach.chain(node))
        roots = self._ownership.roots
        paths = (Path(root, node.file) for root in roots if node.file)
        found = next((str(path) for path in paths if path.is_file()), node.file)
        return _Place(self._definitions.file(found) if found else None, found, reach.chain(node))


def _innermost(subject: Subject) -> types.FunctionType | None:
    """Return the plain function under what decorates it."""
    found: object = unwrapped(subject.function)
    while (inner := getattr(found, "__wrapped__", None)) is not None:
        found = inner
    return found if isinstance(found, types.FunctionType) else None


def _finding(rule: Rule, remark: Remark, place: _Place, subject: Subject) -> Iterator[Finding]:
    """Yield a remark as a finding, unless a comment silences it."""
    node = remark.node
    line = getattr(node, "lineno", remark.line) or 1
    last = getattr(node, "end_lineno", None) or line
    file = place.file
    if file is not None and is_silenced(file.ignores, range(line, last + 1), rule.names):
        return
    text = file.line(line) if file is not None else ""
    column, width = _columns(node, text, one_line=last == line)
    yield Finding(
        place.path,
        line,
        column,
        rule.code,
        rule.name,
        remark.message,
        remark.hint,
        subject.steps,
        place.chain,
        text,
        width,
    )


def _columns(node: ast.AST | None, text: str, *, one_line: bool) -> tuple[int, int]:
    """Return the column, from 1, and the width in characters; the tree counts in bytes."""
    indent = len(text) - len(text.lstrip())
    if not isinstance(node, ast.expr | ast.stmt):
        return indent + 1, max(1, len(text.strip()))
    data = text.encode()
    start = len(data[: node.col_offset].decode("utf-8", "ignore"))
    end = len(data[: node.end_col_offset or 0].decode("utf-8", "ignore")) if one_line else len(text.rstrip())
    return start + 1, max(1, end - start)
