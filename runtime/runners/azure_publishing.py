"""Publish pipelines as batch endpoints of Azure, without running them, and call them."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, Protocol, final

from attrs import field, frozen

from ...compilers.datapaths import DataPath
from ...compilers.lowering import Compiled
from ...compilers.targets.azureml import Placement, data_uri, pipeline_component_body, plan
from ...compilers.targets.azureml.names import SERVERLESS, input_names
from ...compilers.targets.azureml.paths import data_type
from ...compilers.targets.azureml.texts import text_of, type_of
from ..artifacts import Artifact
from ..azure import endpoints
from ..azure.artifacts import RemoteArtifacts, Stores, describe_output, place_of_uri
from ..azure.components import pipeline_versions
from ..azure.connections import Connection
from ..azure.endpoints import Deployment
from ..azure.errors import NotFoundRemotely, RemoteTimeout
from ..azure.history import read_outputs, read_steps
from ..azure.jobs import Job, cancel_job, get_job
from ..azure.schedules import Cron, Recurrence, Schedule, endpoint_action, put_schedule
from ..errors import RunError
from ..identities import path_digest
from ..packaging import Packaging
from ..parameters import take_in
from ..states import State
from ..store import decode, open_store
from ..workspace import Workspace
from .azure_sending import Sending

_CONTENT = "penstock.content"
"""The tag of a version that identifies what it does."""

_BOUND = re.compile(r"\$\{\{parent\.outputs\.([^.}]+)\}\}")


class Home(Protocol):
    """The workspace on Azure that is published to; see :class:`penstock.runtime.runners.azureml.AzureML`."""

    @property
    def connection(self) -> Connection: ...
    @property
    def default_compute(self) -> str | None: ...
    @property
    def workspace(self) -> Workspace | Path | str | None: ...
    @property
    def stores(self) -> Stores: ...


@final
@frozen
class AzureEndpoint:
    """A pipeline that was published to Azure. Nothing is looked up before it is asked for."""

    name: str
    _home: Home = field(repr=False, alias="home")

    @property
    def versions(self) -> tuple[Deployment, ...]:
        """What it can run, in Azure's order."""
        return endpoints.list_deployments(self._connection, self.name)

    @property
    def default(self) -> str:
        """The version that answers where none is named; empty where it is disabled."""
        return endpoints.get_endpoint(self._connection, self.name).default

    def set_default(self, version: str) -> None:
        """Choose the version that answers where none is named. Raises what Azure refuses."""
        endpoints.put_endpoint(self._connection, self.name, default=deployment_name(version))

    def disable(self) -> None:
        """Let nothing answer where no version is named, as Azure has no switch for endpoints; a version that is named still does."""
        endpoints.put_endpoint(self._connection, self.name, default="")

    def enable(self) -> None:
        """Let the newest version answer again where none is named. Raises NotFoundRemotely where there is none."""
        found = sorted(self.versions, key=lambda one: _number(one.name.removeprefix(deployment_name(""))))
        if not found:
            raise NotFoundRemotely(f"enable the endpoint {self.name!r}", "it has no version; publish one first")
        endpoints.put_endpoint(self._connection, self.name, default=found[-1].name)

    def invoke(self, *, _version: str | None = None, _experiment: str | None = None, **parameters: Any) -> Invocation:
        """Start a run of the default version, or of ``_version``, with these parameters, and return at once.

        A ``Path`` is uploaded, under a name made of its content. Raises NotFoundRemotely, and what Azure refuses.
        """
        values, inputs = self._split(parameters)
        endpoint = endpoints.get_endpoint(self._connection, self.name)
        version = deployment_name(_version) if _version else None
        job = endpoints.invoke(
            self._connection, endpoint, values=values, inputs=inputs, experiment=_experiment, deployment=version
        )
        found = [one for one in self.versions if one.name == (version or endpoint.default)]
        return Invocation(job.name, job.studio, found[0].component if found else "", self._home)

    def runs(self) -> Iterator[Job]:
        """Give the jobs that calls have started, the newest first."""
        return endpoints.invocations(self._connection, self.name)

    def schedule(self, name: str, trigger: Cron | Recurrence, **parameters: Any) -> Schedule:
        """Call it regularly, with these parameters; a schedule of that name is replaced."""
        values, inputs = self._split(parameters)
        given = {key: {"jobInputType": "Literal", "value": value} for key, value in values.items()} | inputs
        action = endpoint_action(self._connection.id("batchEndpoints", self.name), given)
        return put_schedule(self._connection, name, trigger, action)

    def delete(self, version: str | None = None) -> None:
        """Delete it with its versions, or one of these."""
        if version is None:
            endpoints.delete_endpoint(self._connection, self.name)
        else:
            endpoints.delete_deployment(self._connection, self.name, deployment_name(version))

    @property
    def _connection(self) -> Connection:
        return self._home.connection

    def _split(self, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Mapping[str, object]]]:
        """Return plain parameters, and those that are data, by Azure's names for them, as a call carries them."""
        names = input_names(parameters)
        data = {
            names[name]: self._place(value)
            for name, value in parameters.items()
            if isinstance(value, PurePath | DataPath)
        }
        plain = {names[name]: _plain(value) for name, value in parameters.items() if names[name] not in data}
        return plain, data

    def _place(self, path: PurePath | DataPath) -> Mapping[str, object]:
        if isinstance(path, DataPath):
            return _data(data_uri(path), data_type(path))
        here = Path(path)
        if not here.exists():
            raise RunError(f"{here} is given to the endpoint {self.name!r}, and does not exist")
        store = self._home.stores("")
        place = f"penstock/data/{path_digest(here)}/{here.name}"
        store.upload(here, place if here.is_dir() else place.rpartition("/")[0], overwrite=True, show_progress=False)
        uri = f"azureml://datastores/{store.name}/paths/{place}"
        return _data(f"{uri}/", "uri_folder") if here.is_dir() else _data(uri, "uri_file")


@final
@frozen
class Invocation:
    """A run that a call of an endpoint has started. ``studio`` is the link for people."""

    name: str
    studio: str = field(repr=False)
    _component: str = field(repr=False, alias="component")
    _home: Home = field(repr=False, alias="home")

    @property
    def status(self) -> State:
        """How it stands now."""
        return get_job(self._home.connection, self.name).state

    def wait(self, timeout: float | None = None, *, interval: float = 1.0) -> Invocation:
        """Wait until it has ended, looking every ``interval`` seconds, and return it. Raises RemoteTimeout, and RunError if it failed."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not (state := self.status).ended:
            if deadline is not None and time.monotonic() > deadline:
                raise RemoteTimeout(f"wait for the job {self.name!r}", f"it has not ended after {timeout:g} s")
            time.sleep(interval)
        if state is not State.COMPLETED:
            raise RunError(f"the job {self.name} ended as {state}; see {self.studio or 'the studio of Azure'}")
        return self

    def cancel(self) -> None:
        """Ask Azure to stop it."""
        cancel_job(self._home.connection, self.name)

    @property
    def outputs(self) -> Mapping[str, object]:
        """What the pipeline returned, by the names of its outputs, brought here. Raises StoreError where it cannot be."""
        found, places = {}, {}
        for name, uri in self._uris().items():
            store, path = place_of_uri(uri)
            found[name] = describe_output(self._home.stores(store), path)
            places[found[name].digest] = uri
        return {name: self._read(artifact, places) for name, artifact in found.items()}

    def _read(self, artifact: Artifact, places: Mapping[str, str]) -> object:
        workspace = opened(self._home)
        local = open_store(workspace.store_location, workspace.cache_folder)
        return decode(artifact, RemoteArtifacts(local, self._home.stores, places))

    def _uris(self) -> Mapping[str, str]:
        """Return where each output of the pipeline lies: where the step wrote it that the pipeline takes it from."""
        *_, name, _, version = self._component.split("/")
        action = f"find the outputs of the job {self.name!r}"
        spec = self._home.connection.get(action, "components", name, "versions", version)["properties"]["componentSpec"]
        runs = {record.step: record.run for record in read_steps(self._home.connection, self.name)}
        found: dict[str, str] = {}
        for step, node in spec["jobs"].items():
            bound = {
                output: _BOUND.fullmatch(str(given.get("value") or "")) for output, given in node["outputs"].items()
            }
            names = {output: match[1] for output, match in bound.items() if match}
            uris = read_outputs(self._home.connection, runs[step]) if names else {}
            found |= {name: uris[output] for output, name in names.items()}
        return found


def publish_pipeline(home: Home, compiled: Compiled, name: str, version: str | None, description: str) -> AzureEndpoint:
    """Register an identified pipeline as a component, let an endpoint run it, and make that the default; nothing runs.

    Versions are numbered, or named; one that does the same as the newest is that one. Raises UnsupportedByTarget, IllegalName,
    CompileError, NoCodec, and an error of the tree under RemoteError.
    """
    connection, graph = home.connection, compiled.graph
    workspace = opened(home)
    workspace.prepare()
    store = open_store(workspace.store_location, workspace.cache_folder)
    given = take_in(graph, {}, store, lambda _value: None)
    packaging = Packaging(compiled.root, compiled.manifests)
    packages = {node.id: packaging.package(node) for node in graph}
    planned = plan(graph, {node: package.lock for node, package in packages.items()})
    sending = Sending(connection, planned, compiled.root, store)
    placement = Placement(
        components=sending.components(packages),
        compute_id=connection.id("computes", "{}"),
        data=sending.data({}, given.attached),
    )
    public = endpoint_name(name)
    registered = _registered(connection, planned, placement, name, version)
    endpoints.put_endpoint(connection, public, description=description or graph.doc)
    settings: dict[str, str | bool] = {
        "default_compute": home.default_compute or SERVERLESS,
        "force_rerun": False,
        "continue_on_step_failure": False,
    }
    deployment = deployment_name(registered.rpartition("/")[2])
    endpoints.put_deployment(connection, public, deployment, registered, settings=settings, description=description)
    endpoints.put_endpoint(connection, public, default=deployment)
    return AzureEndpoint(public, home=home)


def _registered(connection: Connection, planned: Any, placement: Placement, name: str, version: str | None) -> str:
    """Return the id of the component that the pipeline is; one that is there already is not made again."""
    body = pipeline_component_body(planned, placement, name, "0")
    content = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    known = pipeline_versions(connection, name)
    action = f"register the pipeline {name!r}"
    newest = max(known, key=_number, default=None)
    if newest is not None and version in (None, newest):
        document = connection.get(action, "components", name, "versions", newest)
        if (document["properties"].get("tags") or {}).get(_CONTENT) == content:
            return str(document["id"])
    chosen = version or str(max(map(_number, known), default=0) + 1)
    body = pipeline_component_body(planned, placement, name, chosen)
    body["properties"]["tags"] = {_CONTENT: content}
    return str(connection.put(action, "components", name, "versions", chosen, body=body)["id"])


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0


def endpoint_name(name: str) -> str:
    """Return what an endpoint is called for a pipeline's name: Azure takes letters, digits and ``-``."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:32].rstrip("-")
    return plain if len(plain) > 2 else f"{plain}-pipeline".lstrip("-")


def deployment_name(version: str) -> str:
    """Return what a version is called at its endpoint."""
    return "version-" + re.sub(r"[^A-Za-z0-9]+", "-", version.removeprefix("version-"))


def opened(home: Home) -> Workspace:
    """Return the workspace here."""
    return Workspace.open(home.workspace)


def _plain(value: Any) -> Any:
    return value if type_of(value) != "string" else text_of(value)


def _data(uri: str, kind: str) -> Mapping[str, object]:
    return {"jobInputType": {"uri_file": "UriFile", "uri_folder": "UriFolder"}[kind], "uri": uri}
