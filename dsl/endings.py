"""Run what was asked for with ``on_exit`` when a call of a pipeline in plain Python ends, and tell it how that was."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .statuses import RunStatus

if TYPE_CHECKING:
    from .signatures import Hint, Signature

Cleanup = Callable[[RunStatus], object]

_WAITING: ContextVar[list[Cleanup] | None] = ContextVar("penstock_waiting", default=None)
_ENDING: ContextVar[RunStatus | None] = ContextVar("penstock_ending", default=None)


def ending() -> RunStatus | None:
    """Return how the pipeline ended whose cleanup runs now; None where none does."""
    return _ENDING.get()


def waiting() -> list[Cleanup] | None:
    """Return the list of what runs when the innermost call of a pipeline ends; None outside of any."""
    return _WAITING.get()


def called_to_its_end(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> object:
    """Call a pipeline's function, and then what it asked for with ``on_exit``, in the order in which it did.

    Every cleanup runs; the first exception of the call and its cleanups is the one that is raised.
    """
    cleanups: list[Cleanup] = []
    token = _WAITING.set(cleanups)
    try:
        result = function(*args, **kwargs)
    except BaseException as error:
        status = RunStatus.FAILED if isinstance(error, Exception) else RunStatus.CANCELLED
        for problem in _problems(cleanups, status):
            error.add_note(f"on_exit failed as well: {type(problem).__name__}: {problem}")
        raise
    finally:
        _WAITING.reset(token)
    for problem in _problems(cleanups, RunStatus.COMPLETED):
        raise problem
    return result


def _problems(cleanups: list[Cleanup], status: RunStatus) -> list[Exception]:
    """Run every cleanup and return what they raised."""
    problems = []
    waits, ends = _WAITING.set(None), _ENDING.set(status)
    try:
        for cleanup in cleanups:
            try:
                cleanup(status)
            except Exception as problem:  # the others run all the same
                problems.append(problem)
    finally:
        _ENDING.reset(ends)
        _WAITING.reset(waits)
    return problems


def is_status(hint: Hint) -> bool:
    """Say whether a parameter asks how the pipeline ended."""
    return hint is RunStatus or RunStatus in typing.get_args(hint)


def with_status(
    signature: Signature, args: tuple[object, ...], kwargs: Mapping[str, object], status: object
) -> dict[str, object]:
    """Add the status to the arguments of a call, for the parameters that ask for it and are not given."""
    names = list(signature.inputs)
    given = {*names[: len(args)], *kwargs}
    return {
        **kwargs,
        **{name: status for name in names if name not in given and is_status(signature.inputs[name].hint)},
    }
