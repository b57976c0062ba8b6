"""Use a server of Penstock's from Python: its endpoints, runs, schedules and tokens, over REST. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .clients import Client
    from .endpoints import ServerEndpoint
    from .errors import EndpointNotOnServer, ParametersRefused, RunNotOnServer, ServerRefused, ServerUnreachable
    from .runs import ServerRun, ServerStepRun
    from .schedules import ServerSchedule
    from .tokens import ServerToken

__all__ = [
    "Client",
    "EndpointNotOnServer",
    "ParametersRefused",
    "RunNotOnServer",
    "ServerEndpoint",
    "ServerRefused",
    "ServerRun",
    "ServerSchedule",
    "ServerStepRun",
    "ServerToken",
    "ServerUnreachable",
]

_HOMES = {
    "Client": "clients",
    "EndpointNotOnServer": "errors",
    "ParametersRefused": "errors",
    "RunNotOnServer": "errors",
    "ServerEndpoint": "endpoints",
    "ServerRefused": "errors",
    "ServerRun": "runs",
    "ServerSchedule": "schedules",
    "ServerStepRun": "runs",
    "ServerToken": "tokens",
    "ServerUnreachable": "errors",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
