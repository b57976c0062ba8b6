"""Describe runs as JSON documents, the same for every command and for the server."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from .artifacts import Artifact
from .failures import Failure
from .history.records import FileRecord, MetricRecord, RunRecord, StepRecord

Document: TypeAlias = dict[str, Any]


def run_document(run: RunRecord) -> Document:
    """Return what a list of runs says about one."""
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "experiment": run.experiment,
        "state": run.state.value,
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


def step_document(step: StepRecord) -> Document:
    """Return what is known of a step run."""
    return {
        "id": step.id,
        "name": step.name,
        "function": step.function,
        "state": step.state.value,
        "started": moment(step.started),
        "ended": moment(step.ended),
        "duration": step.duration,
        "attempts": step.attempts,
        "reused_from": step.reused_from,
        "reason": step.reason,
        "parent": step.parent,
        "place": step.place,
        "failure": None if step.failure is None else _failure(step.failure),
        "outputs": {name: _artifact(artifact) for name, artifact in step.outputs.items()},
    }


def metric_document(metric: MetricRecord) -> Document:
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


def _failure(failure: Failure) -> Document:
    return {
        "kind": failure.kind,
        "message": failure.message,
        "frames": failure.frames,
        "inputs": dict(failure.inputs),
        "attempts": failure.attempts,
        "replay": failure.replay,
    }


def _artifact(artifact: Artifact) -> Document:
    return {
        "digest": artifact.digest,
        "type": artifact.type,
        "summary": artifact.summary,
        "size": artifact.size,
        "codec": artifact.codec,
    }
