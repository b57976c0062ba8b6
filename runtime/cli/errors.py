"""Name what can be wrong with what somebody typed.

::

    PenstockError
      CommandError
        TargetNotFound               no such file, module, pipeline or step of a run
        WrongDefinition              a file is there, and holds nothing that can be run
        UserCodeFailed               the user's own code raised while it was imported or recorded
"""

from __future__ import annotations

from ...compilers.errors import PenstockError


class CommandError(PenstockError):
    """A command cannot do what it was asked for. The message says what to type instead."""


class TargetNotFound(CommandError):
    """What a command was pointed at is not there."""


class WrongDefinition(CommandError):
    """What a command was pointed at is there, and cannot be used."""


class UserCodeFailed(CommandError):
    """The user's own code raised while it was imported. ``frames`` is the traceback, the user's frames only."""

    def __init__(self, what: str, frames: str) -> None:
        super().__init__(what, frames)
        self.what = what
        self.frames = frames

    def __str__(self) -> str:
        return f"{self.what}\n\n{self.frames.rstrip()}"
