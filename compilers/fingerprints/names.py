"""Find out what the names in a module stand for, once for all code in it."""

from __future__ import annotations

import builtins
import functools
import sys
import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

from .encoding import text
from .externals import builtin, builtins_of, is_original_builtin, unwrapped
from .forms import NormalForm, Use, Uses
from .nodes import Node
from .resolution import Resolver
from .widening import depends, may_depend

if TYPE_CHECKING:
    from .reach import Walker


@final
class Names:
    """What the names in one module stand for, found out once for all code in it."""

    def __init__(self, walker: Walker, namespace: dict[str, object]) -> None:
        self._walker = walker
        self._globals = namespace
        self._builtins = builtins_of(namespace)
        self._labels = _Labels(namespace, self._builtins)
        self._resolver = Resolver(walker, namespace)
        self._followed: dict[tuple[Any, ...], tuple[Sequence[Node], Mapping[str, str]]] = {}

    @functools.cached_property
    def effects(self) -> Sequence[Node]:
        """What the module, and those it imports, did to the world."""
        return self._walker.bindings.effects(sys.modules.get(str(self._globals.get("__name__"))))

    def labels(self, form: NormalForm) -> list[bytes]:
        """Return the global names that count as such, with a mark, and then those that the code binds.

        A name for a module does not, nor one under which a function or class is known anyway: what it stands for tells more.
        """
        if not form.stored:
            return [*map(self._labels.__getitem__, form.names), b"stored"]
        counting = [text(name) if name in form.stored else self._labels[name] for name in form.names]
        return [*counting, b"stored", *map(text, form.stored)]

    def follow(self, node: Node, uses: Uses, function: types.FunctionType | None = None) -> None:
        """Add to a node what some uses reach; those of its closure are the function's own, all others the module's."""
        cells = function.__code__.co_freevars if function is not None else ()
        for use in uses:
            if use[0] == "free" and use[1] in cells:
                closure = dict(zip(cells, getattr(function, "__closure__", None) or (), strict=True))
                Resolver(self._walker, self._globals, closure).follow(node, Use(*use))
                continue
            edges, watches = self._followed.get(use) or self._follow(use)
            node.edges += edges
            for aspect in watches:
                node.watch(aspect, watches[aspect])

    def _follow(self, use: tuple[Any, ...]) -> tuple[Sequence[Node], Mapping[str, str]]:
        found = self._definition(use) or self._builtin(use)
        if found is None:
            found = Node("use")
            self._resolver.follow(found, Use(*use))
        self._followed[use] = found.edges, found.watches
        return self._followed[use]

    def _definition(self, use: tuple[Any, ...]) -> Node | None:
        """Return what a use of a function or class reaches that is nothing but itself, as most are."""
        value = self._globals.get(use[1]) if use[0] == "global" else None
        if type(value) not in (types.FunctionType, type) or use[1].startswith("__") or may_depend(value):
            return None
        return Node("use", edges=[self._walker.node(value)])

    def _builtin(self, use: tuple[Any, ...]) -> Node | None:
        """Return what a use of one of Python's own builtins reaches, if that is the same in every module; most are."""
        name = use[1]
        if use[0] == "import" or name in self._globals or self._builtins is not vars(builtins):
            return None
        known = self._walker.builtin_uses
        if (name, use[4]) not in known:
            value = self._builtins.get(name)
            plain = value is not None and is_original_builtin(name, value) and not depends(f"builtins.{name}")
            edges = [] if use[4] == "getattr" or not plain else [builtin(self._walker, name)]
            known[name, use[4]] = Node("use", edges=edges) if plain else None
        return known[name, use[4]]


class _Labels(dict[str, bytes]):
    """The label of each global name, made when it is asked for."""

    def __init__(self, namespace: dict[str, object], built_in: dict[str, object]) -> None:
        super().__init__()
        self._globals = namespace
        self._builtins = built_in

    def __missing__(self, name: str) -> bytes:
        value = self._globals[name] if name in self._globals else self._builtins.get(name)
        known = isinstance(value, types.ModuleType) or _own_name(value) == name
        self[name] = b"" if known else text(name)
        return self[name]


def _own_name(value: object) -> str | None:
    wrapped = unwrapped(value)
    return wrapped.__name__ if isinstance(wrapped, (types.FunctionType, type)) else None
