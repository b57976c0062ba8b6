"""Say what changed between two manifests, in sentences that name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from .manifests import NOTE, Definition, Manifest

_ORDER = ("python", "ignored", "distribution", "changed", "edge", "added", "removed")
_SHORT = 120
_VALUES = frozenset({"constant", "default", "closure"})


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
    """What the name is: ``function``, ``class``, ``constant``, ``default`` or ``closure`` (of a function), ..."""

    def __str__(self) -> str:
        return f"{self._change()}{self._place()}{self._reached()}"

    def _change(self) -> str:
        if self.kind == "edge":
            return self._edge()
        if self.kind in {"python", "distribution", "ignored"} or self._is_short():
            label = f"{self.definition} " if self.definition in _VALUES else ""
            return f"{label}{self.name} {self.before or 'absent'} -> {self.after or 'absent'}"
        where = f" ({self.file}:{self.line})" if self.file else ""
        verb = {"changed": "changed", "added": "is reached now", "removed": "is no longer reached"}[self.kind]
        inside = " in a value that it holds" if self.kind == "changed" and self.before == self.after else ""
        return f"{self.name}{where} {verb}{inside}"

    def _edge(self) -> str:
        if self.before and self.after:
            return f"{self.name}: {self.before} is now {self.after}"
        return f"{self.name} reaches {self.after} now" if self.after else f"{self.name} reaches {self.before} no more"

    def _is_short(self) -> bool:
        values = [value for value in (self.before, self.after) if value is not None]
        shown = all(len(value) <= _SHORT and "\n" not in value for value in values)
        return self.kind == "changed" and self.definition in _VALUES and shown and self.before != self.after

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
            yield from _differences(was, now, old, new)


def _by_name(manifest: Manifest) -> dict[tuple[str, int], Definition]:
    """Index definitions by name; those of one name (closures) by their order. The entry is the entry under any name."""
    found: dict[tuple[str, int], Definition] = {("", 0): manifest.entry}
    for definition in manifest.definitions[1:]:
        number = sum(1 for name, _ in found if name == definition.name)
        found[definition.name, number] = definition
    return found


def _differences(was: Definition | None, now: Definition | None, old: Manifest, new: Manifest) -> Iterator[Difference]:
    shown = now or was
    assert shown is not None  # the name is in one of the manifests
    path = _path(new if now is not None else old, shown)
    if was is None or now is None:
        kind = "added" if was is None else "removed"
        before, after = (was.text if was else None), (now.text if now else None)
        yield Difference(kind, shown.name, shown.file, shown.line, before, after, path, "", shown.kind)
        return
    changed = list(_parts(was, now, path))
    if changed:
        yield from changed
    elif was.text == now.text and was.references != now.references:
        before, after = _edges(was.references, now.references)
        yield Difference("edge", now.name, now.file, now.line, before, after, path, "", now.kind)
    else:
        yield Difference("changed", now.name, now.file, now.line, was.text, now.text, path, _diff(was, now), now.kind)


def _parts(was: Definition, now: Definition, path: tuple[str, ...]) -> Iterator[Difference]:
    """Yield what a definition holds otherwise, if that is all that changed in it: defaults, closures, attributes."""
    (source, before), (text, after) = _notes(was.text), _notes(now.text)
    if source != text or was.references != now.references:
        return
    for part in {**before, **after}:
        if before.get(part) != after.get(part):
            kind, _, name = part.partition(" ")
            told = (before.get(part), after.get(part), path, _diff(was, now))
            if kind == "attribute":
                yield Difference("changed", f"{now.name}.{name}", now.file, now.line, *told, now.kind)
            else:
                yield Difference("changed", f"{name} of {_plainly(now.name)}", now.file, now.line, *told, kind)


def _notes(text: str) -> tuple[str, dict[str, str]]:
    """Split a text into the source and what else the definition holds, by name."""
    source, *lines = text.split(f"\n{NOTE}")
    return source, {part: value for part, _, value in (line.partition(" = ") for line in lines)}


def _edges(before: Iterable[str], after: Iterable[str]) -> tuple[str, str]:
    """Return the names that stand for something else, in the order in which the code uses them."""
    before, after = list(before), list(after)
    left = [name for name in before if name not in after]
    right = [name for name in after if name not in before]
    return ", ".join(map(_plainly, left)), ", ".join(map(_plainly, right))


def _plainly(name: str) -> str:
    name = name.replace("<locals>.", "")
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
