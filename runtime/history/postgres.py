"""Keep the history in Postgres, in a schema of its own (extra ``postgres``)."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from ..errors import HistoryBusy, HistoryError
from .connections import Connection, Engine, RawConnection
from .schema import bring_up_to_date

CONNECT_TIMEOUT = 10
"""Seconds to wait for the server."""

_LOCK = 0x70656E73746F636B  # "penstock" in ASCII: any number will do that nobody else locks


def open_postgres(url: str) -> Connection:
    """Connect to a Postgres server. Raises HistoryError when psycopg is missing or the server cannot be reached."""
    try:
        import psycopg
    except ImportError as error:
        raise HistoryError(f"the history {without_password(url)} needs psycopg: install penstock[postgres]") from error
    try:
        raw = psycopg.connect(_spelled(url), autocommit=True, connect_timeout=CONNECT_TIMEOUT)
    except psycopg.Error as error:
        raise explain(error, without_password(url)) from error
    connection = Connection(cast(RawConnection, raw), _engine(psycopg.Error), without_password(url))
    try:
        connection.execute("SET search_path TO penstock")
        bring_up_to_date(connection, _migration_url(url))
    except BaseException:
        connection.close()
        raise
    return connection


def without_password(url: str) -> str:
    """Return a URL as it may be shown."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    query = re.sub(r"(password=)[^&]*", r"\1***", parts.query, flags=re.IGNORECASE)
    return urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host, query=query))


def explain(error: Exception, location: str) -> HistoryError:
    """Say what Postgres' error means for the history."""
    return (HistoryBusy if _passing(error) else HistoryError)(
        f"the history {location} cannot be used (Postgres says: {str(error).strip()})"
    )


def _passing(error: Exception) -> bool:
    """Tell whether another try may succeed. Troubles of the connection itself have no code."""
    import psycopg

    state = getattr(error, "sqlstate", None)
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    # 08 connection, 40 deadlock, 53 out of disk or memory, 55P03 locked, 57 shut down
    return str(state).startswith(("08", "40", "53", "55P03", "57"))


def _engine(errors: type[Exception]) -> Engine:
    return Engine(
        begin="BEGIN",
        patience="SET lock_timeout = {}",
        prepare_schema=(f"SELECT pg_advisory_xact_lock({_LOCK})", "CREATE SCHEMA IF NOT EXISTS penstock"),
        count_tables="SELECT count(*), count(*) FILTER (WHERE tablename = 'schema_version') FROM pg_tables "
        "WHERE schemaname = 'penstock'",
        errors=errors,
        translate=_translate,
        explain=explain,
    )


def _translate(sql: str) -> str:
    """Write parameters as psycopg wants them. No statement of ours has a question mark in a string."""
    return sql.replace("%", "%%").replace("?", "%s")


def _spelled(url: str) -> str:
    """Return the URL under the one scheme that libpq knows; ``postgresql+psycopg`` is what SQLAlchemy users write."""
    return "postgresql://" + url.partition("://")[2]


def _migration_url(url: str) -> str:
    rest = url.partition("://")[2]
    return f"postgresql+psycopg://{rest}{'&' if '?' in rest else '?'}schema=penstock"
