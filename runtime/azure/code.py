"""Upload the code of a step once: what has the same fingerprint is there already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attrs import frozen

from .blobs import blob_url, put_blob
from .connections import Connection
from .errors import RemoteUnavailable, SubmissionRejected

_AT_ONCE = 8
_VERSION = "1"
_FINGERPRINT = re.compile(r"[a-zA-Z0-9_-]{8,200}")


@frozen
class CodeAsset:
    """Uploaded code. ``id`` is Azure's, ``uri`` the folder of its blobs; ``is_new`` says whether it was uploaded just now."""

    id: str
    uri: str
    is_new: bool


def upload_code(connection: Connection, fingerprint: str, files: Mapping[str, bytes | Path]) -> CodeAsset:
    """Upload files, by their paths from the root of the code, and return the code asset of that fingerprint.

    The fingerprint identifies the contents: where there is an asset of it, nothing is sent. An asset is made when all
    files have arrived, so one that was broken off is uploaded anew. Raises an error of the tree under RemoteError.
    """
    name = code_name(fingerprint)
    action = f"upload the code {fingerprint[:12]}"
    found = connection.find(action, "codes", name, "versions", _VERSION)
    if found is not None:
        return CodeAsset(str(found["id"]), str((found.get("properties") or {}).get("codeUri") or ""), is_new=False)
    uri, signed = _pending(connection, action, name)
    _send(connection, action, signed, fingerprint, files)
    properties = {"hash_sha256": fingerprint, "hash_version": "202208"}
    body = {"properties": {"codeUri": f"{uri}/{fingerprint}", "isAnonymous": True, "properties": properties}}
    made = connection.put(action, "codes", name, "versions", _VERSION, body=body)
    return CodeAsset(str(made["id"]), f"{uri}/{fingerprint}", is_new=True)


def code_name(fingerprint: str) -> str:
    """Return the name of the code asset of a fingerprint. Raises SubmissionRejected for what is no fingerprint."""
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise SubmissionRejected(
            "upload code", f"{fingerprint!r} is no fingerprint: expected 8 to 200 letters, digits, - and _"
        )
    return f"penstock-{fingerprint}"


def _pending(connection: Connection, action: str, name: str) -> tuple[str, str]:
    """Ask for a place to upload to; return its plain URL, and the one that may be written to."""
    body = {"pendingUploadType": "TemporaryBlobReference"}
    place = ("codes", name, "versions", _VERSION, "startPendingUpload")
    answer = connection.call(action, "POST", *place, body=body, repeatable=True).document(action)
    reference = answer.get("blobReferenceForConsumption") or {}
    uri, signed = reference.get("blobUri"), (reference.get("credential") or {}).get("sasUri")
    if not isinstance(uri, str) or not isinstance(signed, str):
        raise RemoteUnavailable(action, "Azure gave no place to upload to (blobReferenceForConsumption)")
    return uri.rstrip("/"), signed


def _send(
    connection: Connection, action: str, signed: str, folder: str, files: Mapping[str, bytes | Path]
) -> None:  # fmt: skip
    patience = connection.client.patience

    def send(path: str) -> None:
        put_blob(blob_url(signed, f"{folder}/{path}"), files[path], action=f"{action}: {path}", patience=patience)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="penstock-upload") as pool:
        list(pool.map(send, sorted(files)))
