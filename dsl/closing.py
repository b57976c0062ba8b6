"""Ask for steps that run when a pipeline has ended, however it did: ``on_exit(lambda: clean_up(folder))``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .active import active
from .calls import Closing
from .endings import is_status, waiting
from .errors import DefinitionError
from .locations import Location, caller
from .promises import Promise
from .signatures import read_signature
from .statuses import RunStatus

STATUS = "status"


def on_exit(cleanup: Callable[..., object]) -> None:
    """Call ``cleanup`` when everything else in the pipeline has ended, whether it completed, failed or was cancelled.

    It is a function without parameters, which may use everything around it. A parameter of a step in it that is annotated
    ``RunStatus`` and not given receives how the pipeline ended; a parameter of ``cleanup`` itself does too. Of what the
    pipeline has not made, a step in it gets None where its parameter admits that, and is skipped where it does not. Several
    are called in the order in which they were asked for.

    Raises DefinitionError outside of a pipeline, and for what cannot be called.
    """
    where = caller()
    takes_status = _takes_status(cleanup, where)
    recording, exits = active(), waiting()
    if recording is not None:
        if recording.pipeline is None and recording.group is None:
            raise _misplaced(f"in {recording.title}", where)
        with recording.part("on_exit()", {STATUS: RunStatus}) as made:
            made.status = made.parameter(STATUS)
            made.result = cleanup(made.status) if takes_status else cleanup()
        recording.place(Closing("on_exit", where, recording.group, cleanup=made))
    elif exits is not None:
        exits.append(cleanup if takes_status else lambda _status: cleanup())
    else:
        raise _misplaced("outside of any pipeline", where)


def _misplaced(where_it_is: str, where: Location) -> DefinitionError:
    return DefinitionError(
        f"on_exit() is called {where_it_is}; call it in the body of the pipeline that it cleans up after, which is decorated "
        "with @pipeline",
        where,
    )


def _takes_status(cleanup: Any, where: Location) -> bool:
    """Say whether a cleanup asks how the pipeline ended. Raises DefinitionError for one that asks for something else."""
    if not callable(cleanup) or isinstance(cleanup, Promise):
        shown = "a promise: the step was called already" if isinstance(cleanup, Promise) else repr(cleanup)
        raise DefinitionError(
            f"on_exit() needs a function to call at the end, and was given {shown}; write `on_exit(lambda: clean_up(...))`",
            where,
        )
    needed = [
        parameter
        for parameter in inspect.signature(cleanup).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    hints = read_signature(cleanup, "cleanup").inputs if needed else {}
    if len(needed) > 1 or any(
        not is_status(hints[one.name].hint) and hints[one.name].hint is not Any for one in needed
    ):
        raise DefinitionError(
            f"on_exit() calls its function with nothing, or with how the pipeline ended, and that asks for "
            f"{', '.join(one.name for one in needed)}; write `on_exit(lambda: clean_up(...))`",
            where,
        )
    return bool(needed)
