"""Hold what all routes of a server share."""

from __future__ import annotations

import time
from typing import final

from attrs import define, field
from starlette.requests import HTTPConnection

from ..history import History
from ..workspace import Workspace
from .settings import Clock, Settings
from .watching import Watch


@final
@define
class Service:
    """What the routes work with; one for each server."""

    workspace: Workspace
    settings: Settings
    clock: Clock = field(init=False)
    watch: Watch = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.clock = self.settings.clock or time.time
        self.watch = Watch(self.history)

    @property
    def history(self) -> History:
        """The runs of the workspace."""
        return self.workspace.history

    def known_run(self, reference: str) -> str:
        """Return the id of a run that is in the history or waits for its turn. Raises RunNotFound."""
        return self.history.run(reference).id

    def has_ended(self, run_id: str) -> bool:
        """Whether a run has ended. Raises RunNotFound."""
        return self.history.run(run_id).state.ended


def service_of(connection: HTTPConnection) -> Service:
    """Return the service behind a request."""
    service: Service = connection.app.state.service
    return service
