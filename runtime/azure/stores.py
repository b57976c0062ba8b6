"""Offer the datastores of a workspace as Penstock's own, without ever holding their keys longer than they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

from attrs import field, frozen

from ..datastores import Datastore
from ..errors import DatastoreError, DatastoreNotFound
from .connections import Connection
from .errors import NotFoundRemotely, RemoteUnavailable
from .hosts import is_loopback

_PLACE = "datastores"

_CONTAINERS = {"AzureBlob": "containerName", "AzureDataLakeGen2": "filesystem"}
"""The kinds that can be read from here, and what their documents call the container."""

_UNREADABLE = {
    "AzureFile": "is a file share, which can only be read here where it is mounted: register the mounted folder",
    "AzureDataLakeGen1": "lies in Data Lake Storage Gen1, which Microsoft retired on 29 February 2024: copy it to Gen2",
    "OneLake": "lies in OneLake, which is read with Microsoft Fabric's own tools",
}


@frozen
class StoreRecord:
    """A datastore as Azure tells it: ``kind`` is Azure's word, ``url`` where it lies, empty if that cannot be read here."""

    name: str
    kind: str
    url: str
    is_default: bool


@final
@frozen
class Unlock:
    """Gets the key of a datastore from the workspace, when and where it is used."""

    connection: Connection = field(repr=False)
    name: str
    account: str
    blob_url: str
    """Where the account answers, if that is not Azure's own place."""

    def __call__(self) -> Mapping[str, str]:
        """Return the options with the key in them. Empty where the workspace keeps none: then it counts who is logged in."""
        action = f"get the key of the datastore {self.name!r}"
        answer = self.connection.call(action, "POST", _PLACE, self.name, "listSecrets", repeatable=True)
        secrets = answer.document(action)
        kind = secrets.get("secretsType")
        if kind == "AccountKey" and self.blob_url:
            return {"connection_string": self._connection_string(f"AccountKey={secrets['key']}")}
        if kind == "AccountKey":
            return {"account_key": str(secrets["key"])}
        if kind == "Sas" and self.blob_url:
            return {"connection_string": self._connection_string(f"SharedAccessSignature={secrets['sasToken']}")}
        if kind == "Sas":
            return {"sas_token": str(secrets["sasToken"])}
        if kind == "ServicePrincipal":
            raise DatastoreError(
                f"the datastore {self.name!r} is opened by a service principal of its own; register it in Penstock's "
                "workspace with client_id, client_secret and tenant_id"
            )
        raise RemoteUnavailable(action, f"Azure keeps a secret of the kind {kind!r} for it, which cannot be used here")

    def _connection_string(self, secret: str) -> str:
        return f"DefaultEndpointsProtocol=http;AccountName={self.account};{secret};BlobEndpoint={self.blob_url};"


@final
@frozen
class WorkspaceStores(Mapping[str, Datastore]):
    """The datastores of a workspace on Azure, by name; ``default`` is the one that is used where none is named."""

    connection: Connection = field(repr=False)

    def __getitem__(self, name: str) -> Datastore:
        """Return a datastore. Raises DatastoreNotFound, and DatastoreError for a kind that cannot be read from here."""
        try:
            document = self.connection.get(f"find the datastore {name!r}", _PLACE, name)
        except NotFoundRemotely:
            raise DatastoreNotFound(name, tuple(self)) from None
        return datastore_of(self.connection, document)

    @property
    def default(self) -> Datastore:
        """The datastore where outputs go if nothing else is said. Raises NotFoundRemotely."""
        return datastore_of(self.connection, self._default())

    @property
    def default_name(self) -> str:
        """The name of the default datastore. Raises NotFoundRemotely."""
        return str(self._default().get("name"))

    def list(self) -> tuple[StoreRecord, ...]:
        """Describe every datastore of the workspace, the default first."""
        found = [read_store(document) for document in self._documents()]
        return tuple(sorted(found, key=lambda one: (not one.is_default, one.name)))

    def __iter__(self) -> Iterator[str]:
        return (str(document.get("name")) for document in self._documents())

    def __len__(self) -> int:
        return sum(1 for _ in self._documents())

    def _documents(self) -> Iterator[dict[str, Any]]:
        return self.connection.pages("list the datastores of the workspace", _PLACE)

    def _default(self) -> dict[str, Any]:
        action = "find the default datastore"
        found = next(self.connection.pages(action, _PLACE, query={"isDefault": "true"}), None)
        if found is None:
            raise NotFoundRemotely(action, "the workspace has none")
        return found


def read_store(document: Mapping[str, Any]) -> StoreRecord:
    """Return the record of a datastore from Azure's document."""
    properties = document.get("properties") or {}
    kind = str(properties.get("datastoreType") or "unknown")
    container = properties.get(_CONTAINERS.get(kind, ""))
    url = f"abfs://{container}" if container else ""
    return StoreRecord(str(document.get("name") or ""), kind, url, bool(properties.get("isDefault")))


def datastore_of(connection: Connection, document: Mapping[str, Any]) -> Datastore:
    """Return Penstock's datastore for Azure's document of one. Raises DatastoreError for a kind that cannot be read here."""
    record, properties = read_store(document), document.get("properties") or {}
    if not record.url:
        reason = _UNREADABLE.get(record.kind, f"is of the kind {record.kind!r}, which cannot be read from here")
        raise DatastoreError(f"the datastore {record.name!r} {reason}. Steps on Azure can use it all the same")
    account = str(properties.get("accountName") or "")
    blob_url = _blob_url(properties, account)
    credentials = (properties.get("credentials") or {}).get("credentialsType")
    options: dict[str, object] = {} if blob_url else {"account_name": account}
    if credentials == "None":  # the account's own rules decide, for whoever is logged in
        return Datastore(record.name, record.url, {**options, "anon": False})
    return Datastore(record.name, record.url, options, unlock=Unlock(connection, record.name, account, blob_url))


def _blob_url(properties: Mapping[str, Any], account: str) -> str:
    """Return where a stand-in on this machine keeps blobs; empty for Azure's own storage."""
    endpoint, protocol = str(properties.get("endpoint") or ""), str(properties.get("protocol") or "https")
    url = f"{protocol}://{endpoint}/{account}"
    return url if protocol == "http" and is_loopback(url) else ""
