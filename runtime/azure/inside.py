"""Know whether this process is a step on Azure, where some things must not be done."""

from __future__ import annotations

import os

from .errors import InsideRemoteStep

VARIABLE = "AZUREML_RUN_ID"
"""The environment variable that Azure sets inside a job: the name of the run."""


def remote_run() -> str:
    """Return the name of Azure's run that this process belongs to; empty elsewhere."""
    return os.environ.get(VARIABLE, "")


def refuse_inside(action: str) -> None:
    """Raise InsideRemoteStep where this process is a step on Azure."""
    run = remote_run()
    if run:
        raise InsideRemoteStep(action, f"this process is the step {run!r} on Azure ({VARIABLE} is set)")
