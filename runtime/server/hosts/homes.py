"""Open the workspace of Azure that a compute of the server means, with the server's own credentials."""

from __future__ import annotations

from typing import Any

from ...runners.azureml import AzureML
from ...workspace import Workspace
from ..computes import AzureCompute, compute_named, kind_of
from ..errors import ServerError


def home_of(name: str, workspace: Workspace, **how: Any) -> AzureML:
    """Return the workspace of Azure that a compute of kind azureml means. Raises ServerError where it is none, and NotConfigured."""
    compute = compute_named(name, workspace)
    if not isinstance(compute, AzureCompute):
        raise ServerError(f"the compute {name!r} is of kind {kind_of(compute)}; expected azureml")
    return AzureML.from_config(
        workspace.root / compute.config if compute.config else None,
        subscription_id=compute.subscription_id,
        resource_group=compute.resource_group,
        workspace_name=compute.workspace_name,
        credential=compute.credential,
        url=compute.url,
        default_compute=compute.default_compute,
        continue_on_failure=compute.continue_on_failure,
        interval=compute.interval,
        workspace=workspace,
        display="none",
        raise_on_failure=False,
        **how,
    )
