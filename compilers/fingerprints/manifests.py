"""Hold the list of what a fingerprint consists of, so that two of them can be compared by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .encoding import seal, texts

NOTE = "#: "
"""Begins the lines of a text that say what a definition holds besides its source: ``#: default factor = 0.5``."""


@frozen
class Definition:
    """One thing that a function reaches and that has a name: a function, a class, a constant, a module."""

    kind: str
    name: str
    file: str
    """Relative to its project's root, with forward slashes; empty where there is none."""
    line: int
    digest: str
    """Of the definition alone: what it refers to counts by name only."""
    text: str = field(repr=False)
    """Normalised source, or the value in a line; then what else it holds, see :data:`NOTE`."""
    references: tuple[str, ...]

    def to_json(self) -> list[Any]:
        """Return the definition as a plain list."""
        return [self.kind, self.name, self.file, self.line, self.digest, self.text, list(self.references)]

    @classmethod
    def from_json(cls, data: list[Any]) -> Definition:
        """Read what :meth:`to_json` wrote."""
        kind, name, file, line, digest, shown, references = data
        return cls(kind, name, file, line, digest, shown, tuple(references))

    @property
    def key(self) -> str:
        """The content address of this definition, under which a store may keep it once for all manifests."""
        place = b"%d" % self.line
        return seal(
            "definition",
            texts([self.kind, self.name, self.file, self.digest, self.text]),
            place,
            texts(self.references),
        ).hex()


@frozen
class Manifest:
    """All that a fingerprint covers, the function itself first."""

    definitions: tuple[Definition, ...]
    distributions: tuple[tuple[str, str], ...] = ()
    """Names and versions of the installed distributions that are reached, requirements included."""
    python: str = ""
    ignored: tuple[str, ...] = ()
    """What is declared not to count; see :class:`~.fingerprints.Fingerprinter`."""

    @property
    def entry(self) -> Definition:
        """The function that was fingerprinted."""
        return self.definitions[0]

    def to_json(self) -> dict[str, Any]:
        """Return the whole manifest as plain data."""
        return {**self._frame(), "definitions": [definition.to_json() for definition in self.definitions]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """Read what :meth:`to_json` wrote."""
        definitions = tuple(Definition.from_json(list(definition)) for definition in data["definitions"])
        distributions = tuple((name, version) for name, version in data["distributions"])
        return cls(definitions, distributions, data["python"], tuple(data.get("ignored", ())))

    def split(self) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        """Return an index with keys in place of definitions, and the definitions by key, which many manifests share."""
        parts = {definition.key: definition.to_json() for definition in self.definitions}
        return {**self._frame(), "definitions": [definition.key for definition in self.definitions]}, parts

    @classmethod
    def assembled(cls, index: Mapping[str, Any], parts: Mapping[str, list[Any]]) -> Manifest:
        """Put together what :meth:`split` took apart. Raises KeyError for a part that is not there."""
        return cls.from_json({**index, "definitions": [parts[key] for key in index["definitions"]]})

    def _frame(self) -> dict[str, Any]:
        frame = {"distributions": [list(pair) for pair in self.distributions], "python": self.python}
        return {**frame, "ignored": list(self.ignored)} if self.ignored else frame

    def __str__(self) -> str:
        return f"{len(self.definitions)} definitions, {len(self.distributions)} distributions"
