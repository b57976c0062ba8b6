"""Keep what a workspace holds: documents by their path in it, and what is still going on."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, final

from attrs import Factory, define, field

from ..addresses import Address
from .messages import Refused

Document: TypeAlias = dict[str, Any]


@final
@define(eq=False)
class State:
    """The workspace's documents. ``looks`` is how often something is looked at before it is done."""

    address: Address
    looks: int = 1
    lock: threading.RLock = field(default=Factory(threading.RLock), repr=False)
    _documents: dict[str, Document] = field(factory=dict, init=False, repr=False)
    _pending: dict[str, tuple[int, str]] = field(factory=dict, init=False, repr=False)
    _operations: dict[str, str] = field(factory=dict, init=False, repr=False)

    def put(self, path: str, body: Mapping[str, Any], **more: Any) -> Document:
        """Keep a document, and return it with its id and name."""
        with self.lock:
            kind = "/".join(path.split("/")[:-1:2])
            self._documents[path] = {
                "id": f"{self.address.id}/{path}",
                "name": path.rpartition("/")[2],
                "type": f"Microsoft.MachineLearningServices/workspaces/{kind}",
                **body,
                **more,
            }
            return self._documents[path]

    def get(self, path: str) -> Document:
        """Return a document. Raises Refused where there is none."""
        found = self.find(path)
        if found is None:
            raise Refused(404, "NotFound", f"{path} was not found in the workspace {self.address.workspace_name}")
        return found

    def find(self, path: str) -> Document | None:
        """Return a document; None where there is none. What goes on comes nearer to its end by this."""
        with self.lock:
            self._advance(path)
            return self._documents.get(path)

    def peek(self, path: str) -> Document | None:
        """Return a document as it is."""
        with self.lock:
            return self._documents.get(path)

    def by_id(self, resource_id: str) -> Document | None:
        """Return the document of an id, with or without ``azureml:`` before it; None where there is none."""
        prefix = f"{self.address.id}/"
        plain = resource_id.removeprefix("azureml:")
        return self.peek(plain[len(prefix) :]) if plain.startswith(prefix) else None

    def below(self, path: str) -> Iterator[Document]:
        """Give the documents right below a path, in the order they were made."""
        with self.lock:
            names = [one for one in self._documents if one.rpartition("/")[0] == path]
            for one in names:
                self._advance(one)
            found = [self._documents[one] for one in names if one in self._documents]
        return iter(found)

    def begin(self, path: str, change: str) -> str:
        """Let something go on with a document (``Creating``, ``Updating``, ``Deleting``); return the operation's id."""
        with self.lock:
            if change != "Deleting":
                self._documents[path]["properties"]["provisioningState"] = change
            operation = uuid.uuid4().hex
            self._pending[path] = (self.looks, change)
            self._operations[operation] = path
            return operation

    def operation(self, operation: str) -> str:
        """Return how an operation stands. Raises Refused for one that nobody began."""
        with self.lock:
            path = self._operations.get(operation)
            if path is None:
                raise Refused(404, "NotFound", f"there is no operation {operation}")
            self._advance(path)
            return "InProgress" if path in self._pending else "Succeeded"

    def remove(self, path: str) -> None:
        """Forget a document and all below it."""
        with self.lock:
            for one in [one for one in self._documents if one == path or one.startswith(f"{path}/")]:
                del self._documents[one]

    def _advance(self, path: str) -> None:
        left, change = self._pending.get(path, (0, ""))
        if not change:
            return
        if left > 0:
            self._pending[path] = (left - 1, change)
            return
        del self._pending[path]
        if change == "Deleting":
            self.remove(path)
        elif path in self._documents:
            self._documents[path]["properties"]["provisioningState"] = "Succeeded"
