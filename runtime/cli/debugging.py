"""Stop in Python's debugger where a step begins, or where it broke."""

from __future__ import annotations

import bdb
import inspect
import pdb  # noqa: T100 -- debugging is what this module is for
from collections.abc import Callable, Mapping
from types import CodeType, FrameType, TracebackType
from typing import Any

from ..invocation import call

_PACKAGE = __name__.partition(".")[0]


class FirstLine(pdb.Pdb):
    """A debugger that stops at the first line of some code, and passes over everything before it."""

    def __init__(self, code: CodeType | None) -> None:
        super().__init__()
        self._code = code
        self._waits = code is not None
        self.was_quit = False

    def user_call(self, frame: FrameType, argument_list: None) -> None:
        """Stop at a call, unless the code is still awaited: the next event is its first line."""
        if not self._waits:
            super().user_call(frame, argument_list)

    def user_line(self, frame: FrameType) -> None:
        """Stop at a line, unless the code is still awaited."""
        self._waits = self._waits and frame.f_code is not self._code
        if not self._waits:
            super().user_line(frame)

    def user_return(self, frame: FrameType, return_value: Any) -> None:
        """Stop at a return, unless the code is still awaited."""
        if not self._waits:
            super().user_return(frame, return_value)

    def user_exception(self, frame: FrameType, exc_info: Any) -> None:
        """Stop at an exception, unless the code is still awaited."""
        if not self._waits:
            super().user_exception(frame, exc_info)

    def get_stack(self, f: FrameType | None, t: TracebackType | None) -> tuple[list[tuple[FrameType, int]], int]:
        """Return the frames from the awaited code on: what called it is not the user's."""
        stack, current = super().get_stack(f, t)
        first = next((number for number, (frame, _) in enumerate(stack) if frame.f_code is self._code), 0)
        return stack[first:], max(0, current - first)

    def set_quit(self) -> None:
        """Note that somebody has had enough."""
        self.was_quit = True
        super().set_quit()


def stopping_first(function: Callable[..., Any], arguments: Mapping[str, object]) -> object:
    """Call a function by the names of its parameters, and stop at its first line. Raises BdbQuit when that is left."""
    debugger = FirstLine(getattr(inspect.unwrap(function), "__code__", None))
    result: object = debugger.runcall(call, function, arguments)
    if debugger.was_quit:  # runcall passes over it
        raise bdb.BdbQuit
    return result


def post_mortem(error: BaseException) -> None:
    """Look at an error where it was raised; Penstock's own frames above the user's are left out."""
    pdb.post_mortem(users_part(error.__traceback__))


def users_part(found: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the first frame on that is not Penstock's; the whole where all are."""
    part = found
    while part is not None and _is_ours(part.tb_frame):
        part = part.tb_next
    return part or found


def _is_ours(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    return name == _PACKAGE or name.startswith(f"{_PACKAGE}.")
