"""Describe runs as JSON documents, the same for every command and for the server.

Each document is a type: what is written is checked against it, and the server's schemas are made from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

from .artifacts import Artifact
from .failures import Failure
from .history.records import FileRecord, MetricRecord, RunRecord, StepRecord
from .states import State

Document: TypeAlias = dict[str, Any]


class RunDocument(TypedDict):
    """A run. Times are RFC 3339 in UTC, ``duration`` is seconds; ``counts`` is how many of its steps are in each state."""

    id: str
    pipeline: str
    experiment: str
    state: State
    started: str | None
    ended: str | None
    duration: float | None
    parameters: dict[str, str]
    tags: dict[str, str]
    problem: str
    counts: dict[str, int]


class FailureDocument(TypedDict):
    """What went wrong in a step: the user's exception, its traceback, and what the step was given, in short."""

    kind: str
    message: str
    frames: str
    inputs: dict[str, str]
    attempts: int
    replay: str


class ArtifactDocument(TypedDict):
    """A stored value: what it is, and how it is stored. ``size`` is bytes."""

    digest: str
    type: str
    summary: str
    size: int
    codec: str


class StepDocument(TypedDict):
    """A step run. ``reason`` says why it was skipped, ``parent`` and ``place`` what it was unfolded from."""

    id: str
    name: str
    function: str
    state: State
    started: str | None
    ended: str | None
    duration: float | None
    attempts: int
    reused_from: str | None
    reason: str
    parent: str | None
    place: int | None
    failure: FailureDocument | None
    outputs: dict[str, ArtifactDocument]


class MetricDocument(TypedDict):
    """One logged number; null where it was not finite. ``index`` is its place along the step's own axis, such as an epoch."""

    step: str
    name: str
    index: float | None
    value: float | None
    time: str | None


def run_document(run: RunRecord) -> RunDocument:
    """Return what a list of runs says about one."""
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "experiment": run.experiment,
        "state": run.state,
        "started": moment(run.started),
        "ended": moment(run.ended),
        "duration": run.duration,
        "parameters": dict(run.parameters),
        "tags": dict(run.tags),
        "problem": run.problem,
        "counts": {str(state): count for state, count in run.counts.items()},
    }


def whole_document(
    run: RunRecord,
    steps: Sequence[StepRecord],
    metrics: Iterable[MetricRecord],
    files: Iterable[FileRecord],
    folder: Path,
) -> Document:
    """Return everything about a run."""
    return {
        **run_document(run),
        "facts": dict(run.facts),
        "folder": str(folder),
        "steps": [step_document(step) for step in steps],
        "metrics": [metric_document(metric) for metric in metrics],
        "files": [{"step": file.step, "name": file.name, "path": str(folder / file.path)} for file in files],
    }


def step_document(step: StepRecord) -> StepDocument:
    """Return what is known of a step run."""
    return {
        "id": step.id,
        "name": step.name,
        "function": step.function,
        "state": step.state,
        "started": moment(step.started),
        "ended": moment(step.ended),
        "duration": step.duration,
        "attempts": step.attempts,
        "reused_from": step.reused_from,
        "reason": step.reason,
        "parent": step.parent,
        "place": step.place,
        "failure": None if step.failure is None else _failure(step.failure),
        "outputs": {name: artifact_document(artifact) for name, artifact in step.outputs.items()},
    }


def metric_document(metric: MetricRecord) -> MetricDocument:
    """Return one logged number; JSON has none for what is not finite, so that is null."""
    return {
        "step": metric.step,
        "name": metric.name,
        "index": metric.index,
        "value": metric.value if math.isfinite(metric.value) else None,
        "time": moment(metric.time),
    }


def moment(seconds: float | None) -> str | None:
    """Write a time as RFC 3339 in UTC."""
    return (
        None
        if seconds is None
        else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _failure(failure: Failure) -> FailureDocument:
    return {
        "kind": failure.kind,
        "message": failure.message,
        "frames": failure.frames,
        "inputs": dict(failure.inputs),
        "attempts": failure.attempts,
        "replay": failure.replay,
    }


def artifact_document(artifact: Artifact) -> ArtifactDocument:
    """Return what is known of a stored value."""
    return {
        "digest": artifact.digest,
        "type": artifact.type,
        "summary": artifact.summary,
        "size": artifact.size,
        "codec": artifact.codec,
    }
