"""Read where runs may be carried out: in the server's own slots, and where ``[compute.NAME]`` of the settings says.

Whoever starts a run chooses by name. What else is written there, and how the server logs in, is told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from ..azure.configuration import find_address
from ..azure.credentials import Kind
from ..azure.errors import NotConfigured
from ..endpoints import LOCAL
from ..endpoints.registry import NAME
from ..workspace import Workspace
from .errors import ServerError


class LocalCompute(msgspec.Struct, frozen=True, tag_field="kind", tag="local", forbid_unknown_fields=True):
    """The server's own slots. ``remote`` names the compute of kind azureml at which those steps run that name a compute target."""

    remote: str | None = None


class RayCompute(msgspec.Struct, frozen=True, tag_field="kind", tag="ray", forbid_unknown_fields=True):
    """A cluster of Ray, whose driver takes a slot. ``address`` is as in ``Ray(address=...)``."""

    address: str | None = None


class AzureCompute(msgspec.Struct, frozen=True, tag_field="kind", tag="azureml", forbid_unknown_fields=True):
    """A workspace of Azure Machine Learning, in the words of ``AzureML``. ``config`` is a file or folder, from the project's root."""

    config: str | None = None
    subscription_id: str | None = None
    resource_group: str | None = None
    workspace_name: str | None = None
    credential: Kind = "default"
    url: str | None = None
    default_compute: str | None = None
    continue_on_failure: bool = False
    interval: float = 1.0


Compute: TypeAlias = LocalCompute | RayCompute | AzureCompute


def computes_of(workspace: Workspace) -> Mapping[str, Compute]:
    """Return where runs may be carried out, by name; the slots come first. Raises ServerError, which names the table."""
    found: dict[str, Compute] = {LOCAL: LocalCompute()}
    for name, table in workspace.settings.compute.items():
        found[name] = _read(name, table)
    for name, compute in found.items():
        _check(name, compute, found, workspace)
    return found


def compute_named(name: str, workspace: Workspace) -> Compute:
    """Return the compute of a name. Raises ServerError where there is none any more."""
    found = computes_of(workspace).get(name)
    if found is None:
        raise ServerError(f"there is no compute {name!r} any more: the settings of the workspace were changed")
    return found


def kind_of(compute: Compute) -> str:
    """Return the kind of a compute, as it is written in the settings."""
    return str(type(compute).__struct_config__.tag)


def is_elsewhere(compute: Compute) -> bool:
    """Say whether whole runs go on elsewhere, where no slot is needed to follow them."""
    return isinstance(compute, AzureCompute)


def is_mixed(compute: Compute) -> bool:
    """Say whether some steps of a run here may run elsewhere."""
    return isinstance(compute, LocalCompute) and compute.remote is not None


def _read(name: str, table: Mapping[str, object]) -> Compute:
    if not NAME.fullmatch(name):
        raise ServerError(f"[compute.{name}]: a name is a letter, then up to 62 letters, digits, '-' and '_'")
    try:
        return msgspec.convert(dict(table), Compute)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise ServerError(
            f"[compute.{name}] cannot be understood: {error}. Expected kind = 'azureml', 'ray' or 'local', and what belongs "
            "to it; see docs/server.md"
        ) from None


def _check(name: str, compute: Compute, known: Mapping[str, Compute], workspace: Workspace) -> None:
    if name == LOCAL and not isinstance(compute, LocalCompute):
        raise ServerError(
            f"[compute.{LOCAL}] is the server's own slots, so its kind is 'local', not {kind_of(compute)!r}"
        )
    remote = compute.remote if isinstance(compute, LocalCompute) else None
    if remote is not None and not isinstance(known.get(remote), AzureCompute):
        raise ServerError(
            f"[compute.{name}] says remote = {remote!r}, and there is no compute of kind azureml of that name"
        )
    if isinstance(compute, AzureCompute):
        if compute.interval <= 0:
            raise ServerError(f"[compute.{name}] says interval = {compute.interval}; expected seconds, more than 0")
        _check_address(name, compute, workspace)


def _check_address(name: str, compute: AzureCompute, workspace: Workspace) -> None:
    """Find the workspace that is meant, so that what is missing is told when the server starts."""
    path = workspace.root / compute.config if compute.config else None
    try:
        find_address(compute.subscription_id, compute.resource_group, compute.workspace_name, path)
    except NotConfigured as error:
        raise ServerError(f"[compute.{name}]: {error}") from None
