"""Find the function that a graph refers to, and pack one that no other process could find."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast, final

from ..compilers.importing import is_findable
from .errors import RunError

if TYPE_CHECKING:
    from ..compilers.references import FunctionRef


def find_function(ref: FunctionRef) -> Callable[..., Any]:
    """Import what ``module:qualname`` names. Raises RunError where it is not there."""
    try:
        found: object = importlib.import_module(ref.module)
        for part in ref.qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise RunError(
            f"the step's function {ref} cannot be imported here: {error}. Its module must be importable where the step runs: "
            "start from the project's folder, or install the project"
        ) from error
    if not callable(found):
        raise RunError(f"{ref} is a {type(found).__name__}, and a step's function was expected")
    return cast("Callable[..., Any]", found)


_IMPORTING: ContextVar[str | None] = ContextVar("penstock_importing", default=None)


@final
class Importing:
    """Say that modules are imported here only to find ``what`` a step needs: they must not start runs."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        self._token = _IMPORTING.set(self._what)

    def __exit__(self, *_: object) -> None:
        _IMPORTING.reset(self._token)


def check_not_importing() -> None:
    """Raise RunError where a run would be started by the import of a module in a worker: it would never end."""
    if _IMPORTING.get() is not None:
        raise RunError(
            f"a run was started while a worker imported a module for {_IMPORTING.get()}: the module runs a pipeline when it is "
            'imported. Put that under `if __name__ == "__main__":`'
        )


@contextmanager
def packed_with_modules(values: Iterable[object]) -> Iterator[None]:
    """Let pickling take whole modules along by value, where what is pickled comes from ones that nobody can import."""
    import cloudpickle

    names = {name for value in values for name in _modules_of(value)}
    modules = [sys.modules[name] for name in names if name in sys.modules and not _is_importable(name)]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _is_importable(name: str) -> bool:
    """Say whether a module can be imported elsewhere; what ``__main__`` defines is pickled by value anyway."""
    return name == "__main__" or is_findable(name)


def _modules_of(value: object) -> Iterator[str]:
    for part in (value, type(value), getattr(value, "func", None)):
        name = getattr(part, "__module__", None)
        if isinstance(name, str):
            yield name
