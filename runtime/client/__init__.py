"""Use a server of Penstock's from Python: its endpoints, runs, schedules and tokens, over REST."""

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
