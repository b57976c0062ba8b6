"""Open a server: what ``penstock.Client`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, final

from .. import bundles
from ..functions import check_not_importing
from ..states import State
from .bearers import bearer
from .connections import Connection, checked_url
from .documents import record_of
from .endpoints import ServerEndpoint
from .listing import listed_runs
from .runs import ServerRun
from .schedules import ServerSchedule
from .tokens import ServerToken

if TYPE_CHECKING:
    from ...compilers.lowering import Compiled
    from ..azure.credentials import Credential
    from ..bundles import Extent, Packed


@final
class Client:
    """A server of Penstock's at a URL. Nothing is asked before something is asked of it; threads may share it.

    ``token`` is one of the server's, by default that of the environment variable ``PENSTOCK_TOKEN``, or a credential of azure-identity, which then
    is asked for tokens of ``audience``, what the server accepts them for. ``timeout`` is how many seconds to wait for an answer. Requests that can
    do no harm twice are sent again where a connection breaks; so are requests for runs, which bear a key.
    Raises EndpointError for what is no address of a server, or no token.
    """

    def __init__(
        self, url: str, token: str | Credential | None = None, *, audience: str | None = None, timeout: float = 60.0
    ) -> None:
        self._connection = Connection(checked_url(url), timeout, bearer=bearer(token, audience))

    @property
    def url(self) -> str:
        """The server's address."""
        return self._connection.url

    def endpoints(self, *, disabled: bool = False) -> tuple[ServerEndpoint, ...]:
        """Return the endpoints by name, with ``disabled`` those too."""
        found = self._connection.ask("GET", "endpoints", query={"disabled": disabled})["endpoints"]
        return tuple(ServerEndpoint(one["name"], self._connection) for one in found)

    def endpoint(self, name: str) -> ServerEndpoint:
        """Return an endpoint. Raises EndpointNotOnServer."""
        found = ServerEndpoint(name, self._connection)
        found.record  # noqa: B018  # looks
        return found

    def runs(
        self,
        *,
        endpoint: str | None = None,
        experiment: str | None = None,
        pipeline: str | None = None,
        state: State | str | None = None,
    ) -> Iterator[ServerRun]:
        """Yield runs, the newest first, those that wait for their turn too; pages are asked for as they are needed."""
        filters = {"endpoint": endpoint, "experiment": experiment, "pipeline": pipeline, "state": state}
        return listed_runs(self._connection, filters)

    def run(self, run_id: str) -> ServerRun:
        """Return a run. Raises RunNotOnServer."""
        return ServerRun(str(self._connection.ask("GET", "runs", run_id)["id"]), self._connection)

    def publish(
        self,
        pipeline: Callable[..., object],
        name: str | None = None,
        *,
        version: str | None = None,
        description: str = "",
        parameters: Mapping[str, object] | None = None,
        snapshot: Extent = "reached",
    ) -> ServerEndpoint:
        """Publish a pipeline on the server, without running it, as :func:`penstock.publish` does, and return the endpoint.

        Raises DefinitionError, TypeMismatch, CompileError and NoCodec for the pipeline, and ServerRefused.
        """
        check_not_importing()
        compiled = bundles.identified(pipeline, parameters)
        return self._publish(compiled, name or compiled.graph.name, version, description, snapshot)

    def publish_pipeline(
        self, compiled: Compiled, *, name: str, version: str | None, description: str
    ) -> ServerEndpoint:
        """Publish an identified pipeline: what ``penstock.publish(..., to=client)`` does."""
        return self._publish(compiled, name, version, description, "reached")

    def publish_packed(
        self, packed: Packed, name: str, *, version: str | None = None, description: str = ""
    ) -> ServerEndpoint:
        """Publish a bundle that was made before. Raises ServerRefused."""
        query = {"version": version or None, "description": description or None}
        path = ("endpoints", name, "versions")
        self._connection.ask("POST", *path, query=query, data=packed.data, media="application/zip")
        return ServerEndpoint(name, self._connection)

    def computes(self) -> dict[str, str]:
        """Return where runs may be carried out, by name, and of what kind each is."""
        return {one["name"]: one["kind"] for one in self._connection.ask("GET", "computes")["computes"]}

    def schedules(self) -> tuple[ServerSchedule, ...]:
        """Return all schedules; :meth:`ServerEndpoint.schedule` makes one."""
        found = self._connection.ask("GET", "schedules")["schedules"]
        return tuple(ServerSchedule(one["name"], self._connection) for one in found)

    def tokens(self) -> tuple[ServerToken, ...]:
        """Return all tokens, but not what they are. That needs the scope ``admin``."""
        return tuple(record_of(ServerToken, one) for one in self._connection.ask("GET", "tokens")["tokens"])

    def create_token(
        self, name: str, scopes: Sequence[str], *, endpoint: str | None = None, days: float | None = None
    ) -> ServerToken:
        """Make a token with scopes among ``read``, ``run``, ``publish`` and ``admin``; its ``text`` is told this once. Raises ServerRefused.

        ``endpoint`` confines it to one; ``days`` is how long it is valid, without it until it is revoked.
        """
        body = {"name": name, "scopes": list(scopes), "endpoint": endpoint, "days": days}
        made = self._connection.ask("POST", "tokens", body=body)
        return record_of(ServerToken, {**made, "text": made["token"]})

    def revoke_token(self, token: ServerToken | str) -> None:
        """Revoke a token, which may be named by its id. Raises ServerRefused."""
        found = token.id if isinstance(token, ServerToken) else token
        self._connection.ask("DELETE", "tokens", found)

    def _publish(
        self, compiled: Compiled, name: str, version: str | None, description: str, snapshot: Extent
    ) -> ServerEndpoint:
        packed = bundles.pack(compiled, snapshot)
        return self.publish_packed(packed, name, version=version, description=description or compiled.graph.doc)

    def __repr__(self) -> str:
        return f"<client of {self.url}>"
