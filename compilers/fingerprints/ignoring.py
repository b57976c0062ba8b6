"""Decide which files of a folder count: not what tools leave behind, nor what its ignore files name.

Shared by whatever takes a folder of a project as a whole: declared folders now, snapshots of the code too. The rules are git's:
a line of ``.gitignore``, or of ``.amlignore`` in its place, speaks of the folder that it lies in and of all below; the
deepest file decides, and in it the last line that fits; what lies in an ignored folder cannot be taken back. Ignore
files above the folder do not count: who names a folder that git ignores, as data often are, means that folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from attrs import frozen

from ..errors import CompileError

IGNORE_FILES = (".amlignore", ".gitignore")
"""Where rules are written; of those in one folder only the first that is there counts."""

_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".penstock",
        "__pycache__",
        ".venv",
        ".tox",
        ".nox",
        ".ipynb_checkpoints",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        "node_modules",
    }
)
_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_ENDINGS = (".pyc", ".pyo", ".swp", "~")

_Rule: TypeAlias = tuple[Any, bool]
"""A regular expression over the path below the folder of the rules, and whether what matches is ignored."""


class IgnoreError(CompileError, ValueError):
    """A line of an ignore file cannot be understood. ``file`` is its path, ``line`` counts from 1."""

    def __init__(self, file: str, line: int, text: str) -> None:
        super().__init__(file, line, text)
        self.file = file
        self.line = line
        self.text = text

    def __str__(self) -> str:
        return (
            f"{self.file}, line {self.line}: {self.text!r} is no pattern; expected one as git takes it, such as data/ or "
            "*.csv. Correct the line, or start it with # if it is a comment"
        )


@frozen(eq=False)
class IgnoreRules:
    """The rules that hold in one folder: those of the folders above it, down to its own."""

    place: str = ""
    """The path of the folder below the one that is read, with a slash at its end; empty for that folder itself."""
    levels: tuple[tuple[str, tuple[_Rule, ...]], ...] = ()
    """The folders that have rules and what these are, the deepest first."""

    def below(self, name: str) -> IgnoreRules:
        """Return the rules that hold in a folder inside this one, before those of its own."""
        return IgnoreRules(f"{self.place}{name}/", self.levels)

    def with_file(self, file: str, text: str) -> IgnoreRules:
        """Add what an ignore file of this folder says; errors name it as ``file``. Raises IgnoreError."""
        rules = tuple(_rules(file, text))
        return IgnoreRules(self.place, ((self.place, rules), *self.levels)) if rules else self

    def ignores(self, name: str, *, is_folder: bool) -> bool:
        """Tell whether a file or a folder inside this one is left out."""
        if is_left_behind(name, is_folder=is_folder):
            return True
        path = f"{self.place}{name}/" if is_folder else self.place + name
        for place, rules in self.levels:
            below = path[len(place) :]
            for pattern, ignored in rules:
                if pattern.match(below):
                    return ignored
        return False


def is_left_behind(name: str, *, is_folder: bool) -> bool:
    """Tell whether a name is that of something which tools leave in a folder, and which never counts."""
    return name in _FOLDERS if is_folder else name in _FILES or name.endswith(_ENDINGS)


def _rules(file: str, text: str) -> Sequence[_Rule]:
    """Read the lines of an ignore file, the last one first."""
    import pathspec  # only folders with ignore files need it

    found: list[_Rule] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        try:
            patterns: Any = pathspec.GitIgnoreSpec.from_lines([line]).patterns
        except ValueError as error:
            raise IgnoreError(file, number, line) from error
        found.extend((pattern.regex, pattern.include) for pattern in patterns if pattern.include is not None)
    return found[::-1]
