"""Read the documents of a server as the records that a workspace has of the same things."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from ...compilers.graph import Literal, Parameter
from ..artifacts import Artifact
from ..failures import Failure
from ..history.records import MetricRecord, RunRecord, StepRecord
from ..states import State

T = TypeVar("T")

_TIMES = frozenset({"created", "started", "ended", "expires", "revoked", "used", "due", "last_due"})


def record_of(kind: type[T], document: Mapping[str, Any]) -> T:
    """Return a record of a document's fields; those that the record does not have are left out."""
    known = {one.name for one in attrs.fields(kind)}  # type: ignore[arg-type]  # an attrs class
    return kind(**{name: _read(name, value) for name, value in document.items() if name in known})


def run_record(document: Mapping[str, Any]) -> RunRecord:
    """Return the record of a run. ``started`` is 0 where it waits for its turn."""
    counts = {State(state): count for state, count in document.get("counts", {}).items()}
    given = {**document, "state": State(document["state"]), "counts": counts, "started": document["started"] or 0.0}
    return record_of(RunRecord, given)


def step_record(run: str, position: int, document: Mapping[str, Any]) -> StepRecord:
    """Return the record of a step run."""
    told = document.get("failure")
    failure = None if told is None else _failure(document["id"], told)
    outputs = {name: Artifact(**{**one, "inline": None}) for name, one in document.get("outputs", {}).items()}
    changed = {"state": State(document["state"]), "failure": failure, "outputs": outputs}
    return record_of(StepRecord, {**document, **changed, "run": run, "position": position})


def metric_record(document: Mapping[str, Any]) -> MetricRecord:
    """Return a logged number; what is not finite is not a number any more."""
    value = document["value"]
    return record_of(MetricRecord, {**document, "value": float("nan") if value is None else value})


def parameter_of(document: Mapping[str, Any]) -> Parameter:
    """Return a parameter of a version."""
    default = None if document["required"] else Literal(document["default"])
    return Parameter(document["name"], document["type"], document["schema"], default, document["static"])


def _failure(step: str, told: Mapping[str, Any]) -> Failure:
    inputs = tuple(told.get("inputs", {}).items())
    return record_of(Failure, {**told, "step": step, "inputs": inputs})


def _read(name: str, value: Any) -> Any:
    if (name in _TIMES or name == "time") and isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return value
