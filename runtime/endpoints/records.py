"""Describe what is published and what follows from it: the rows of the tables, as frozen data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import attrs
from attrs import field, frozen

T = TypeVar("T")

LOCAL: Final = "local"
"""The compute that every server has: its own slots."""


@frozen
class EndpointRecord:
    """A published pipeline. ``default_version`` is the version that was chosen; None: the newest that is enabled.

    ``last_number`` is the highest number that a version was given. ``compute`` is where its runs are carried out where nothing
    else is said; None: in the server's own slots. Times are seconds since the epoch.
    """

    name: str
    description: str = ""
    enabled: bool = field(default=True, converter=bool)
    default_version: str | None = None
    last_number: int = 0
    created: float = 0.0
    compute: str | None = None


@frozen
class VersionRecord:
    """A version of an endpoint, which never changes. ``content`` identifies what it computes, ``bundle`` the archive."""

    endpoint: str
    version: str
    number: int
    content: str
    bundle: str
    description: str = ""
    enabled: bool = field(default=True, converter=bool)
    created: float = 0.0
    created_by: str = ""


@frozen
class TokenRecord:
    """What is known of a token, but not the token. ``endpoint`` confines it to one; ``used`` is when it was last shown."""

    id: str
    name: str
    hash: str = field(repr=False)
    scopes: tuple[str, ...]
    endpoint: str | None = None
    created: float = 0.0
    expires: float | None = None
    revoked: float | None = None
    used: float | None = None

    def is_valid(self, now: float) -> bool:
        """Say whether it lets in at a time."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@frozen
class ScheduleRecord:
    """When an endpoint runs by itself. ``version`` None is the default one; ``rule`` says when, ``due`` is when next.

    ``missed`` is what happens when nobody was there at that time: ``"skip"`` or ``"once"``. ``memory`` is what a rule that watches
    data has seen. ``compute`` None: where the endpoint says.
    """

    name: str
    endpoint: str
    rule: Mapping[str, Any]
    version: str | None = None
    time_zone: str = "UTC"
    enabled: bool = field(default=True, converter=bool)
    missed: str = "skip"
    parameters: Mapping[str, Any] = field(factory=dict)
    experiment: str | None = None
    memory: Mapping[str, Any] = field(factory=dict)
    due: float | None = None
    last_due: float | None = None
    last_run: str | None = None
    owner: str | None = None
    lease: float | None = None
    created: float = 0.0
    compute: str | None = None


@frozen
class QueuedRun:
    """A request for a run of a published version. ``id`` is the run's; ``parameters`` are JSON values by name.

    ``state`` is ``"queued"``, ``"leased"`` (a server runs it, until ``lease`` unless renewed) or ``"ended"``; ``tries`` counts how
    often a server took it. ``timeout`` is in seconds. The highest ``priority`` is taken first. ``compute`` is where it is carried
    out: :data:`LOCAL`, or a name of the settings.
    """

    id: str
    endpoint: str
    version: str
    bundle: str
    parameters: Mapping[str, Any] = field(factory=dict)
    experiment: str | None = None
    tags: Mapping[str, str] = field(factory=dict)
    priority: int = 0
    timeout: float | None = None
    requested_by: str = ""
    idempotency_key: str | None = None
    state: str = "queued"
    owner: str | None = None
    lease: float | None = None
    tries: int = 0
    cancelled: bool = field(default=False, converter=bool)
    problem: str = ""
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    compute: str = LOCAL


_DOCUMENTS = frozenset({"rule", "parameters", "memory", "tags", "scopes"})


def columns(kind: type[Any]) -> str:
    """Return the columns of a record's table."""
    return ", ".join(attribute.name for attribute in attrs.fields(kind))


def marks(kind: type[Any]) -> str:
    """Return a question mark for each column of a record's table."""
    return ", ".join("?" * len(attrs.fields(kind)))


def values(record: Any) -> tuple[object, ...]:
    """Return a record as the row of its table."""
    return tuple(_written(attribute.name, getattr(record, attribute.name)) for attribute in attrs.fields(type(record)))


def record(kind: type[T], row: Sequence[Any]) -> T:
    """Return the record of a row."""
    fields: Mapping[str, Any] = dict(zip((one.name for one in attrs.fields(kind)), row, strict=True))  # type: ignore[arg-type]
    return kind(**{name: _read(name, value) for name, value in fields.items()})


def _written(name: str, value: object) -> object:
    if name in _DOCUMENTS:
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value


def _read(name: str, value: Any) -> Any:
    if name not in _DOCUMENTS:
        return value
    document = json.loads(value)
    return tuple(document) if isinstance(document, list) else document
