"""What people write: steps, pipelines and their options, and the recorder that listens while a pipeline is called."""

from .errors import DefinitionError, PenstockError, ProgramFailed, PromiseUsedAsValue, RecordingError
from .options import Environment, Options, Resources, Retries, Static
from .pipelines import Pipeline, as_pipeline, pipeline
from .promises import Promise
from .recording import Recording, record
from .statuses import RunStatus
from .steps import Step, step

__all__ = [
    "DefinitionError",
    "Environment",
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
    "pipeline",
    "record",
    "step",
]
