"""Lift what a part of a pipeline takes from around it to parameters of the part, under names that people recognise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias, final

from attrs import frozen

from ...dsl.promises import Origin, Promise
from ...dsl.signatures import Hint
from ..graph import CONDITION, OUTPUT, STATE, STATUS

_Key: TypeAlias = tuple[int, str]

_NO_NAME = re.compile(r"\W")


@frozen(eq=False, repr=False)
class Captured:
    """A value from around a part: the name that it has inside, its type, and the promise of all of it outside."""

    name: str
    hint: Hint
    promise: Promise


@final
class Captures:
    """What the bodies of one control node take from around it: one name for each value, in all of them."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self._taken = {CONDITION, STATE, STATUS, *own}
        self._found: dict[_Key, Captured] = {}
        self.order: list[Promise] = []
        """What something inside waits for without taking data from it."""

    @property
    def all(self) -> tuple[Captured, ...]:
        """Everything that was taken, in the order in which it was used first."""
        return tuple(self._found.values())

    def take(self, origin: Origin, ids: Mapping[int, str]) -> Captured:
        """Return what stands for an output of an outer call, or for an outer parameter; ``ids`` are the nodes of calls."""
        key = (id(origin.call or origin.recording), origin.name)
        if key not in self._found:
            hint = origin.call.outputs[origin.name] if origin.call else origin.recording.parameters[origin.name].hint
            whole = Promise(Origin(origin.recording, origin.call, origin.name, hint))
            self._found[key] = Captured(self._free(_name(origin, ids)), hint, whole)
        return self._found[key]

    def _free(self, name: str) -> str:
        count = 1
        while (free := name if count == 1 else f"{name}_{count}") in self._taken:
            count += 1
        self._taken.add(free)
        return free


def _name(origin: Origin, ids: Mapping[int, str]) -> str:
    if origin.call is None:
        return origin.name
    node = _NO_NAME.sub("_", ids[id(origin.call)].rpartition("/")[2])
    return node if origin.name == OUTPUT else f"{node}_{origin.name}"
