"""Say with which exit code the command line ends, for each kind of error."""

from __future__ import annotations

from collections.abc import Mapping

from ...compilers.errors import PenstockError
from ..azure.errors import NotConfigured, NotFoundRemotely, RemoteError
from ..errors import (
    ArtifactNotFound,
    DataNotFound,
    DatastoreError,
    DatastoreNotFound,
    HistoryError,
    RunCancelled,
    RunError,
    RunNotFound,
    StepNotFound,
    StoreError,
    WorkspaceError,
    WorkspaceNotFound,
)
from ..states import State
from .errors import CommandError, TargetNotFound, UserCodeFailed, WrongDefinition

COMPLETED = 0
FAILED = 1
WRONG_USAGE = 2
WRONG_DEFINITION = 3
NOT_FOUND = 4
CANCELLED = 130

MEANINGS: Mapping[int, str] = {
    COMPLETED: "completed",
    FAILED: "the run, or the command, failed",
    WRONG_USAGE: "wrong usage: an option or a value that cannot be read",
    WRONG_DEFINITION: "the pipeline's definition is wrong, or its file cannot be imported",
    NOT_FOUND: "no such file, pipeline, run, step, workspace or datastore",
    CANCELLED: "cancelled, by Ctrl-C or by somebody",
}
"""Every exit code, and what it means."""

_OF_ERRORS: tuple[tuple[tuple[type[BaseException], ...], int], ...] = (
    ((RunCancelled, KeyboardInterrupt), CANCELLED),
    (
        (
            RunNotFound,
            StepNotFound,
            ArtifactNotFound,
            WorkspaceNotFound,
            TargetNotFound,
            DatastoreNotFound,
            DataNotFound,
            NotConfigured,
            NotFoundRemotely,
        ),
        NOT_FOUND,
    ),
    ((WrongDefinition, UserCodeFailed), WRONG_DEFINITION),
    ((RunError, StoreError, HistoryError, WorkspaceError, DatastoreError, CommandError, RemoteError), FAILED),
    ((PenstockError,), WRONG_DEFINITION),  # what is left was raised while a definition was read or compiled
)

_OF_STATES = {State.COMPLETED: COMPLETED, State.FAILED: FAILED, State.CANCELLED: CANCELLED}


def code_of(error: BaseException) -> int:
    """Return the exit code for an error."""
    return next((code for kinds, code in _OF_ERRORS if isinstance(error, kinds)), FAILED)


def code_of_state(state: State) -> int:
    """Return the exit code for how a run ended."""
    return _OF_STATES.get(state, FAILED)
