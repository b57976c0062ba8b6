"""Keep the files of a workspace in an emulator of Azure's blob storage: code, inputs, outputs."""

from __future__ import annotations

import datetime
import functools
import re
import uuid
from pathlib import Path
from typing import Any, final
from urllib.parse import urlsplit

from attrs import field, frozen

from .messages import Refused

_URI = re.compile(r"azureml:/*(?:subscriptions/[^/]+/resource[gG]roups/[^/]+/(?:providers/[^/]+/)?workspaces/[^/]+/)?datastores/([^/]+)/paths/(.*)")  # fmt: skip


@final
@frozen(slots=False)
class Storage:
    """A container behind a connection string, such as Azurite's; it is the only datastore of the workspace."""

    connection: str = field(repr=False)
    container: str = field(factory=lambda: f"azureml-{uuid.uuid4().hex}")
    datastore: str = "workspaceblobstore"

    @functools.cached_property
    def parts(self) -> dict[str, str]:
        """The parts of the connection string."""
        return dict(part.split("=", 1) for part in self.connection.strip(";").split(";"))

    @functools.cached_property
    def client(self) -> Any:
        """The container, which is made when it is first used."""
        from azure.core.exceptions import ResourceExistsError
        from azure.storage.blob import ContainerClient

        found = ContainerClient.from_connection_string(self.connection, self.container)
        try:
            found.create_container()
        except ResourceExistsError:
            pass
        return found

    @property
    def url(self) -> str:
        """The URL of the container."""
        return f"{self.parts['BlobEndpoint'].rstrip('/')}/{self.container}"

    def document(self) -> dict[str, object]:
        """Return the datastore as Azure describes one."""
        endpoint = urlsplit(self.parts["BlobEndpoint"])
        return {
            "properties": {
                "datastoreType": "AzureBlob",
                "accountName": self.parts["AccountName"],
                "containerName": self.container,
                "endpoint": endpoint.netloc,
                "protocol": endpoint.scheme,
                "isDefault": True,
                "credentials": {"credentialsType": "AccountKey"},
            }
        }

    def signed(self) -> str:
        """Return the URL of the container with permission to write, for an hour."""
        from azure.storage.blob import ContainerSasPermissions, generate_container_sas

        _ = self.client
        signature = generate_container_sas(
            self.parts["AccountName"],
            self.container,
            account_key=self.parts["AccountKey"],
            permission=ContainerSasPermissions(read=True, write=True, create=True, list=True, add=True),
            expiry=datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1),
        )
        return f"{self.url}?{signature}"

    def path_of(self, uri: str) -> str:
        """Return the path in the container that a URI names. Raises Refused for one that leads elsewhere."""
        if uri.startswith(self.url):
            return uri[len(self.url) :].strip("/")
        found = _URI.fullmatch(uri)
        if found is None or found[1] != self.datastore:
            raise Refused(400, "UserError", f"{uri} is no path on the datastore {self.datastore}")
        return found[2].strip("/")

    def uri(self, path: str) -> str:
        """Return the short URI of a folder in the container."""
        return f"azureml://datastores/{self.datastore}/paths/{path.strip('/')}/"

    def download(self, uri: str, target: Path) -> Path:
        """Bring a folder here, or a file under its name into ``target``; return where it is. Raises Refused if it is not there."""
        prefix = self.path_of(uri)
        names = [blob.name for blob in self.client.list_blobs(name_starts_with=prefix)]
        inside = [name for name in names if name.startswith(f"{prefix}/") or not prefix]
        if prefix in names and not uri.endswith("/"):
            return self._bring(prefix, target / prefix.rpartition("/")[2])
        if not inside:
            raise Refused(400, "UserError", f"there is nothing at {uri}")
        for name in inside:
            self._bring(name, target / name[len(prefix) :].lstrip("/"))
        return target

    def upload(self, source: Path, uri: str) -> None:
        """Take a folder's files, or one file, to where a URI says."""
        prefix = self.path_of(uri)
        files = [source] if source.is_file() else sorted(file for file in source.rglob("*") if file.is_file())
        for file in files:
            name = file.relative_to(source).as_posix() if file != source else file.name
            with file.open("rb") as stream:
                self.client.upload_blob(f"{prefix}/{name}".lstrip("/"), stream, overwrite=True)

    def _bring(self, name: str, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as stream:
            self.client.download_blob(name).readinto(stream)
        return target
