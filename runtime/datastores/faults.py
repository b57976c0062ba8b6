"""Tell errors of a store apart: what may pass when tried again, and what will not."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ...compilers.errors import PenstockError
from ..errors import DataNotFound, DatastoreError, TransferFailed
from .credentials import hide

T = TypeVar("T")

ATTEMPTS = 5
"""How often something is tried before a store is given up; the waits in between add up to about four seconds."""

FIRST_WAIT = 0.25
"""Seconds before the second attempt; each further wait is twice as long."""

_PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LASTING = (
    FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError, ValueError, TypeError,
    LookupError, NotImplementedError, AttributeError, MemoryError,
)  # fmt: skip
_RECEIPT = re.compile(r"\s*RequestId:")
"""What Azure ends its sentences with, and nobody can use."""

_CREDENTIALS = ("NoCredentials", "ClientAuthentication", "CredentialUnavailable", "DefaultCredentials", "RefreshError")


@contextmanager
def telling(place: str, secrets: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn whatever a library raises into an error that names the place, and shows no secret.

    Raises TransferFailed for what may pass, DataNotFound, and DatastoreError for the rest.
    """
    try:
        yield
    except PenstockError:
        raise
    except Exception as error:  # each library has exceptions of its own, most with no common base
        found = _explained(error, place, secrets)
        # What a library raised may quote the request with its signature: then it must not be shown as the cause.
        if _quotes(error, secrets):
            raise found from None
        raise found from error


def retrying(act: Callable[[], T], attempts: int = ATTEMPTS) -> T:
    """Do something, and again where it failed in a way that may pass. It must be safe to do twice."""
    for attempt in range(attempts - 1):
        try:
            return act()
        except TransferFailed:
            pause(attempt)
    return act()


def pause(attempt: int) -> None:
    """Wait before the next attempt, a little irregularly, so that many do not come back at once."""
    time.sleep(FIRST_WAIT * 2**attempt * random.uniform(0.7, 1.3))  # noqa: S311  # no secret depends on it


def _explained(error: BaseException, place: str, secrets: tuple[str, ...]) -> DatastoreError:
    while type(error) is RuntimeError and error.__cause__ is not None:  # adlfs wraps what went wrong
        error = error.__cause__
    text = _RECEIPT.split(hide(" ".join(str(error).split()), secrets))[0][:500].rstrip()
    problem = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if isinstance(error, ImportError):
        return DatastoreError(f"{place} needs a package that is not installed: {text}{_extra(place)}")
    if isinstance(error, FileNotFoundError) or _status(error) == 404:
        return DataNotFound(place)
    if _is_about_credentials(error):
        return DatastoreError(f"{place} refuses access: {problem}. Check the datastore's options and who is logged in")
    if isinstance(error, _LASTING) or not _may_pass(error):
        return DatastoreError(f"{place}: {problem}")
    return TransferFailed(place, problem)


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    found = (
        getattr(error, "status_code", None) or getattr(error, "status", None) or getattr(response, "status_code", None)
    )
    return found if isinstance(found, int) else None


def _is_about_credentials(error: BaseException) -> bool:
    return (
        isinstance(error, PermissionError)
        or _status(error) in (401, 403)
        or any(kind.__name__.startswith(_CREDENTIALS) for kind in type(error).__mro__)
    )


def _may_pass(error: BaseException) -> bool:
    # Of two that write one blob at the same time, the later to finish finds its blocks gone.
    if getattr(error, "error_code", None) == "InvalidBlockList":
        return True
    status = _status(error)
    return status in _PASSING_STATUS if status is not None else True


def _quotes(error: BaseException | None, secrets: tuple[str, ...]) -> bool:
    """Say whether an error, or one behind it, has a secret in its words."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        words = f"{error} {error!r} {getattr(error, '__notes__', '')}"
        if hide(words, secrets) != words:
            return True
        error = error.__cause__ or error.__context__
    return False


_EXTRAS = {
    "abfs": "azure-storage", "abfss": "azure-storage", "az": "azure-storage", "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs",
}  # fmt: skip


def _extra(place: str) -> str:
    extra = _EXTRAS.get(place.partition("://")[0])
    return f" (pip install 'penstock[{extra}]')" if extra else ""
