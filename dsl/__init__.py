"""What people write: steps, pipelines and their options, and the recorder that listens while a pipeline is called."""

from .branching import when
from .closing import on_exit
from .errors import (
    DefinitionError,
    LimitReached,
    PenstockError,
    ProgramFailed,
    PromiseUsedAsValue,
    RecordingError,
)
from .mapped import each
from .options import Environment, Options, Resources, Retries, Static
from .pipelines import Pipeline, as_pipeline, pipeline
from .promises import Promise
from .recording import Recording, record
from .repetition import repeat
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
    "on_exit",
    "pipeline",
    "record",
    "repeat",
    "step",
    "when",
]
