"""Send what a pipeline needs to a workspace of Azure, each thing once: code, environments, components, values and data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import final

from ...compilers.datapaths import DataPath
from ...compilers.errors import CompileError
from ...compilers.graph import Attached, Literal, Node
from ...compilers.targets.azureml import Component, DataInput, Plan, component_body, data_uri, folder_name, path_key
from ...compilers.targets.azureml.paths import data_type, holds_path
from ..azure.artifacts import send
from ..azure.code import upload_code
from ..azure.components import register_component
from ..azure.connections import Connection
from ..azure.environments import register_environment
from ..azure.stores import WorkspaceStores
from ..identities import path_digest
from ..packaging import Package
from ..parameters import ParameterValue
from ..resolved import Stored
from ..store import ArtifactStore

_ROOT = "penstock"
"""The folder in the default datastore below which everything is put, under names made of its content."""


@final
class Sending:
    """What is sent for one pipeline. ``root`` is the project's folder, ``source`` the store that its values are in."""

    def __init__(self, connection: Connection, plan: Plan, root: Path, source: ArtifactStore) -> None:
        self._connection = connection
        self._plan = plan
        self._root = root
        self._source = source
        self._store = WorkspaceStores(connection).default

    @property
    def datastore(self) -> str:
        """The name of the datastore that things are put into."""
        return self._store.name

    def components(self, packages: Mapping[str, Package]) -> Mapping[str, str]:
        """Register every distinct step with its code and environment; return Azure's ids, by the component's key."""
        files = {job.component.key: packages[job.node.id].files for job in self._plan.jobs}
        codes: dict[str, str] = {}
        found: dict[str, str] = {}
        for key, component in self._plan.components.items():
            if component.code not in codes:
                codes[component.code] = upload_code(self._connection, component.code, files[key]).id
            found[key] = self._registered(component, codes[component.code])
        return found

    def _registered(self, component: Component, code: str) -> str:
        environment = register_environment(self._connection, component.environment.image, component.environment.conda)
        spec = component_body(component, code, environment)["properties"]["componentSpec"]
        return register_component(self._connection, spec)

    def data(self, parameters: Mapping[str, ParameterValue], attached: Mapping[str, Stored]) -> Mapping[str, DataInput]:
        """Upload values and files that jobs take from outside; return where they are, as a placement wants it."""
        found = {name: self._parameter(name, value) for name, value in parameters.items() if self._is_data(name)}
        functions = {node.function.attached.key: node for node in self._plan.graph if node.function.attached}
        found |= {
            key: self._attached(key, value, functions.get(key)) for key, value in attached.items() if key in self._used
        }
        return found | {path_key(path): self._path(path) for path in self._paths()}

    @property
    def _used(self) -> set[str]:
        sources = [source for job in self._plan.jobs for source in job.sources.values()]
        return {source.key for source in sources if isinstance(source, Attached)}

    def values(self, parameters: Mapping[str, ParameterValue]) -> Mapping[str, object]:
        """Return the values of the parameters that travel as text. Raises CompileError for one that holds paths."""
        found = {
            name: value.value
            for name, value in parameters.items()
            if isinstance(value, Literal) and not self._is_data(name)
        }
        for name, value in found.items():
            if name in self._plan.parameters and holds_path(value):
                raise CompileError(
                    f"the parameter {name!r} of {self._plan.graph.name!r} holds paths inside of {type(value).__name__}, which "
                    "cannot be sent to Azure; give the parameter a folder, as a Path of its own"
                )
        return found

    def _is_data(self, name: str) -> bool:
        return name in self._plan.parameters and self._plan.parameters[name].kind != "value"

    def _paths(self) -> Iterator[PurePath | DataPath]:
        sources = [source for job in self._plan.jobs for source in job.sources.values()]
        for source in sources:
            if isinstance(source, Literal) and isinstance(source.value, PurePath | DataPath):
                yield source.value

    def _parameter(self, name: str, value: ParameterValue) -> DataInput:
        if isinstance(value, Stored):
            return self._artifact(value)
        if not isinstance(value.value, PurePath | DataPath):
            raise CompileError(f"the parameter {name!r} must be a path, and is given {value.value!r}")
        return self._path(value.value)

    def _attached(self, key: str, value: Stored, node: Node | None) -> DataInput:
        """Send an attached value. A function is called by what it means: its pickle differs with every comment."""
        if node is None or node.fingerprint is None:
            return self._artifact(value)
        path = f"{_ROOT}/functions/{folder_name(key)}-{node.fingerprint[:24]}"
        if not self._store.exists(f"{path}/artifact.json"):
            send(value.artifact, self._source, self._store, path)
        return self._folder(path)

    def _artifact(self, value: Stored) -> DataInput:
        path = f"{_ROOT}/artifacts/{value.artifact.digest}"
        send(value.artifact, self._source, self._store, path)
        return self._folder(path)

    def _path(self, path: PurePath | DataPath) -> DataInput:
        """Upload a file or folder under a name made of its content. What is in a datastore stays where it is."""
        if isinstance(path, DataPath):
            return DataInput(data_uri(path), data_type(path))
        here = self._root / path
        if not here.exists():
            raise CompileError(f"{here} is an input of {self._plan.graph.name!r}, and does not exist")
        place = f"{_ROOT}/data/{path_digest(here)}/{here.name}"
        self._store.upload(
            here, place if here.is_dir() else place.rpartition("/")[0], overwrite=True, show_progress=False
        )
        return self._folder(place) if here.is_dir() else DataInput(self._uri(place), "uri_file")

    def _folder(self, path: str) -> DataInput:
        return DataInput(self._uri(path) + "/", "uri_folder")

    def _uri(self, path: str) -> str:
        return f"azureml://datastores/{self._store.name}/paths/{path}"
