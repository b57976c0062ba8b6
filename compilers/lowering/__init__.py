"""Lower a recorded pipeline to a graph: the one place where the compiler knows the DSL.

Calls become nodes, arguments become bindings, types are checked. Nothing is executed and nothing is written.
"""

from .compiling import Compiled, compile_pipeline
from .nodes import lower
from .pairing import pipelines_called, steps_called

__all__ = ["Compiled", "compile_pipeline", "lower", "pipelines_called", "steps_called"]
