"""Find out how a run can be done again: by calling its endpoint with the same values, or by the command that started it."""

from __future__ import annotations

import json
import shlex
from pathlib import PurePath

from attrs import frozen

from ....compilers.errors import PenstockError
from ...history.records import RunRecord
from ..callers import Scope
from .visits import Visit


@frozen
class Again:
    """How to do a run again. ``call`` is an address of the API and ``body`` what to send there; else ``command`` is for a terminal."""

    call: str = ""
    body: str = ""
    form: str = ""
    command: str = ""


def again_of(visit: Visit, run: RunRecord) -> Again | None:
    """Return how to do a run again, as far as its visitor may and somebody knows."""
    request = visit.service.queue.get(run.id)
    if request is None:
        command = command_again(run.facts.get("command", ""))
        return Again(command=command) if command else None
    if not visit.caller.csrf or not visit.caller.may(Scope.RUN):
        return None
    try:
        visit.service.registry.callable_version(request.endpoint, request.version)
    except PenstockError:
        return None
    own = {name: value for name, value in request.tags.items() if name not in _GIVEN}
    how = {"parameters": request.parameters, "experiment": request.experiment, "tags": own, "compute": request.compute}
    body = {name: value for name, value in how.items() if value is not None}
    place = f"/endpoints/{request.endpoint}"
    return Again(
        f"/api/v1{place}/versions/{request.version}/runs",
        json.dumps(body),
        f"{place}?version={request.version}&like={run.id}",
    )


_GIVEN = frozenset({"endpoint", "version", "schedule"})
"""Tags that say where a request came from; they are made anew."""


def command_again(command: str) -> str:
    """Return the command of a terminal without the path of the interpreter; nothing where it was none of Penstock's."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    if len(words) > 1 and PurePath(words[1]).name == "penstock" and words[2:3] == ["run"]:
        return shlex.join(["penstock", *words[2:]])
    return ""
