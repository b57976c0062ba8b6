"""Lower a recorded pipeline to a graph: the one place where the compiler knows the DSL.

Calls become nodes, arguments become bindings, types are checked. Nothing is executed and nothing is written. All of it is
loaded when it is first used: a worker imports who compiles pipelines, where the module of a step does, and compiles none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .compiling import Compiled, compile_pipeline
    from .nodes import lower
    from .pairing import pipelines_called, steps_called

__all__ = [
    "Compiled",
    "compile_pipeline",
    "lower",
    "pipelines_called",
    "steps_called",
]

_HOMES = {
    "Compiled": "compiling",
    "compile_pipeline": "compiling",
    "lower": "nodes",
    "pipelines_called": "pairing",
    "steps_called": "pairing",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
