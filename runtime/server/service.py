"""Hold what all routes of a server share."""

from __future__ import annotations

import time
from typing import final

from attrs import define, field
from starlette.requests import HTTPConnection

from ..history import History
from ..workspace import Workspace
from .settings import Clock, Settings


@final
@define
class Service:
    """What the routes work with; one for each server."""

    workspace: Workspace
    settings: Settings
    clock: Clock = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.clock = self.settings.clock or time.time

    @property
    def history(self) -> History:
        """The runs of the workspace."""
        return self.workspace.history


def service_of(connection: HTTPConnection) -> Service:
    """Return the service behind a request."""
    service: Service = connection.app.state.service
    return service
