"""Carry a failed step from the process where it happened to the people who must understand it."""

from __future__ import annotations

import errno
import pickle
import shlex
import shutil
from typing import TYPE_CHECKING

from attrs import field, frozen

from ..compilers.errors import PenstockError
from .errors import OperationFailed, StepFailed
from .resolved import summarise_input
from .store.space import readable_size
from .tracebacks import user_frames

if TYPE_CHECKING:
    from ..compilers.graph import Node
    from .tasks import Task

_LONGEST_MESSAGE = 10_000
_LONGEST_FRAMES = 40_000
_LARGEST = 1024 * 1024
"""Bytes; an exception that holds more than this, an array perhaps, is not carried over as it is."""


@frozen
class Failure:
    """What went wrong in one step.

    ``kind`` is the exception's class name; ``frames`` is the traceback, the user's frames only, as text; ``inputs``
    summarises what the step was given; ``replay`` is the command that runs the step again. ``pickled`` is the user's
    exception itself, or a :class:`~penstock.runtime.errors.StepFailed` in its place where it cannot be pickled.
    """

    step: str
    kind: str
    message: str
    frames: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    replay: str = ""
    attempts: int = 1
    pickled: bytes | None = field(default=None, eq=False, repr=False)

    @property
    def exception(self) -> BaseException | None:
        """The user's exception, or what stands in for it, with the worker's traceback as a note.

        None where nothing was carried over.
        """
        if self.pickled is None:
            return None
        try:
            error: BaseException = pickle.loads(self.pickled)
        except Exception:  # its class lives where this process cannot import it
            error = StepFailed(self.step, f"{self.kind}: {self.message}")
        if self.frames:
            error.add_note(self.frames)
        return error

    @property
    def headline(self) -> str:
        """The step and the error, in a line."""
        told = f"step {self.step!r} failed: {self.kind}: {self.message}".rstrip(": ")
        return f"{told} (after {self.attempts} attempts)" if self.attempts > 1 else told

    def __str__(self) -> str:
        lines = [self.headline]
        if self.frames:
            lines.append(self.frames.rstrip())
        if self.inputs:
            lines += ["with", *(f"    {name} = {summary}" for name, summary in self.inputs)]
        if self.replay:
            lines.append(f"run it again: {self.replay}")
        return "\n".join(lines)


def describe(error: BaseException, task: Task) -> Failure:
    """Describe what a task raised."""
    kind, message = type(error).__name__, _explained(error, task)
    return Failure(
        step=task.step,
        kind=kind,
        message=message,
        frames=_frames(error),
        inputs=summaries(task),
        replay=replay_command(task),
        attempts=task.attempt,
        pickled=_pickled(error) or pickle.dumps(StepFailed(task.step, f"{kind}: {message}")),
    )


def describe_end(error: StepFailed, task: Task) -> Failure:
    """Describe how a task was ended from outside: there are no frames of the user's, and the exception is ours."""
    return Failure(
        step=task.step,
        kind=type(error).__name__,
        message=error.problem,
        inputs=summaries(task),
        replay=replay_command(task),
        attempts=task.attempt,
        pickled=pickle.dumps(error),
    )


def refusal(node: Node, error: PenstockError) -> Failure:
    """Describe why a node could not begin: what it takes does not go together."""
    kind, message = type(error).__name__, str(error)
    if isinstance(error, OperationFailed):
        kind = error.kind
    place = f" ({node.source})" if node.source else ""
    return Failure(node.id, kind, f"{message}{place}", pickled=_pickled(error))


def replay_command(task: Task) -> str:
    """Return the command that runs a task again where it can be debugged."""
    return f"penstock replay {task.run} {shlex.quote(task.step)} --pdb"


def summaries(task: Task) -> tuple[tuple[str, str], ...]:
    """Say in a line what each input of a task was."""
    return tuple((name, summarise_input(value)) for name, value in task.inputs.items())


def _frames(error: BaseException) -> str:
    """Return the user's part of a traceback; nothing where none of it is the user's, for then it only repeats the message."""
    try:
        told = user_frames(error)
    except Exception as broken:  # an exception may be of any make
        return f"<its traceback cannot be shown: {type(broken).__name__}>\n"
    return _shortened(told) if '  File "' in told else ""


def _shortened(told: str) -> str:
    """Leave out the middle of what is too long to read."""
    left = len(told) - _LONGEST_FRAMES
    half = _LONGEST_FRAMES // 2
    return told if left <= 0 else f"{told[:half]}\n... ({left} characters) ...\n{told[-half:]}"


def _explained(error: BaseException, task: Task) -> str:
    """Return an exception's text, with what to know or to do where the text alone leaves people alone."""
    text = _text(error)
    if isinstance(error, MemoryError):
        advice = "memory ran out; give the step less at a time, or run fewer steps at once (jobs)"
        return f"{text} ({advice})" if text else advice
    if isinstance(error, SystemExit):
        return f"the step called sys.exit({error.code!r}); it ends by returning or by raising"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{text} ({_free_space(task.run_folder)}; results of finished steps are kept: make room and run again)"
    return text


def _free_space(folder: str) -> str:
    try:
        return f"{readable_size(shutil.disk_usage(folder).free)} are free in {folder}"
    except OSError:
        return f"nothing is known about {folder}"


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as broken:  # a user's __str__ may fail too, in any way
        return f"<its message cannot be shown: {type(broken).__name__}>"
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}... ({len(text)} characters)"


def _pickled(error: BaseException) -> bytes | None:
    """Pickle an exception, if it survives the way back: many with arguments of their own do not.

    Classes of scripts and notebooks are pickled by value, and are the driver's own ones again when they come back.
    """
    import cloudpickle

    try:
        data: bytes = cloudpickle.dumps(error)
        alive = len(data) <= _LARGEST and isinstance(pickle.loads(data), type(error))
    except BaseException:  # a user's __reduce__ may call sys.exit
        return None
    return data if alive else None
