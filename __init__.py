"""Machine-learning pipelines from plain Python functions: run here, submit there, rerun only what changed.

What makes steps and pipelines of functions is loaded at once; what composes and runs them is loaded when it is first used.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING


def _say_cancelled(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End as every command does at Ctrl-C, also while it is still being imported."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    print("cancelled", file=sys.stderr)  # noqa: T201 -- it is what the command says
    sys.exit(130)


if "".join(getattr(sys, "argv", [])[:1]).replace("\\", "/").rpartition("/")[2] == "penstock":
    sys.excepthook = _say_cancelled

from .dsl.deferral import loaded_on_first_use  # noqa: E402 -- Ctrl-C is heard before
from .dsl.errors import (  # noqa: E402 -- as above
    DefinitionError,
    LimitReached,
    PenstockError,
    ProgramFailed,
    PromiseUsedAsValue,
    RecordingError,
)
from .dsl.options import Retries, Static  # noqa: E402 -- as above
from .dsl.pipelines import Pipeline, pipeline  # noqa: E402 -- as above
from .dsl.statuses import RunStatus  # noqa: E402 -- as above
from .dsl.steps import Step, step  # noqa: E402 -- as above

if TYPE_CHECKING:
    from .compilers.datapaths import DataPath
    from .compilers.errors import CompileError, InvalidGraph, TypeMismatch, UnsupportedByTarget
    from .compilers.graph import Graph
    from .dsl.branching import when
    from .dsl.closing import on_exit
    from .dsl.environments import Environment
    from .dsl.library import command_step, copy_step, script_step
    from .dsl.mapped import each
    from .dsl.promises import Promise
    from .dsl.repetition import repeat
    from .dsl.resources import Resources
    from .runtime.asking import compare, explain, replay
    from .runtime.azure.errors import RemoteError
    from .runtime.client import Client
    from .runtime.clusters import Ray
    from .runtime.comparisons import Comparison
    from .runtime.context import current_step
    from .runtime.datastores import Datastore, copy_files, materialise
    from .runtime.errors import (
        DatastoreError,
        EndpointError,
        MissingInput,
        RunCancelled,
        RunError,
        RunFailed,
        StoreError,
        WorkspaceError,
    )
    from .runtime.launching import compile, run
    from .runtime.publishing import Endpoint, publish
    from .runtime.reporting import log_figure, log_metric, log_text, progress
    from .runtime.runners.azureml import AzureML
    from .runtime.runners.checking import check
    from .runtime.runners.local import Local
    from .runtime.runners.replaying import Replay
    from .runtime.runs import Run, StepRun
    from .runtime.states import State
    from .runtime.store import register_codec
    from .runtime.workspace import Workspace

__all__ = [
    "AzureML",
    "Client",
    "Comparison",
    "CompileError",
    "DataPath",
    "Datastore",
    "DatastoreError",
    "DefinitionError",
    "Endpoint",
    "EndpointError",
    "Environment",
    "Graph",
    "InvalidGraph",
    "LimitReached",
    "Local",
    "MissingInput",
    "PenstockError",
    "Pipeline",
    "ProgramFailed",
    "Promise",
    "PromiseUsedAsValue",
    "Ray",
    "RecordingError",
    "RemoteError",
    "Replay",
    "Resources",
    "Retries",
    "Run",
    "RunCancelled",
    "RunError",
    "RunFailed",
    "RunStatus",
    "State",
    "Static",
    "Step",
    "StepRun",
    "StoreError",
    "TypeMismatch",
    "UnsupportedByTarget",
    "Workspace",
    "WorkspaceError",
    "check",
    "command_step",
    "compare",
    "compile",
    "copy_files",
    "copy_step",
    "current_step",
    "each",
    "explain",
    "log_figure",
    "log_metric",
    "log_text",
    "materialise",
    "on_exit",
    "pipeline",
    "progress",
    "publish",
    "register_codec",
    "repeat",
    "replay",
    "run",
    "script_step",
    "step",
    "when",
]

_LOADED_ON_FIRST_USE = {
    "AzureML": "runtime.runners.azureml",
    "Client": "runtime.client",
    "Comparison": "runtime.comparisons",
    "CompileError": "compilers.errors",
    "DataPath": "compilers.datapaths",
    "Datastore": "runtime.datastores",
    "DatastoreError": "runtime.errors",
    "Endpoint": "runtime.publishing",
    "EndpointError": "runtime.errors",
    "Environment": "dsl.environments",
    "Graph": "compilers.graph",
    "InvalidGraph": "compilers.errors",
    "Local": "runtime.runners.local",
    "MissingInput": "runtime.errors",
    "Promise": "dsl.promises",
    "Ray": "runtime.clusters",
    "RemoteError": "runtime.azure.errors",
    "Replay": "runtime.runners.replaying",
    "Resources": "dsl.resources",
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
    "check": "runtime.runners.checking",
    "command_step": "dsl.library",
    "compare": "runtime.asking",
    "compile": "runtime.launching",
    "copy_files": "runtime.datastores",
    "copy_step": "dsl.library",
    "current_step": "runtime.context",
    "each": "dsl.mapped",
    "explain": "runtime.asking",
    "log_figure": "runtime.reporting",
    "log_metric": "runtime.reporting",
    "log_text": "runtime.reporting",
    "materialise": "runtime.datastores",
    "on_exit": "dsl.closing",
    "progress": "runtime.reporting",
    "publish": "runtime.publishing",
    "register_codec": "runtime.store",
    "repeat": "dsl.repetition",
    "replay": "runtime.asking",
    "run": "runtime.launching",
    "script_step": "dsl.library",
    "when": "dsl.branching",
}

__getattr__ = loaded_on_first_use(__name__, _LOADED_ON_FIRST_USE)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
