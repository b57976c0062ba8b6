"""Say what changed between two manifests, in sentences that name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from attrs import field, frozen

from .manifests import Definition, Manifest

_ORDER = ("python", "ignored", "distribution", "changed", "edge", "added", "removed")
_SHORT = 120


@frozen
class Difference:
    """One change. ``str()`` is the clause that follows "reran because"."""

    kind: str
    """``changed``, ``edge`` (a name now stands for something else), ``added``, ``removed``, ``distribution``, ``python`` or ``ignored``."""
    name: str
    file: str = ""
    line: int = 0
    before: str | None = None
    after: str | None = None
    path: tuple[str, ...] = ()
    """How the function reaches it, itself first."""
    diff: str = field(default="", repr=False)
    """A unified diff of normalised source."""
    definition: str = ""
    """What the name is: ``function``, ``class``, ``constant``, ..."""

    def __str__(self) -> str:
        return f"{self._change()}{self._place()}{self._reached()}"

    def _change(self) -> str:
        if self.kind == "edge":
            return f"{self.name}: {self.before} is now {self.after}"
        if self.kind in {"python", "distribution", "ignored"} or self._is_short():
            label = "constant " if self.definition == "constant" else ""
            return f"{label}{self.name} {self.before or 'absent'} -> {self.after or 'absent'}"
        where = f" ({self.file}:{self.line})" if self.file else ""
        verb = {"changed": "changed", "added": "is reached now", "removed": "is no longer reached"}[self.kind]
        return f"{self.name}{where} {verb}"

    def _is_short(self) -> bool:
        values = [value for value in (self.before, self.after) if value is not None]
        shown = all(len(value) <= _SHORT and "\n" not in value for value in values)
        return self.kind == "changed" and self.definition == "constant" and shown and self.before != self.after

    def _place(self) -> str:
        return f" ({self.file}:{self.line})" if self.kind == "edge" and self.file else ""

    def _reached(self) -> str:
        return f", reached by {' -> '.join(self.path)}" if len(self.path) > 1 else ""


def differences(old: Manifest, new: Manifest) -> tuple[Difference, ...]:
    """Return what changed, causes before consequences, nearest to the function first. Nothing if nothing did."""
    found = [*_python(old, new), *_ignored(old, new), *_distributions(old, new), *_definitions(old, new)]
    return tuple(sorted(found, key=lambda item: (_ORDER.index(item.kind), len(item.path), item.name)))


def _python(old: Manifest, new: Manifest) -> Iterator[Difference]:
    if old.python != new.python:
        yield Difference("python", "Python", before=old.python, after=new.python)


def _ignored(old: Manifest, new: Manifest) -> Iterator[Difference]:
    if old.ignored != new.ignored:
        before, after = (", ".join(manifest.ignored) or None for manifest in (old, new))
        yield Difference("ignored", "ignore_calls", before=before, after=after)


def _distributions(old: Manifest, new: Manifest) -> Iterator[Difference]:
    before, after = dict(old.distributions), dict(new.distributions)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Difference("distribution", name, before=before.get(name), after=after.get(name))


def _definitions(old: Manifest, new: Manifest) -> Iterator[Difference]:
    before, after = _by_name(old), _by_name(new)
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was is None or now is None or was.digest != now.digest:
            yield _difference(was, now, old, new)


def _by_name(manifest: Manifest) -> dict[tuple[str, int], Definition]:
    """Index definitions by name; those of one name (closures) by their order. The entry is the entry under any name."""
    found: dict[tuple[str, int], Definition] = {("", 0): manifest.entry}
    for definition in manifest.definitions[1:]:
        number = sum(1 for name, _ in found if name == definition.name)
        found[definition.name, number] = definition
    return found


def _difference(was: Definition | None, now: Definition | None, old: Manifest, new: Manifest) -> Difference:
    shown = now or was
    assert shown is not None  # the name is in one of the manifests
    path = _path(new if now is not None else old, shown)
    if was is None or now is None:
        kind = "added" if was is None else "removed"
        before, after = (was.text if was else None), (now.text if now else None)
        return Difference(kind, shown.name, shown.file, shown.line, before, after, path, "", shown.kind)
    if was.text == now.text and was.references != now.references:
        before, after = _edges(was.references, now.references)
        return Difference("edge", now.name, now.file, now.line, before, after, path, "", now.kind)
    return Difference("changed", now.name, now.file, now.line, was.text, now.text, path, _diff(was, now), now.kind)


def _edges(before: Iterable[str], after: Iterable[str]) -> tuple[str, str]:
    """Return the names that stand for something else, in the order in which the code uses them."""
    before, after = list(before), list(after)
    left = [name for name in before if name not in after]
    right = [name for name in after if name not in before]
    pairs = list(zip_longest(left, right, fillvalue="nothing"))
    return ", ".join(_plainly(name) for name, _ in pairs), ", ".join(_plainly(name) for _, name in pairs)


def _plainly(name: str) -> str:
    return f"builtin {name.removeprefix('builtins.')}" if name.startswith("builtins.") else name


def _diff(was: Definition, now: Definition) -> str:
    import difflib  # only explanations need it

    place = now.file or now.name
    lines = difflib.unified_diff(
        was.text.splitlines(), now.text.splitlines(), place, place, "before", "after", n=2, lineterm=""
    )
    return "\n".join(lines)


def _path(manifest: Manifest, target: Definition) -> tuple[str, ...]:
    """Return the shortest way from the entry to a definition, by the last parts of the names."""
    by_name = {definition.name: definition for definition in reversed(manifest.definitions)}
    ways: dict[str, tuple[str, ...]] = {manifest.entry.name: (_short(manifest.entry.name),)}
    pending = [manifest.entry]
    for definition in pending:
        for name in definition.references:
            if name in by_name and name not in ways:
                ways[name] = (*ways[definition.name], _short(name))
                pending.append(by_name[name])
    return ways.get(target.name, ())


def _short(name: str) -> str:
    return name.rpartition(".<locals>.")[2].rpartition(".")[2]
