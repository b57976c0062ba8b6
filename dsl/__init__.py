"""What people write: steps, pipelines and their options, and the recorder that listens while a pipeline is called.

All of it is loaded when it is first used: a worker imports modules that decorate functions, and records none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .branching import when
    from .closing import on_exit
    from .environments import Environment
    from .errors import (
        DefinitionError,
        LimitReached,
        PenstockError,
        ProgramFailed,
        PromiseUsedAsValue,
        RecordingError,
    )
    from .mapped import each
    from .mapping import mapped_at_once
    from .options import Options, Retries, Static
    from .pipelines import Pipeline, as_pipeline, pipeline
    from .promises import Promise
    from .recording import Recording, record
    from .repetition import repeat
    from .resources import Resources
    from .signatures import read_signature
    from .statuses import RunStatus
    from .steps import Step, step

__all__ = [
    "DefinitionError",
    "Environment",
    "LimitReached",
    "Options",
    "PenstockError",
    "Pipeline",
    "ProgramFailed",
    "Promise",
    "PromiseUsedAsValue",
    "Recording",
    "RecordingError",
    "Resources",
    "Retries",
    "RunStatus",
    "Static",
    "Step",
    "as_pipeline",
    "each",
    "mapped_at_once",
    "on_exit",
    "pipeline",
    "read_signature",
    "record",
    "repeat",
    "step",
    "when",
]

_HOMES = {
    "DefinitionError": "errors",
    "Environment": "environments",
    "LimitReached": "errors",
    "Options": "options",
    "PenstockError": "errors",
    "Pipeline": "pipelines",
    "ProgramFailed": "errors",
    "Promise": "promises",
    "PromiseUsedAsValue": "errors",
    "Recording": "recording",
    "RecordingError": "errors",
    "Resources": "resources",
    "Retries": "options",
    "RunStatus": "statuses",
    "Static": "options",
    "Step": "steps",
    "as_pipeline": "pipelines",
    "each": "mapped",
    "mapped_at_once": "mapping",
    "on_exit": "closing",
    "pipeline": "pipelines",
    "read_signature": "signatures",
    "record": "recording",
    "repeat": "repetition",
    "step": "steps",
    "when": "branching",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
