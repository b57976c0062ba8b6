"""Compute the fingerprint of a function: the digest of everything that its code reaches."""

from __future__ import annotations

import contextlib
import functools
import gc
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from attrs import field, frozen

from ..errors import FingerprintError
from .distributions import Distributions
from .encoding import seal, texts
from .externals import unwrapped
from .listing import manifest
from .loading import load
from .manifests import Definition, Manifest
from .memo import Memo
from .nodes import Node, Reached, reach
from .ownership import Ownership
from .programs import script_of
from .reach import Walker
from .sources import SCHEME, Sources

_ROUNDS = 10
"""Importing what steps import may import more; no project nests this deep."""

_NARROWED = frozenset({"loaded", "sources", "classes"})
_COUNTED = {
    "module": "everything in its module counts",
    "loaded": "every loaded module of the project counts",
    "sources": "every source file of the project counts",
    "installed": "every installed distribution counts",
}


@frozen(eq=False, slots=False)
class Fingerprint:
    """What a function's code is identified by."""

    digest: str
    """Equal exactly when nothing that the function reaches could behave differently."""
    warnings: tuple[str, ...] = ()
    """What had to be widened, or could not be identified, in whole sentences."""
    reusable: bool = True
    """False where something can neither be identified nor widened: results must not be reused."""
    _listing: Callable[[], Manifest] = field(kw_only=True, repr=False, eq=False)

    @functools.cached_property
    def manifest(self) -> Manifest:
        """What the fingerprint covers, listed when it is first asked for."""
        return self._listing()

    def __reduce__(self) -> tuple[Callable[..., Fingerprint], tuple[object, ...]]:
        return _restored, (self.digest, self.warnings, self.reusable, self.manifest)


def _restored(digest: str, warnings: tuple[str, ...], reusable: bool, listed: Manifest) -> Fingerprint:
    return Fingerprint(digest, warnings, reusable, listing=lambda: listed)


class Fingerprinter:
    """Fingerprints functions, sharing what they have in common; make one for each compile or run.

    Everything is read once, at the first call that reaches it: make it after the pipeline is imported and before a step runs.
    ``roots`` are the folders of the project (by default found upward from each file); ``memo`` keeps parsed files between
    processes; ``strict_distributions`` reads the files of installed distributions instead of trusting their RECORD.
    ``ignore_calls`` names modules, functions, classes and objects (``logging``, ``print``, ``loguru.logger``): a statement that
    is nothing but a call of one of them, with arguments that only look, does not count.
    """

    def __init__(
        self,
        roots: Sequence[Path] | None = None,
        memo: Memo | None = None,
        *,
        strict_distributions: bool = False,
        ignore_calls: Sequence[str] = (),
    ) -> None:
        self._roots = tuple(roots or ())
        self._ignored = tuple(sorted({*_names(ignore_calls)}))
        ownership = Ownership(self._roots, Distributions(strict=strict_distributions))
        self.walker = Walker(ownership, Sources(memo), self._ignored)
        self._done: dict[tuple[int, tuple[str, ...]], tuple[Fingerprint, object]] = {}
        self._definitions: dict[tuple[int, frozenset[str]], Definition] = {}

    def function(self, function: Callable[..., object], *, modules: Sequence[str] = ()) -> Fingerprint:
        """Return the fingerprint of a function, or of the function that a step wraps.

        ``modules`` names the modules that computed imports and look-ups may lead to, in place of the whole project.
        Raises FingerprintError for what cannot be called.
        """
        if not callable(function):
            raise FingerprintError(repr(function), "it is not a function; pass what the step calls")
        key = (id(function), tuple(modules))
        if key not in self._done:
            self._done[key] = (self._fingerprint(unwrapped(function), tuple(modules)), function)
        return self._done[key][0]

    def value(self, value: object) -> Reached:
        """Walk everything that a value is made of, its classes included."""
        with self.walker.fresh_values():
            return self._settled(value, ())

    def _fingerprint(self, function: object, modules: tuple[str, ...]) -> Fingerprint:
        reached = self._settled(function, modules)
        problems = [node.problem for node in reached.nodes if node.problem]
        facts = [SCHEME.encode(), b"%d.%d" % sys.version_info[:2], b"%d" % sys.flags.optimize]
        facts += [texts(self._ignored)] if self._ignored else []
        return Fingerprint(
            seal("fingerprint", *facts, reached.digest()).hex(),
            tuple(dict.fromkeys([*_warnings(reached, modules), *problems])),
            not problems,
            listing=functools.partial(manifest, reached, self._definitions, self._ignored),
        )

    def _settled(self, entry: object, modules: tuple[str, ...]) -> Reached:
        """Walk until no module had to be imported, since importing one may change objects seen before."""
        with _no_collection():
            for _ in range(_ROUNDS):
                reached = self._reached(entry, modules)
                if not self.walker.imported:
                    break
                self.walker.forget()
                self._definitions = {}
        return reached

    def _reached(self, entry: object, modules: tuple[str, ...]) -> Reached:
        nodes = [self.walker.node(function) for function in _wrapped_chain(entry)]
        self.walker.finish()
        reached = reach(nodes[0], nodes, lambda aspects: self._expanded(entry, aspects, modules))
        self.walker.finish()
        return reached

    def _expanded(self, entry: object, aspects: Iterable[str], modules: tuple[str, ...]) -> list[Node]:
        """Return the nodes that aspects of code stand for."""
        found: list[Node] = []
        for aspect in aspects:
            found.extend(self._declared(modules) if modules and aspect in _NARROWED else self._widened(entry, aspect))
        self.walker.finish()
        return found

    def _declared(self, modules: tuple[str, ...]) -> Iterator[Node]:
        for name in modules:
            loaded = load(self.walker, name)
            yield (
                self.walker.node(loaded) if isinstance(loaded, types.ModuleType) else self.walker.bindings.absent(name)
            )

    def _widened(self, entry: object, aspect: str) -> list[Node]:
        bindings = self.walker.bindings
        if aspect == "sources":
            return [bindings.files(root) for root in self._project_roots(entry)]
        if aspect == "loaded":
            return bindings.loaded()
        if aspect == "classes":
            return bindings.classes()
        return [bindings.installed()] if aspect == "installed" else []

    def _project_roots(self, entry: object) -> list[str]:
        """Return the given roots, or the root of the file that defines the function."""
        if self._roots:
            return sorted(str(root.resolve()) for root in self._roots)
        files = [item.__code__.co_filename for item in _wrapped_chain(entry) if isinstance(item, types.FunctionType)]
        files.extend(script for item in _wrapped_chain(entry) if (script := script_of(item)) is not None)
        real = [file for file in files if Path(file).is_file()]
        return sorted({self.walker.ownership.root(file) for file in real or [str(Path.cwd() / "__main__")]})


def _names(listed: Sequence[str]) -> Sequence[str]:
    """Check a list of dotted names. Raises FingerprintError."""
    if isinstance(listed, str) or not all(isinstance(name, str) for name in listed):
        raise FingerprintError("ignore_calls", f"expected a list of names such as ['logging', 'print'], got {listed!r}")
    wrong = next((name for name in listed if not all(part.isidentifier() for part in name.split("."))), None)
    if wrong is not None:
        raise FingerprintError(
            "ignore_calls", f"{wrong!r} is no dotted name; write 'logging', 'print' or 'loguru.logger'"
        )
    return listed


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Collect no garbage inside: a walk makes thousands of objects that stay, which the collector would visit in vain."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def _wrapped_chain(entry: object) -> list[object]:
    """Return an object and the functions that it wraps, as :func:`functools.wraps` and its like record them."""
    found = [entry]
    while len(found) < 100:
        inner = getattr(found[-1], "__dict__", {}).get("__wrapped__")
        if inner is None or isinstance(found[-1], type) or any(inner is other for other in found):
            return found
        found.append(unwrapped(inner))
    return found


def _warnings(reached: Reached, modules: tuple[str, ...]) -> Iterator[str]:
    for node in reached.nodes:
        for aspect, reason in node.watches.items():
            if aspect in _COUNTED and not (modules and aspect in _NARROWED):
                narrow = "; declare modules=[...] to narrow it" if aspect in _NARROWED else ""
                yield f"{reason}: {_COUNTED[aspect]}{narrow}"
