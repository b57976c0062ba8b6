"""Speak to Azure Machine Learning: the only place that does. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .addresses import Address
    from .artifacts import Stores, opened_stores
    from .client import Client
    from .computes import Compute
    from .configuration import base_url, find_address
    from .connections import Connection
    from .credentials import MANAGEMENT, Credential, Kind, Tokens, credential
    from .endpoints import list_endpoints
    from .errors import RemoteError
    from .hosts import is_loopback
    from .permissions import Check, check
    from .schedules import Schedules
    from .stores import WorkspaceStores
    from .targets import ComputeTarget, ComputeTargets

__all__ = [
    "MANAGEMENT",
    "Address",
    "Check",
    "Client",
    "Compute",
    "ComputeTarget",
    "ComputeTargets",
    "Connection",
    "Credential",
    "Kind",
    "RemoteError",
    "Schedules",
    "Stores",
    "Tokens",
    "WorkspaceStores",
    "base_url",
    "check",
    "credential",
    "find_address",
    "is_loopback",
    "list_endpoints",
    "opened_stores",
]

_HOMES = {
    "Address": "addresses",
    "Check": "permissions",
    "Client": "client",
    "Compute": "computes",
    "ComputeTarget": "targets",
    "ComputeTargets": "targets",
    "Connection": "connections",
    "Credential": "credentials",
    "Kind": "credentials",
    "MANAGEMENT": "credentials",
    "RemoteError": "errors",
    "Schedules": "schedules",
    "Stores": "artifacts",
    "Tokens": "credentials",
    "WorkspaceStores": "stores",
    "base_url": "configuration",
    "check": "permissions",
    "credential": "credentials",
    "find_address": "configuration",
    "is_loopback": "hosts",
    "list_endpoints": "endpoints",
    "opened_stores": "artifacts",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
