"""Machine-learning pipelines from plain Python functions: run here, submit there, rerun only what changed.

What is needed to define pipelines is loaded at once; what runs them is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .dsl import (
    DefinitionError,
    Environment,
    PenstockError,
    Pipeline,
    Promise,
    PromiseUsedAsValue,
    RecordingError,
    Resources,
    Static,
    Step,
    pipeline,
    step,
)

if TYPE_CHECKING:
    from .compilers.errors import CompileError, InvalidGraph, TypeMismatch, UnsupportedByTarget
    from .compilers.graph import Graph
    from .runtime.context import current_step
    from .runtime.errors import MissingInput, RunCancelled, RunError, RunFailed, StoreError, WorkspaceError
    from .runtime.launching import compile, run
    from .runtime.reporting import log_figure, log_metric, log_text, progress
    from .runtime.runners.explaining import explain
    from .runtime.runners.local import Local
    from .runtime.runs import Run, StepRun
    from .runtime.states import State
    from .runtime.store import register_codec
    from .runtime.workspace import Workspace

__all__ = [
    "CompileError",
    "DefinitionError",
    "Environment",
    "Graph",
    "InvalidGraph",
    "Local",
    "MissingInput",
    "PenstockError",
    "Pipeline",
    "Promise",
    "PromiseUsedAsValue",
    "RecordingError",
    "Resources",
    "Run",
    "RunCancelled",
    "RunError",
    "RunFailed",
    "State",
    "Static",
    "Step",
    "StepRun",
    "StoreError",
    "TypeMismatch",
    "UnsupportedByTarget",
    "Workspace",
    "WorkspaceError",
    "compile",
    "current_step",
    "explain",
    "log_figure",
    "log_metric",
    "log_text",
    "pipeline",
    "progress",
    "register_codec",
    "run",
    "step",
]

_LOADED_ON_FIRST_USE = {
    "CompileError": "compilers.errors",
    "Graph": "compilers.graph",
    "InvalidGraph": "compilers.errors",
    "Local": "runtime.runners.local",
    "MissingInput": "runtime.errors",
    "Run": "runtime.runs",
    "RunCancelled": "runtime.errors",
    "RunError": "runtime.errors",
    "RunFailed": "runtime.errors",
    "State": "runtime.states",
    "StepRun": "runtime.runs",
    "StoreError": "runtime.errors",
    "TypeMismatch": "compilers.errors",
    "UnsupportedByTarget": "compilers.errors",
    "Workspace": "runtime.workspace",
    "WorkspaceError": "runtime.errors",
    "compile": "runtime.launching",
    "current_step": "runtime.context",
    "explain": "runtime.runners.explaining",
    "log_figure": "runtime.reporting",
    "log_metric": "runtime.reporting",
    "log_text": "runtime.reporting",
    "progress": "runtime.reporting",
    "register_codec": "runtime.store",
    "run": "runtime.launching",
}


def __getattr__(name: str) -> object:
    if name not in _LOADED_ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_LOADED_ON_FIRST_USE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
