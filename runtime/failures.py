"""Carry a failed step from the process where it happened to the people who must understand it."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from attrs import field, frozen

from ..compilers.graph import Literal
from .resolved import Resolved, Stored
from .tracebacks import user_frames

if TYPE_CHECKING:
    from .tasks import Task

_LONGEST = 100


@frozen
class Failure:
    """What went wrong in one step.

    ``kind`` is the exception's class name; ``frames`` is the traceback, the user's frames only, as text; ``inputs``
    summarises what the step was given; ``replay`` is the command that runs the step again. ``pickled`` is the user's
    exception itself, where it could be pickled.
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
        """The user's exception, with the worker's traceback as a note; None where it could not be carried over."""
        if self.pickled is None:
            return None
        try:
            error = pickle.loads(self.pickled)
        except Exception:  # its class lives where this process cannot import it
            return None
        error.add_note(self.frames)
        return error  # type: ignore[no-any-return]  # pickled by describe()

    def __str__(self) -> str:
        lines = [f"step {self.step!r} failed: {self.kind}: {self.message}".rstrip(": ")]
        if self.attempts > 1:
            lines[0] += f" (after {self.attempts} attempts)"
        if self.frames:
            lines.append(self.frames.rstrip())
        if self.inputs:
            lines += ["with", *(f"    {name} = {summary}" for name, summary in self.inputs)]
        if self.replay:
            lines.append(f"run it again: {self.replay}")
        return "\n".join(lines)


def describe(error: BaseException, task: Task) -> Failure:
    """Describe what a task raised."""
    return Failure(
        step=task.step,
        kind=type(error).__name__,
        message=_text(error),
        frames=user_frames(error),
        inputs=summaries(task),
        attempts=task.attempt,
        pickled=_pickled(error),
    )


def summaries(task: Task) -> tuple[tuple[str, str], ...]:
    """Say in a line what each input of a task was."""
    return tuple((name, _summary(value)) for name, value in task.inputs.items())


def _summary(value: Resolved) -> str:
    text = _described(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _described(value: Resolved) -> str:
    if isinstance(value, Literal):
        return repr(value.value)
    if isinstance(value, Stored):
        return (value.artifact.summary or value.artifact.type) + "".join(f"[{item!r}]" for item in value.path)
    return f"a {value.shape.kind} of {len(value.items)}: {', '.join(map(_summary, value.items))}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # a user's __str__ may fail too
        return f"<its message cannot be shown: {type(broken).__name__}>"


def _pickled(error: BaseException) -> bytes | None:
    """Pickle an exception, if it survives the way back: many with arguments of their own do not."""
    try:
        data = pickle.dumps(error)
        pickle.loads(data)
    except Exception:
        return None
    return data
