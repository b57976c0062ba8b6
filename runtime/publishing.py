"""Publish pipelines as endpoints with versions, and call them: what ``penstock.publish`` and ``penstock.Endpoint`` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, final, runtime_checkable

from attrs import field, frozen

from .. import runtime
from . import bundles, client
from .errors import EndpointError, MissingInput, ParametersUnfit, RunNotFound
from .fitting import checked, unfit_words
from .functions import check_not_importing
from .runs import Run

if TYPE_CHECKING:
    from ..compilers.graph import Graph
    from ..compilers.lowering import Compiled
    from .bundles import Bundle, Extent, Packed, Signature
    from .client import ServerEndpoint
    from .endpoints import EndpointRecord, Registry, VersionRecord
    from .workspace import Workspace


@runtime_checkable
class Publisher(Protocol):
    """A place that pipelines can be published to, besides a workspace and a server of Penstock's."""

    def publish_pipeline(self, compiled: Compiled, *, name: str, version: str | None, description: str) -> Any:
        """Publish an identified pipeline and return what stands for it there."""


@final
@frozen
class Endpoint:
    """A pipeline that was published into a workspace. Nothing is looked up before it is asked for.

    Calling a version runs it from its own code, in a process of its own, whatever became of the project's.
    """

    name: str
    workspace: Workspace = field(repr=False)

    @classmethod
    def get(cls, name: str, workspace: Workspace | None = None) -> Endpoint:
        """Return an endpoint. Raises EndpointNotFound."""
        found = cls(name, workspace or runtime.Workspace.open())
        found.record  # noqa: B018  # looks
        return found

    @classmethod
    def list(cls, workspace: Workspace | None = None, *, disabled: bool = False) -> tuple[Endpoint, ...]:
        """Return the endpoints of a workspace by name, with ``disabled`` those too."""
        workspace = workspace or runtime.Workspace.open()
        found = workspace.endpoints.endpoints(disabled=disabled)
        return tuple(cls(record.name, workspace) for record in found)

    @property
    def record(self) -> EndpointRecord:
        """What is known of it. Raises EndpointNotFound."""
        return self._registry.endpoint(self.name)

    @property
    def versions(self) -> tuple[VersionRecord, ...]:
        """Its versions, the newest first."""
        return self._registry.versions(self.name)

    @property
    def default(self) -> VersionRecord:
        """The version that is called where none is named."""
        return self._registry.version(self.name)

    def graph(self, version: str | None = None) -> Graph:
        """Return the graph of a version, by default of the default one."""
        return self._bundle(self._registry.version(self.name, version)).graph

    def run(self, *, _version: str | None = None, _how: Mapping[str, Any] | None = None, **parameters: Any) -> Run:
        """Run the default version, or ``_version``, with these parameters, wait, and return the run.

        ``_how`` are settings of :class:`Local`. Raises EndpointDisabled, MissingInput for parameters that do not fit, and RunFailed.
        """
        import tempfile

        import cloudpickle

        check_not_importing()
        version = self._registry.callable_version(self.name, _version)
        bundle = self._bundle(version)
        values = check_parameters(bundle.signature, parameters)
        run = self.workspace.new_run()
        how = {"tags": {"endpoint": self.name, "version": version.version}, **(_how or {}), "run_id": run}
        with tempfile.NamedTemporaryFile(suffix=".bundle") as file:
            file.write(self._registry.bundle(version.bundle))
            file.flush()
            order = bundles.Order(
                Path(file.name), _place(self.workspace), self.workspace, cloudpickle.dumps(values), how
            )
            code = bundles.carry_out(order)
        try:
            return Run.get(run, self.workspace).check()
        except RunNotFound:
            raise EndpointError(
                f"{self.name} could not be started: its process ended with exit code {code}; what it said is above"
            ) from None

    def set_default(self, version: str | None) -> None:
        """Choose the version that is called where none is named; None: always the newest. Raises EndpointNotFound."""
        self._registry.set_default(self.name, version)

    def enable(self, version: str | None = None) -> None:
        """Let it be called again, or one of its versions."""
        self._registry.enable(self.name, version)

    def disable(self, version: str | None = None) -> None:
        """Hide it, or one of its versions, and refuse calls."""
        self._registry.enable(self.name, version, enabled=False)

    def rename(self, name: str) -> Endpoint:
        """Give it another name, and return it. Raises EndpointExists."""
        self._registry.rename(self.name, name)
        return Endpoint(name, self.workspace)

    def delete(self, version: str | None = None) -> None:
        """Delete it with its schedules and tokens, or one of its versions. Runs stay in the history."""
        self._registry.delete(self.name, version)

    @property
    def _registry(self) -> Registry:
        return self.workspace.endpoints

    def _bundle(self, version: VersionRecord) -> Bundle:
        data = self._registry.bundle(version.bundle)
        return bundles.open_bundle(data, _place(self.workspace), f"version {version.version} of {self.name}")


def publish(
    pipeline: Callable[..., object],
    name: str | None = None,
    *,
    version: str | None = None,
    description: str = "",
    to: Workspace | str | Publisher | None = None,
    token: str | None = None,
    parameters: Mapping[str, object] | None = None,
    snapshot: Extent = "reached",
) -> Endpoint | ServerEndpoint | Any:
    """Publish a pipeline, without running it, under a name (its own by default), and return the endpoint.

    It goes into the working folder's workspace, into the workspace ``to``, to the server at the URL ``to`` (with a ``token``, else that of the
    environment variable ``PENSTOCK_TOKEN``), or to another place such as ``AzureML(...)``. Versions are numbered, or named by ``version``, and never change;
    a pipeline that computes what a version does already gives that version. ``parameters`` are values for those annotated
    ``Static``, which are fixed. ``snapshot="project"`` sends all of the project's files along, not only those that the code reaches.

    Raises DefinitionError, TypeMismatch, EndpointError, EndpointExists, CompileError and NoCodec.
    """
    check_not_importing()
    compiled = bundles.identified(pipeline, parameters)
    name = name or compiled.graph.name
    if isinstance(to, Publisher):
        return to.publish_pipeline(compiled, name=name, version=version, description=description)
    packed = bundles.pack(compiled, snapshot)
    description = description or compiled.graph.doc
    if isinstance(to, str):
        return client.Client(to, token).publish_packed(packed, name, version=version, description=description)
    return publish_packed(packed, name, to or runtime.Workspace.open(), version=version, description=description)


def publish_packed(
    packed: Packed, name: str, workspace: Workspace, *, version: str | None = None, description: str = "", by: str = ""
) -> Endpoint:
    """Publish a bundle that was made before into a workspace. Raises EndpointError and EndpointExists."""
    registry = workspace.endpoints
    registry.publish(name, packed.data, packed.digest, packed.content, version=version, description=description, by=by)
    return Endpoint(name, workspace)


def check_parameters(asked: Graph | Signature, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values for a pipeline's parameters, checked against their schemas. Raises MissingInput, which names each that is wrong."""
    sent = {name: bundles.as_json(value) for name, value in given.items()}
    try:
        found = checked(sent, asked.parameters)
    except ParametersUnfit as problem:
        raise MissingInput(unfit_words(asked.name, problem.fields)) from None
    return {name: found[name] if type(value) in (int, float) else value for name, value in given.items()}


def _place(workspace: Workspace) -> Path:
    """Return the folder that bundles are laid out in."""
    workspace.prepare()
    return workspace.folder / "bundles"
