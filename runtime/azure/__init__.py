"""Speak to Azure Machine Learning: the only place that does. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .addresses import Address
    from .client import Client
    from .computes import Compute
    from .connections import Connection
    from .credentials import Tokens, credential
    from .errors import RemoteError
    from .stores import WorkspaceStores
    from .targets import ComputeTarget, ComputeTargets

__all__ = [
    "Address",
    "Client",
    "Compute",
    "ComputeTarget",
    "ComputeTargets",
    "Connection",
    "RemoteError",
    "Tokens",
    "WorkspaceStores",
    "credential",
]

_HOMES = {
    "Address": "addresses",
    "Client": "client",
    "Compute": "computes",
    "ComputeTarget": "targets",
    "ComputeTargets": "targets",
    "Connection": "connections",
    "RemoteError": "errors",
    "Tokens": "credentials",
    "WorkspaceStores": "stores",
    "credential": "credentials",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
