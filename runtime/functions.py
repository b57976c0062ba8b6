"""Find the function that a graph refers to, and pack one that no other process could find."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from ..compilers.graph import FunctionRef
from .errors import RunError


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


@contextmanager
def packed_with_module(function: object) -> Iterator[None]:
    """Let pickling take a function's whole module along by value, where the module is one that nobody can import."""
    import cloudpickle

    module = sys.modules.get(getattr(function, "__module__", "__main__"))
    if module is None or module.__name__ == "__main__":  # these are taken along anyway
        yield
        return
    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)
