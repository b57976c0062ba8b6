"""Say what became of a task of which Ray has no answer."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ClusterUnfit, StepFailed, WorkerDied
from ..tasks import Task


def cause_of_death(error: BaseException, task: Task, lost: Callable[[], str]) -> StepFailed:
    """Say what became of a task of which Ray has no answer."""
    import ray

    if isinstance(error, ray.exceptions.TaskCancelledError):
        return WorkerDied(task.step, "it was stopped with its run")
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return WorkerDied(
            task.step, "Ray stopped it: memory ran out on its node. Ask for what it needs: resources(memory=...)"
        )
    if "No module named 'penstock'" in str(error):
        return ClusterUnfit(task.step, "Penstock is not installed on the node of the Ray cluster that it came to")
    if isinstance(error, ray.exceptions.RayTaskError):
        return WorkerDied(task.step, f"the worker of Ray could not perform it: {error.cause!r}")
    gone = lost()
    told = f" ({gone} has left the cluster)" if gone else ""
    return WorkerDied(
        task.step,
        f"the worker of Ray that it ran in was killed, or its node was lost{told}. retries= tries such a step again",
    )
