"""Decide where a token may go: to Azure over https, or to a stand-in on this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from .errors import NotConfigured, RemoteUnavailable

_AZURE = (
    "management.azure.com", ".api.azureml.ms", ".inference.ml.azure.com", ".inference.azureml.net", ".ml.azure.com",
)  # fmt: skip
"""The hosts of Azure's public cloud that a token of ours is meant for; one with a dot in front stands for all below it."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def checked_base(url: str) -> str:
    """Return the base URL of the management plane without a slash at its end.

    Raises NotConfigured for one that a token must not be sent to.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname and not parts.username:
        return url.rstrip("/")
    if parts.scheme == "http" and is_loopback(url) and not parts.username:
        return url.rstrip("/")
    shown = f"{parts.scheme}://{parts.hostname}"
    raise NotConfigured(
        f"use {shown} as Azure's address", "tokens go over https only; plain http is for a stand-in on this machine"
    )


def trusted(url: str, base: str, action: str) -> str:
    """Return a URL that Azure named, if a token may go there: the base's own host, or one of Azure's.

    Raises RemoteUnavailable: an answer that leads elsewhere did not come from Azure.
    """
    parts, own = urlsplit(url), urlsplit(base)
    host = parts.hostname or ""
    if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
        return url
    known = any(host == one or (one.startswith(".") and host.endswith(one)) for one in _AZURE)
    if parts.scheme == "https" and known and not parts.username and parts.port in (None, 443):
        return url
    raise RemoteUnavailable(action, f"the answer leads to {parts.scheme}://{host}, where no token may go")
