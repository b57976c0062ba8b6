"""Describe one step that is ready to run, and how it ended: what travels to a worker and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, Union

from attrs import field, frozen

from ..compilers.options import NodeOptions
from ..compilers.travelling import travels
from .filenames import filename_of

if TYPE_CHECKING:
    from ..compilers.references import FunctionRef
    from .artifacts import Artifact
    from .datastores import Datastores
    from .failures import Failure
    from .resolved import Resolved


@travels
@frozen(eq=False)
class Task:
    """A node with its inputs resolved: all that a worker needs to know, wherever it is.

    ``root`` is the project's folder, which relative paths start from; ``store`` is the artifact store's location;
    ``run_folder`` is where logs and files of the run go.
    """

    run: str
    step: str
    name: str
    function: FunctionRef
    inputs: Mapping[str, Resolved]
    outputs: tuple[str, ...]
    root: str
    store: str
    run_folder: str
    cache: str = ""
    """Where artifacts are kept that were read from a store elsewhere."""
    datastores: Datastores | None = None
    """Where the data are that its inputs name, if they name any."""
    payload: Artifact | None = None
    attempt: int = 1
    options: NodeOptions = NodeOptions()
    gpus: tuple[str, ...] = ()
    """The GPUs that are this task's own, by their names for CUDA."""
    audit: bool = False
    """Whether to watch what the step reads undeclared: see :mod:`.auditing`."""
    covered: tuple[str, ...] = ()
    """The project's files that the step's fingerprint covers, relative to ``root``; empty where nobody says."""

    def of(
        self,
        step: str,
        inputs: Mapping[str, Resolved],
        datastores: Datastores | None = None,
        attempt: int = 1,
        gpus: tuple[str, ...] = (),
    ) -> Task:
        """Return the task of another call that is like this one: quicker than to find out first which fields there are."""
        return Task(
            self.run, step, self.name, self.function, inputs, self.outputs, self.root, self.store, self.run_folder,
            self.cache, datastores, self.payload, attempt, self.options, gpus, self.audit, self.covered,
        )  # fmt: skip

    @property
    def log(self) -> str:
        """The log file, relative to the run's folder."""
        return log_of(self.step)


def log_of(step: str) -> str:
    """Return the log file of a step, relative to its run's folder."""
    return f"logs/{filename_of(step)}.log"


@travels
@frozen(eq=False)
class Completed:
    """The step returned. ``duration`` is in seconds, of the function alone."""

    outputs: Mapping[str, Artifact]
    duration: float
    pid: int | None = None
    undeclared: tuple[str, ...] = ()
    """What the step read that is not declared, in sentences, where that was asked for."""


@frozen(eq=False)
class Failed:
    """The step did not return, or what it returned could not be stored."""

    failure: Failure
    duration: float = 0.0
    pid: int | None = field(default=None)


Outcome: TypeAlias = Union[Completed, Failed]
