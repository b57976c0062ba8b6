"""Speak to Azure Machine Learning: the only place that does. All of it is loaded when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
