"""Say how a step failed whose process ended before it, or never began."""

from __future__ import annotations

from typing import Final

from ..errors import StepFailed, StepTimedOut, WorkerDied
from ..failures import describe_end
from ..tasks import Failed, Task

_CRASHES: Final = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")
"""Signals by which the system ends a process that does what none may."""


def unsendable(problem: object, task: Task) -> Failed:
    """Return the failure of a step whose process could not be told what to do, or could not tell how it ended."""
    return _died(task, f"its process could not take the task or give back the result: {problem}")


def unstarted(problem: object, task: Task) -> Failed:
    """Return the failure of a step for which there is no process."""
    return _died(task, _no_process(problem))


def stopped(task: Task) -> Failed:
    """Return the failure of a step whose run was stopped."""
    return _died(task, "it was stopped with its run")


def timed_out(task: Task, seconds: float) -> Failed:
    """Return the failure of a step that took too long, so many seconds."""
    problem = f"it took longer than its time-out of {task.options.timeout:g} s and was stopped"
    return _failed(StepTimedOut(task.step, problem), task, seconds)


def died(how: str, task: Task, seconds: float) -> Failed:
    """Return the failure of a step whose process ended after so many seconds: ``how`` is what the system says, as ``SIGKILL(-9)``."""
    return _died(task, _cause(how, task), seconds)


def _no_process(problem: object) -> str:
    return f"no process can be started for it: {problem}. Is there memory left, and may you start more processes and threads?"


def _cause(how: str, task: Task) -> str:
    if how.startswith("[Errno"):  # the system has refused to fork it
        return _no_process(how)
    if "SIGKILL" in how:
        return (
            f"its process was killed ({how}): by the system when memory ran out, or by somebody. If it was memory, give "
            "the step less at a time, or run fewer steps at once (jobs)"
        )
    if any(name in how for name in _CRASHES):
        return f"its process crashed in native code ({how}); its log shows where: penstock logs {task.run} {task.step}"
    if "SIG" in how:
        return f"its process was ended by a signal ({how}), sent by somebody or by the step itself"
    return f"its process ended before the step returned ({how}): did it call os._exit(), or close files that are not its own?"


def _died(task: Task, problem: str, seconds: float = 0.0) -> Failed:
    return _failed(WorkerDied(task.step, problem), task, seconds)


def _failed(error: StepFailed, task: Task, seconds: float) -> Failed:
    return Failed(describe_end(error, task), seconds)
