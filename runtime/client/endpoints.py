"""Call and look after an endpoint on a server, in the words of an endpoint in a workspace."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, final

from attrs import field, frozen

from ...compilers.graph import Parameter
from ..endpoints import EndpointRecord, VersionRecord
from ..errors import ParametersUnfit
from ..fitting import checked
from .connections import Connection, Document
from .documents import parameter_of, record_of
from .errors import ParametersRefused, ServerRefused
from .listing import listed_runs
from .runs import ServerRun
from .schedules import ServerSchedule
from .values import carried, paths_in, send_files


@final
@frozen
class ServerEndpoint:
    """An endpoint on a server. Nothing is looked up before it is asked for."""

    name: str
    _connection: Connection = field(repr=False, alias="connection")

    @property
    def url(self) -> str:
        """The server's address."""
        return self._connection.url

    @property
    def record(self) -> EndpointRecord:
        """What is known of it. Raises EndpointNotOnServer."""
        return record_of(EndpointRecord, self._ask("GET"))

    @property
    def versions(self) -> tuple[VersionRecord, ...]:
        """Its versions, the newest first."""
        return tuple(record_of(VersionRecord, one) for one in self._ask("GET", "versions")["versions"])

    @property
    def default(self) -> VersionRecord:
        """The version that is called where none is named. Raises EndpointNotOnServer where none is enabled."""
        name = self._ask("GET").get("default")
        return record_of(VersionRecord, self._ask("GET", "versions", str(name)))

    def parameters(self, version: str | None = None) -> tuple[Parameter, ...]:
        """Return what the default version, or another, asks for."""
        found = self._ask("GET", *_within(version)).get("parameters", ())
        return tuple(parameter_of(one) for one in found)

    def run(
        self, *, _version: str | None = None, _how: Mapping[str, Any] | None = None, **parameters: Any
    ) -> ServerRun:
        """Run the default version, or ``_version``, with these parameters, wait, and return the run.

        Raises what :meth:`invoke` raises, and RunFailed.
        """
        return self.invoke(_version=_version, _how=_how, **parameters).wait().check()

    def invoke(
        self, *, _version: str | None = None, _how: Mapping[str, Any] | None = None, **parameters: Any
    ) -> ServerRun:
        """Start a run of the default version, or of ``_version``, with these parameters, and return at once.

        A ``Path`` is a file of this machine, which is sent; enum members, dates and collections are written as the server reads them. ``_how`` are
        further fields of the request: ``experiment``, ``tags``, ``priority``, ``timeout``, ``compute`` and others that the server knows. Raises ParametersRefused,
        MissingInput for what cannot be sent, ServerRefused and ServerUnreachable.
        """
        values = carried(self.name, parameters)
        if any(paths_in(parameters)):
            self._check(values, _version)  # before much is sent for nothing
            values = send_files(self._connection, parameters)
        body = {"parameters": values, **(_how or {})}
        key = str(body.pop("idempotency_key", None) or secrets.token_hex(16))
        try:
            made = self._ask("POST", *_within(_version), "runs", body=body, key=key)
        except ServerRefused as refused:
            if refused.status == 422 and any(name.startswith("parameters.") for name in refused.errors):
                raise ParametersRefused(self.name, *refused.args) from None
            raise
        return ServerRun(str(made["id"]), self._connection)

    def runs(self, **filters: Any) -> Iterator[ServerRun]:
        """Yield its runs, the newest first; ``filters`` are those of :meth:`Client.runs`."""
        return listed_runs(self._connection, {**filters, "endpoint": self.name})

    def schedule(
        self,
        name: str,
        *,
        cron: str | None = None,
        rule: Mapping[str, Any] | None = None,
        _how: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> ServerSchedule:
        """Have it run by itself with these parameters: by five fields of ``cron``, or by another ``rule`` of the server's.

        ``_how`` are further fields: ``time_zone``, ``missed``, ``version``, ``experiment``, ``enabled``. Raises ServerRefused.
        """
        values = send_files(self._connection, parameters) if carried(self.name, parameters) else {}
        given = {"name": name, "endpoint": self.name, "rule": rule or {"cron": cron}, "parameters": values}
        self._connection.ask("POST", "schedules", body={**given, **(_how or {})})
        return ServerSchedule(name, self._connection)

    def schedules(self) -> tuple[ServerSchedule, ...]:
        """Return its schedules."""
        found = self._connection.ask("GET", "schedules", query={"endpoint": self.name})["schedules"]
        return tuple(ServerSchedule(one["name"], self._connection) for one in found)

    def set_default(self, version: str | None) -> None:
        """Choose the version that is called where none is named; None: always the newest. Raises EndpointNotOnServer."""
        self._ask("PATCH", body={"default_version": version})

    def set_compute(self, compute: str | None) -> None:
        """Choose where runs are carried out for which nothing else is said; None: in the server's own slots. Raises ServerRefused."""
        self._ask("PATCH", body={"compute": compute})

    def enable(self, version: str | None = None) -> None:
        """Let it be called again, or one of its versions."""
        self._ask("PATCH", *_within(version), body={"enabled": True})

    def disable(self, version: str | None = None) -> None:
        """Hide it, or one of its versions, and refuse calls."""
        self._ask("PATCH", *_within(version), body={"enabled": False})

    def rename(self, name: str) -> ServerEndpoint:
        """Give it another name, and return it. Raises ServerRefused where there is one of that name."""
        self._ask("PATCH", body={"name": name})
        return ServerEndpoint(name, self._connection)

    def delete(self, version: str | None = None) -> None:
        """Delete it with its schedules and tokens, or one of its versions. Runs stay in the history."""
        self._ask("DELETE", *_within(version))

    def _ask(self, method: str, *path: str, **sent: Any) -> Document:
        return self._connection.ask(method, "endpoints", self.name, *path, **sent)

    def _check(self, values: Mapping[str, Any], version: str | None) -> None:
        try:
            checked(values, self.parameters(version))
        except ParametersUnfit as unfit:
            request = f"a run of {self.name} on {self.url}"
            raise ParametersRefused(self.name, request, 422, "the parameters do not fit", unfit.fields) from None


def _within(version: str | None) -> tuple[str, ...]:
    return () if version is None else ("versions", version)
