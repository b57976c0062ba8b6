"""Name what can go wrong between here and Azure.

::

    RemoteError                            Azure did not do what was asked of it
      NotConfigured                        it is not said which workspace is meant
      AuthenticationFailed                 nobody is logged in, or the login is not accepted (401)
      PermissionDenied                     who is logged in may not do that (403)
      NotFoundRemotely (LookupError)       there is no such workspace, compute, job, ... (404)
      SubmissionRejected (ValueError)      what was sent is refused as it is (400, 409, 412, 422, ...)
        QuotaExceeded                      there are not enough cores, nodes or names left
      RemoteTimeout (TimeoutError)         something went on for longer than one was ready to wait
      RemoteUnavailable (ConnectionError)  no answer, or none that can be used, after every attempt
      InsideRemoteStep                     a step on Azure tried to manage the compute it runs on
"""

from __future__ import annotations

from ...compilers.errors import PenstockError


class RemoteError(PenstockError):
    """Azure did not do what was asked of it.

    ``action`` is what was tried, as in ``create the compute 'gpu-cluster'``; ``problem`` is what came of it. Where Azure
    answered, ``code`` is its own word for the problem, ``status`` the HTTP status and ``correlation`` the id by which
    Microsoft's support finds the request; else they are empty and 0.
    """

    hint = ""
    """What to do about it, whatever the problem is."""

    def __init__(self, action: str, problem: str, code: str = "", status: int = 0, correlation: str = "") -> None:
        super().__init__(action, problem)
        self.args = (action, problem, code, status, correlation)
        self.action = action
        self.problem = problem
        self.code = code
        self.status = status
        self.correlation = correlation

    def __str__(self) -> str:
        facts = [f"HTTP {self.status}" if self.status else "", self.code]
        facts.append(f"correlation id {self.correlation}" if self.correlation else "")
        shown = ", ".join(filter(None, facts))
        said = f"could not {self.action}: {self.problem.rstrip('. ')}"
        return ". ".join(filter(None, [f"{said} ({shown})" if shown else said, self.hint]))


class NotConfigured(RemoteError):
    """It is not said, or said wrongly, which workspace of Azure Machine Learning is meant."""


class AuthenticationFailed(RemoteError):
    """Nobody is logged in here, or Azure does not accept the login."""

    hint = (
        "Log in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET for a service principal; "
        "`penstock login --check` says who you are"
    )


class PermissionDenied(RemoteError):
    """Who is logged in may not do that."""

    hint = (
        "Ask an owner of the workspace for the role 'AzureML Data Scientist' (and 'AzureML Compute Operator' to create or "
        "delete compute); a new role takes some minutes to be known everywhere"
    )


class NotFoundRemotely(RemoteError, LookupError):
    """There is no such workspace, compute, job or whatever was asked for."""


class SubmissionRejected(RemoteError, ValueError):
    """What was sent is refused as it is: sending it again will not help."""


class QuotaExceeded(SubmissionRejected):
    """The subscription or the workspace has not enough cores, nodes or endpoints left."""

    hint = (
        "Free some (penstock compute list), choose a smaller vm_size or fewer max_nodes, or ask for more quota in Azure "
        "Machine Learning studio under Quota"
    )


class RemoteTimeout(RemoteError, TimeoutError):
    """Something went on in Azure for longer than one was ready to wait. It goes on there all the same."""


class RemoteUnavailable(RemoteError, ConnectionError):
    """Azure gave no answer, or none that can be used, whenever it was tried. Trying later may help."""


class InsideRemoteStep(RemoteError):
    """A step that runs on Azure tried to manage the compute of its workspace."""

    hint = (
        "Do it before the pipeline is submitted, on the machine that submits it: a step that scales or deletes the "
        "cluster it runs on ends itself"
    )
