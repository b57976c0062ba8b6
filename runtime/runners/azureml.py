"""Run pipelines on Azure Machine Learning: a workspace there, its compute, its datastores."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import attrs
from attrs import field, frozen

from ...compilers import lowering
from .. import azure, runners

if TYPE_CHECKING:
    from ...compilers.fingerprints import Manifest
    from ...compilers.graph import Graph
    from ...compilers.lowering import Compiled
    from ..azure import Address, Check, ComputeTargets, Connection, Credential, Kind, Schedules, Stores, WorkspaceStores
    from ..events import Event, Listener
    from ..executors import Executor
    from ..runs import Run
    from ..terminal import Mode
    from ..workspace import Workspace
    from .azure_publishing import AzureEndpoint


@final
@frozen(slots=False)
class AzureML:
    """A workspace of Azure Machine Learning. Nothing is asked before it is used.

    ``credential`` is how to log in: ``"default"`` (the environment, a managed identity, ``az login``), ``"cli"``,
    ``"service-principal"``, ``"managed-identity"``, or any credential of azure-identity. ``url`` is the address of a
    stand-in on this machine, for work without Azure; by default the environment variable ``PENSTOCK_AZURE_URL``, else
    Azure itself.

    How pipelines run there: ``default_compute`` is the compute target of steps that name none, ``workspace`` the workspace
    here that keeps the history. ``regenerate_outputs`` runs every step whatever results Azure keeps; with
    ``continue_on_failure`` what does not need a failed step still runs; ``raise_on_failure=False`` returns a failed run instead
    of raising RunFailed. ``interval`` is how many seconds pass between two looks at a job, at first.

    Raises NotConfigured for what cannot be a workspace.
    """

    subscription_id: str
    resource_group: str
    workspace_name: str
    credential: Kind | Credential = field(default="default", kw_only=True, repr=False)
    url: str | None = field(default=None, kw_only=True)
    default_compute: str | None = field(default=None, kw_only=True)
    workspace: Workspace | Path | str | None = field(default=None, kw_only=True)
    experiment: str | None = field(default=None, kw_only=True)
    regenerate_outputs: bool = field(default=False, kw_only=True)
    continue_on_failure: bool = field(default=False, kw_only=True)
    raise_on_failure: bool = field(default=True, kw_only=True)
    tags: Mapping[str, str] = field(factory=dict, kw_only=True)
    display: Mode = field(default="auto", kw_only=True)
    listeners: Sequence[Listener] = field(default=(), kw_only=True)
    interval: float = field(default=1.0, kw_only=True)

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
        **how: Any,
    ) -> AzureML:
        """Open the workspace that is meant here.

        What is given goes first, then ``AZURE_SUBSCRIPTION_ID``, ``AZURE_RESOURCE_GROUP`` and
        ``AZUREML_WORKSPACE_NAME``, then the nearest ``config.json`` or ``.azureml/config.json`` in ``path`` or above it (the
        file that the Azure portal gives, and that v1 of Azure's own library read). A ``path`` that is given goes before
        the environment. ``how`` is how pipelines run there, as for the class. Raises NotConfigured, which says what is missing.
        """
        found = azure.find_address(subscription_id, resource_group, workspace_name, path)
        return cls(
            found.subscription_id, found.resource_group, found.workspace_name, credential=credential, url=url, **how
        )

    @functools.cached_property
    def address(self) -> Address:
        """The workspace as Azure names it."""
        return azure.Address(self.subscription_id, self.resource_group, self.workspace_name)

    @functools.cached_property
    def connection(self) -> Connection:
        """The way to the workspace, for everything that speaks to it."""
        base = azure.base_url(self.url, azure.MANAGEMENT)
        return azure.Connection(self.address, azure.Client(azure.Tokens(self._credential(base)), base))

    def run(self, pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
        """Submit a pipeline with these parameters, follow it, and return the run when it has ended.

        Raises what :meth:`submit` raises, and RunFailed with the user's exception as its cause.
        """
        return self.run_compiled(lowering.compile_pipeline(pipeline, args, kwargs))

    def submit(self, pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
        """Submit a pipeline with these parameters and return at once; ``run.wait()`` says when it has ended.

        It goes on in Azure when this process ends; :meth:`get` follows it again. Raises what compiling raises,
        UnsupportedByTarget for what Azure cannot express, and an error of the tree under RemoteError.
        """
        return runners.submit(self, lowering.compile_pipeline(pipeline, args, kwargs)).run

    def run_compiled(self, compiled: Compiled) -> Run:
        """Submit a graph, follow it to its end, and return the run."""
        run = runners.submit(self, compiled).run.wait()
        return run.check() if self.raise_on_failure else run

    def get(self, reference: str = "last") -> Run:
        """Follow a run again that was submitted from the same workspace here, perhaps by another process.

        Raises RunNotFound, and RunError for a run that was not submitted to this workspace of Azure.
        """
        return runners.reconnect(self, reference).run

    def publish_pipeline(
        self, compiled: Compiled, *, name: str, version: str | None = None, description: str = ""
    ) -> AzureEndpoint:
        """Publish an identified pipeline as a batch endpoint, without running it, and return the endpoint.

        Raises UnsupportedByTarget, IllegalName, and an error of the tree under RemoteError.
        """
        return runners.publish_pipeline(self, compiled, name, version, description)

    def executor(
        self, here: Executor, graph: Graph, manifests: Mapping[str, Manifest], report: Callable[[Event], None]
    ) -> Executor:
        """Return what performs the steps of a run ``here``, and those that name a compute target in this workspace."""
        return runners.MixedExecutor(here, self, graph, manifests, report)

    def endpoint(self, name: str) -> AzureEndpoint:
        """Return the endpoint of a published pipeline; it is looked for when it is used."""
        return runners.AzureEndpoint(runners.endpoint_name(name), home=self)

    @property
    def endpoints(self) -> tuple[AzureEndpoint, ...]:
        """The endpoints of the workspace, by name."""
        found = sorted(endpoint.name for endpoint in azure.list_endpoints(self.connection))
        return tuple(runners.AzureEndpoint(name, home=self) for name in found)

    @property
    def schedules(self) -> Schedules:
        """The schedules of the workspace, by name; switched off and on, and deleted, there."""
        return azure.Schedules(self.connection)

    @functools.cached_property
    def stores(self) -> Stores:
        """What gives a datastore of the workspace by its name, the default one for an empty name; each is opened once."""
        return azure.opened_stores(self.connection)

    @property
    def compute(self) -> ComputeTargets:
        """The compute targets of the workspace, by name."""
        return azure.ComputeTargets(self.connection)

    @property
    def datastores(self) -> WorkspaceStores:
        """The datastores of the workspace, by name."""
        return azure.WorkspaceStores(self.connection)

    def check(self) -> Check:
        """Log in and say who that is, and what is allowed. Raises an error of the tree under RemoteError."""
        return azure.check(self.connection)

    def _credential(self, base: str) -> Credential:
        if not isinstance(self.credential, str):
            return self.credential
        # A real token must never go to a stand-in by accident.
        return azure.credential(
            "offline" if azure.is_loopback(base) and self.credential == "default" else self.credential
        )

    def __getstate__(self) -> Mapping[str, Any]:
        # What is open stays here; it is opened anew where it is needed.
        return {one.name: getattr(self, one.name) for one in attrs.fields(AzureML)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
