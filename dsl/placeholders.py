"""Tell what stands in an argument for something else: a promise for a value, an ``each(...)`` for its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final


class Placeholder:
    """What no function gets: a promise, or an ``each(...)``."""

    __slots__ = ()


if TYPE_CHECKING:
    from typing import Any as _Anything  # what is below Any passes for whatever a parameter asks for: it gets an item
else:
    _Anything = Placeholder


@final
class Each(_Anything):  # type: ignore[misc]  # as above
    """What ``each(...)`` returns. ``values`` is a list, a dict, or a promise of one."""

    __slots__ = ("limit", "values")

    def __init__(self, values: Any, limit: int | None) -> None:
        self.values = values
        self.limit = limit

    def __repr__(self) -> str:
        return f"each({self.values!r})"


def is_mapped(args: tuple[object, ...], kwargs: Mapping[str, object]) -> bool:
    """Say whether there is an ``each(...)`` among the arguments of a call."""
    return Each in map(type, args) or (bool(kwargs) and Each in map(type, kwargs.values()))


def misplaced_each(name: str) -> str:
    """Say what is wrong with an ``each(...)`` inside of an argument."""
    return (
        f"{name}() is given an each(...) inside of a list, tuple or dict; each must be an argument of its own, as in "
        "`use(each(values))`. To pass all the results on, write `use_all(use(each(values)))`"
    )
