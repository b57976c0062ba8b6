"""Keep what is published: endpoints, their versions, and the bundles behind them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final, final

from attrs import evolve

from ..errors import EndpointDisabled, EndpointError, EndpointExists, EndpointNotFound
from ..history import Connection, Session
from .records import EndpointRecord, VersionRecord, columns, marks, record, values

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
"""What endpoints, versions that are named, and schedules may be called."""

VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@final
class Registry:
    """The endpoints of a workspace. It may be used by several threads, processes and servers at once."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.time) -> None:
        self._session = session
        self._clock = clock

    def publish(
        self, name: str, bundle: bytes, digest: str, content: str, *,
        version: str | None = None, description: str = "", by: str = "",
    ) -> tuple[VersionRecord, bool]:  # fmt: skip
        """Add a version to an endpoint, which is made at the first one; say also whether it is new.

        ``digest`` is the bundle's, ``content`` identifies what it computes: where an endpoint has a version of that content
        (and of the name ``version``, if one is given), that one is returned. Without ``version`` it gets the next number. Raises EndpointError for names that cannot be, and
        EndpointExists for a version of that name with other content.
        """
        _check(NAME, name, "an endpoint's name is a letter, then up to 62 letters, digits, '-' and '_'")
        if version is not None:
            _check(VERSION, version, "a version's name is up to 63 letters, digits, '.', '-' and '_'")
        with self._session.connection() as connection, connection.transaction():
            endpoint = self._endpoint_for(connection, name, description)
            known = _same(connection, name, content, version)
            if known is not None:
                return known, False
            made = self._next(connection, endpoint, version)
            made = evolve(made, content=content, bundle=digest, description=description, created_by=by)
            if not connection.rows("SELECT 1 FROM bundles WHERE digest = ?", (digest,)):
                connection.execute("INSERT INTO bundles (digest, content) VALUES (?, ?)", (digest, bundle))
            _insert(connection, "versions", made)
            return made, True

    def endpoints(self, *, disabled: bool = True) -> tuple[EndpointRecord, ...]:
        """Return the endpoints by name, those that are disabled only where asked."""
        with self._session.connection() as connection:
            rows = connection.rows(f"SELECT {columns(EndpointRecord)} FROM endpoints ORDER BY name")
        found = (record(EndpointRecord, row) for row in rows)
        return tuple(endpoint for endpoint in found if endpoint.enabled or disabled)

    def endpoint(self, name: str) -> EndpointRecord:
        """Return an endpoint. Raises EndpointNotFound."""
        with self._session.connection() as connection:
            return _endpoint(connection, name)

    def versions(self, name: str) -> tuple[VersionRecord, ...]:
        """Return the versions of an endpoint, the newest first. Raises EndpointNotFound."""
        with self._session.connection() as connection:
            _endpoint(connection, name)
            return _versions(connection, name)

    def version(self, name: str, version: str | None = None) -> VersionRecord:
        """Return a version of an endpoint, by default its default. Raises EndpointNotFound, also where all are disabled."""
        with self._session.connection() as connection:
            endpoint = _endpoint(connection, name)
            wanted = endpoint.default_version if version is None else version
            for found in _versions(connection, name):
                if found.version == wanted or (wanted is None and found.enabled):
                    return found
        raise EndpointNotFound(name, wanted)

    def callable_version(self, name: str, version: str | None = None) -> VersionRecord:
        """Return the version that a call is for. Raises EndpointNotFound, and EndpointDisabled for what may not be called."""
        endpoint = self.endpoint(name)
        if not endpoint.enabled:
            raise EndpointDisabled(name)
        found = self.version(name, version)
        if not found.enabled:
            raise EndpointDisabled(name, found.version)
        return found

    def bundle(self, digest: str) -> bytes:
        """Return the bytes of a bundle. Raises EndpointError where it is not there."""
        with self._session.connection() as connection:
            rows = connection.rows("SELECT content FROM bundles WHERE digest = ?", (digest,))
        if not rows:
            raise EndpointError(f"the bundle {digest} is not kept any more: its version was deleted")
        return bytes(rows[0][0])

    def set_default(self, name: str, version: str | None) -> None:
        """Choose the version that is called where none is named; None: always the newest. Raises EndpointNotFound."""
        if version is not None:
            self.version(name, version)
        self._change("UPDATE endpoints SET default_version = ? WHERE name = ?", (version, name), name)

    def enable(self, name: str, version: str | None = None, *, enabled: bool = True) -> None:
        """Let an endpoint, or one of its versions, be called, or hide it and refuse calls. Raises EndpointNotFound."""
        if version is None:
            self._change("UPDATE endpoints SET enabled = ? WHERE name = ?", (int(enabled), name), name)
            return
        statement = "UPDATE versions SET enabled = ? WHERE endpoint = ? AND version = ?"
        self._change(statement, (int(enabled), name, version), name, version)

    def describe(self, name: str, description: str) -> None:
        """Change an endpoint's description. Raises EndpointNotFound."""
        self._change("UPDATE endpoints SET description = ? WHERE name = ?", (description, name), name)

    def set_compute(self, name: str, compute: str | None) -> None:
        """Say where an endpoint's runs are carried out; None: in a server's own slots. Raises EndpointNotFound."""
        self._change("UPDATE endpoints SET compute = ? WHERE name = ?", (compute, name), name)

    def rename(self, name: str, new: str) -> None:
        """Give an endpoint another name; its tokens, schedules and runs go along. Raises EndpointNotFound, EndpointExists."""
        _check(NAME, new, "an endpoint's name is a letter, then up to 62 letters, digits, '-' and '_'")
        with self._session.connection() as connection, connection.transaction():
            if connection.rows("SELECT 1 FROM endpoints WHERE name = ?", (new,)):
                raise EndpointExists(new)
            if not connection.execute("UPDATE endpoints SET name = ? WHERE name = ?", (new, name)):
                raise EndpointNotFound(name)
            connection.execute("UPDATE queue SET endpoint = ? WHERE endpoint = ?", (new, name))

    def delete(self, name: str, version: str | None = None) -> None:
        """Delete an endpoint with all that belongs to it, or one version, and the bundles that nothing needs then.

        What runs goes on. Raises EndpointNotFound, and EndpointError for a version that was chosen as the default.
        """
        with self._session.connection() as connection, connection.transaction():
            endpoint = _endpoint(connection, name)
            if version is not None and version == endpoint.default_version:
                raise EndpointError(f"version {version} is the default of {name}; choose another default first")
            if version is None:
                gone = connection.execute("DELETE FROM endpoints WHERE name = ?", (name,))
            else:
                gone = connection.execute("DELETE FROM versions WHERE endpoint = ? AND version = ?", (name, version))
            if not gone:
                raise EndpointNotFound(name, version)
            connection.execute(
                "DELETE FROM bundles WHERE digest NOT IN (SELECT bundle FROM versions) "
                "AND digest NOT IN (SELECT bundle FROM queue WHERE state <> 'ended')"
            )

    def _change(self, statement: str, parameters: tuple[object, ...], name: str, version: str | None = None) -> None:
        with self._session.connection() as connection:
            if not connection.execute(statement, parameters):
                raise EndpointNotFound(name, version)

    def _endpoint_for(self, connection: Connection, name: str, description: str) -> EndpointRecord:
        """Return the endpoint of that name, made where there is none, and locked until the end of the transaction."""
        made = EndpointRecord(name, description, created=self._clock())
        connection.execute(
            f"INSERT INTO endpoints ({columns(EndpointRecord)}) VALUES ({marks(EndpointRecord)}) "
            "ON CONFLICT (name) DO NOTHING",
            values(made),
        )
        connection.execute("UPDATE endpoints SET name = name WHERE name = ?", (name,))
        return _endpoint(connection, name)

    def _next(self, connection: Connection, endpoint: EndpointRecord, version: str | None) -> VersionRecord:
        taken = {found.version: found for found in _versions(connection, endpoint.name)}
        if version in taken:
            raise EndpointExists(endpoint.name, version)
        number = endpoint.last_number + 1
        while version is None and str(number) in taken:
            number += 1
        connection.execute("UPDATE endpoints SET last_number = ? WHERE name = ?", (number, endpoint.name))
        return VersionRecord(endpoint.name, version or str(number), number, "", "", created=self._clock())


def _check(pattern: re.Pattern[str], text: str, expected: str) -> None:
    if not pattern.fullmatch(text):
        raise EndpointError(f"{text!r} cannot be used: {expected}")


def _insert(connection: Connection, table: str, made: VersionRecord) -> None:
    names, places = columns(VersionRecord), marks(VersionRecord)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", values(made))  # names are our own


def _endpoint(connection: Connection, name: str) -> EndpointRecord:
    rows = connection.rows(f"SELECT {columns(EndpointRecord)} FROM endpoints WHERE name = ?", (name,))
    if not rows:
        raise EndpointNotFound(name)
    return record(EndpointRecord, rows[0])


def _versions(connection: Connection, name: str) -> tuple[VersionRecord, ...]:
    statement = f"SELECT {columns(VersionRecord)} FROM versions WHERE endpoint = ? ORDER BY number DESC"
    return tuple(record(VersionRecord, row) for row in connection.rows(statement, (name,)))


def _same(connection: Connection, name: str, content: str, version: str | None) -> VersionRecord | None:
    """Return the newest version of the same content, of that name if one is wanted."""
    found = (one for one in _versions(connection, name) if one.content == content)
    return next((one for one in found if version in (None, one.version)), None)
