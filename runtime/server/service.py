"""Hold what all routes of a server share, and start and stop what goes on behind them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, final

from attrs import define, field
from starlette.requests import HTTPConnection

from ...compilers.graph import Parameter
from ..bundles import Signature, read_archive
from ..bundles.contents import GRAPH
from ..bundles.parameters import outline, signature_of
from ..documents import RunDocument
from ..endpoints import LOCAL, Queue, QueuedRun, Registry, ScheduleRecord, Schedules, VersionRecord
from ..errors import RunNotFound
from ..fitting import checked
from ..history import History
from ..workspace import Workspace
from .computes import Compute, LocalCompute, computes_of, is_elsewhere, is_mixed
from .dispatching import Dispatcher, Place, was_left
from .doors import Doors
from .errors import Problem
from .hosts import Hosts, Program, Report
from .intake import Intake
from .requests import request_document
from .settings import Clock, Settings
from .ticking import Ticker
from .uploads import Uploads, takes_paths
from .watching import Watch

_FRESH = 0.5
"""Seconds for which the version behind a name is remembered; other servers may change it."""


@final
@define
class Service:
    """What the routes work with; one for each server."""

    workspace: Workspace
    settings: Settings
    clock: Clock = field(init=False)
    watch: Watch = field(init=False)
    registry: Registry = field(init=False)
    queue: Queue = field(init=False)
    schedules: Schedules = field(init=False)
    doors: Doors = field(init=False)
    uploads: Uploads = field(init=False)
    intake: Intake = field(init=False)
    computes: Mapping[str, Compute] = field(init=False)
    hosts: Hosts = field(init=False)
    away: Hosts = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    ticker: Ticker = field(init=False)
    _signatures: dict[str, Signature] = field(init=False, factory=dict)
    _versions: dict[tuple[str, str | None], tuple[float, VersionRecord]] = field(init=False, factory=dict)
    _defaults: dict[str, tuple[float, str]] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        settings, database = self.settings, self.workspace.database
        self.clock = settings.clock or time.time
        self.watch = Watch(self.history, self._ended_without_run, lambda run_id: not self.has_ended(run_id))
        self.registry = Registry(database, self.clock)
        self.queue = Queue(database, self.clock)
        self.schedules = Schedules(database, self.clock)
        self.doors = Doors(self.workspace, settings, self.clock)
        self.uploads = Uploads(self.workspace)
        self.intake = Intake(database, self.queue, self._accepted)
        self.computes = {LOCAL: LocalCompute()} if settings.read_only else computes_of(self.workspace)
        program: Program = "mixed" if any(map(is_mixed, self.computes.values())) else "child"
        self.hosts = Hosts(self.workspace.root, settings.slots, self._heard, program)
        self.away = Hosts(self.workspace.root, settings.remote_runs, self._heard, "away")
        elsewhere = frozenset(name for name, one in self.computes.items() if is_elsewhere(one))
        places = Place(self.hosts, frozenset(self.computes) - elsewhere), Place(self.away, elsewhere, elsewhere=True)
        self.dispatcher = Dispatcher(
            self.queue,
            self.history,
            places,
            per_endpoint=settings.per_endpoint,
            timeout=settings.run_timeout,
            on_change=self.watch.nudge,
        )
        self.ticker = Ticker(self.schedules, self._fired, self._listing, self.dispatcher.owner, self.clock)

    @property
    def history(self) -> History:
        """The runs of the workspace."""
        return self.workspace.history

    def start(self) -> None:
        """Begin to carry out requests and to fire schedules, unless the server only shows what is there."""
        if self.settings.read_only:
            return
        self.uploads.tidy()
        if self.settings.slots or any(map(is_elsewhere, self.computes.values())):
            self.dispatcher.start()
        if self.settings.slots:
            for endpoint in self.registry.endpoints(disabled=False)[: self.settings.slots]:
                self.warm(endpoint.name)
        self.ticker.start()

    def stop(self) -> None:
        """Take nothing more, let runs end or give them back, and close the database."""
        self.ticker.close()
        self.intake.close()
        self.dispatcher.close(self.settings.grace)
        self.hosts.close(self.settings.grace)
        self.away.close(self.settings.grace)
        self.history.close()
        self.workspace.database.close()

    def warm(self, endpoint: str) -> None:
        """Open the default version of an endpoint in a host, so that its first run starts sooner."""
        versions = [version for version in self.registry.versions(endpoint) if version.enabled]
        if versions and self.settings.slots and not self.settings.read_only:
            self.hosts.warm(self.registry.version(endpoint).bundle)

    def known_run(self, reference: str) -> str:
        """Return the id of a run that is in the history or waits for its turn. Raises RunNotFound."""
        request = self.queue.get(reference) if reference.isascii() and "\0" not in reference else None
        return self.history.run(reference).id if request is None else request.id

    def has_ended(self, run_id: str) -> bool:
        """Whether nothing more will happen to a run. Raises RunNotFound."""
        request = self.queue.get(run_id)
        if request is not None and request.state == "ended":
            return True
        try:
            record = self.history.run(run_id)
        except RunNotFound:
            if request is None:
                raise
            return False
        return record.state.ended and (request is None or not was_left(record))

    def forget_versions(self) -> None:
        """Look for the versions behind names anew: something was changed."""
        self._versions.clear()
        self._defaults.clear()

    def callable_version(self, name: str, version: str | None) -> VersionRecord:
        """Return the version that a call is for. Raises EndpointNotFound and EndpointDisabled."""
        now = time.monotonic()
        known = self._versions.get((name, version))
        if known is not None and now - known[0] < _FRESH:
            return known[1]
        found = self.registry.callable_version(name, version)
        self._versions[name, version] = now, found
        return found

    def parameters(self, version: VersionRecord) -> tuple[Parameter, ...]:
        """Return the parameters of a version; they never change. Raises BundleError."""
        if version.bundle not in self._signatures:
            shown = f"version {version.version} of {version.endpoint}"
            _, files = read_archive(self.registry.bundle(version.bundle), shown)
            self._signatures[version.bundle] = signature_of(outline(files[GRAPH], shown))
        return self._signatures[version.bundle].parameters

    def check_compute(self, name: str | None) -> None:
        """Raise Problem where this server has no compute of a name; None is whatever holds otherwise."""
        if name is not None and name not in self.computes:
            known = ", ".join(self.computes)
            raise Problem(
                422, "the compute is not known", {"compute": f"there is no {name[:100]!r} here; there are: {known}"}
            )

    def _default_compute(self, endpoint: str) -> str:
        now = time.monotonic()
        known = self._defaults.get(endpoint)
        if known is None or now - known[0] >= _FRESH:
            known = self._defaults[endpoint] = now, self.registry.endpoint(endpoint).compute or LOCAL
        return known[1]

    def request(
        self, version: VersionRecord, parameters: Mapping[str, Any], *, compute: str | None = None, **how: Any
    ) -> QueuedRun:
        """Make the request for a run, checked. Raises ParametersUnfit, and Problem for a compute that is not known."""
        place = self._default_compute(version.endpoint) if compute is None else compute
        self.check_compute(place)
        known = self.parameters(version)
        values = checked(parameters, known)
        if any(takes_paths(parameter.schema) for parameter in known):
            self.uploads.check(values, known, self.workspace.datastores)
        run = self.workspace.new_run(self.clock())
        return QueuedRun(
            run, version.endpoint, version.version, version.bundle, values, created=self.clock(), compute=place, **how
        )

    def _accepted(self) -> None:
        self.dispatcher.wake()
        self.watch.nudge()

    def _ended_without_run(self, run_id: str) -> RunDocument | None:
        request = self.queue.get(run_id)
        if request is None or request.state != "ended":
            return None
        try:  # it may have begun and ended since the history was asked
            self.history.run(run_id)
        except RunNotFound:
            return request_document(request)
        return None

    def _heard(self, report: Report) -> None:
        self.dispatcher.hear(report)

    def _fired(self, schedule: ScheduleRecord, parameters: Mapping[str, Any], key: str) -> str:
        version = self.registry.callable_version(schedule.endpoint, schedule.version)
        tags = {"schedule": schedule.name}
        request = self.request(
            version, parameters, experiment=schedule.experiment, tags=tags, requested_by=f"schedule:{schedule.name}",
            idempotency_key=key, compute=schedule.compute,
        )  # fmt: skip
        made, _ = self.queue.add(request)
        self._accepted()
        return made.id

    def _listing(self, datastore: str, path: str) -> dict[str, str]:
        prefix = path.strip("/")
        depth = prefix.count("/") + 1 if prefix else 0
        entries = self.workspace.datastores[datastore].list(prefix)
        return {entry.path: entry.stamp or "" for entry in entries if entry.path.count("/") == depth}


def service_of(connection: HTTPConnection) -> Service:
    """Return the service behind a request."""
    service: Service = connection.app.state.service
    return service
