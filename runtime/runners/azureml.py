"""Run pipelines on Azure Machine Learning: a workspace there, its compute, its datastores."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any, final

from attrs import field, frozen

from ..azure.addresses import Address
from ..azure.client import Client
from ..azure.configuration import base_url, find_address
from ..azure.connections import Connection
from ..azure.credentials import MANAGEMENT, Credential, Kind, Tokens, credential
from ..azure.hosts import is_loopback
from ..azure.permissions import Check, check
from ..azure.stores import WorkspaceStores
from ..azure.targets import ComputeTargets


@final
@frozen(slots=False)
class AzureML:
    """A workspace of Azure Machine Learning. Nothing is asked before it is used.

    ``credential`` is how to log in: ``"default"`` (the environment, a managed identity, ``az login``), ``"cli"``,
    ``"service-principal"``, ``"managed-identity"``, or any credential of azure-identity. ``url`` is the address of a
    stand-in on this machine, for work without Azure; by default the environment variable ``PENSTOCK_AZURE_URL``, else
    Azure itself. Raises NotConfigured for what cannot be a workspace.
    """

    subscription_id: str
    resource_group: str
    workspace_name: str
    credential: Kind | Credential = field(default="default", kw_only=True, repr=False)
    url: str | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _ = self.address  # what is wrong is told where it is written

    @classmethod
    def from_config(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        workspace_name: str | None = None,
        credential: Kind | Credential = "default",
        url: str | None = None,
    ) -> AzureML:
        """Open the workspace that is meant here.

        What is given goes first, then ``AZURE_SUBSCRIPTION_ID``, ``AZURE_RESOURCE_GROUP`` and
        ``AZUREML_WORKSPACE_NAME``, then the nearest ``config.json`` or ``.azureml/config.json`` in ``path`` or above it (the
        file that the Azure portal gives, and that v1 of Azure's own library read). A ``path`` that is given goes before
        the environment. Raises NotConfigured, which says what is missing.
        """
        found = find_address(subscription_id, resource_group, workspace_name, path)
        return cls(found.subscription_id, found.resource_group, found.workspace_name, credential=credential, url=url)

    @functools.cached_property
    def address(self) -> Address:
        """The workspace as Azure names it."""
        return Address(self.subscription_id, self.resource_group, self.workspace_name)

    @functools.cached_property
    def connection(self) -> Connection:
        """The way to the workspace, for everything that speaks to it."""
        base = base_url(self.url, MANAGEMENT)
        return Connection(self.address, Client(Tokens(self._credential(base)), base))

    @property
    def compute(self) -> ComputeTargets:
        """The compute targets of the workspace, by name."""
        return ComputeTargets(self.connection)

    @property
    def datastores(self) -> WorkspaceStores:
        """The datastores of the workspace, by name."""
        return WorkspaceStores(self.connection)

    def check(self) -> Check:
        """Log in and say who that is, and what is allowed. Raises an error of the tree under RemoteError."""
        return check(self.connection)

    def _credential(self, base: str) -> Credential:
        if not isinstance(self.credential, str):
            return self.credential
        # A real token must never go to a stand-in by accident.
        return credential("offline" if is_loopback(base) and self.credential == "default" else self.credential)

    def __getstate__(self) -> Mapping[str, Any]:
        # What is open stays here; it is opened anew where it is needed.
        names = ("subscription_id", "resource_group", "workspace_name", "credential", "url")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
