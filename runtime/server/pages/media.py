"""Send files that came from users so that no browser runs anything in them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response

from ..files import FileAnswer

PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""Endings of files that browsers draw, and their media types."""

_TEXTS = frozenset(
    {".txt", ".log", ".md", ".csv", ".tsv", ".json", ".yaml", ".yml", ".toml", ".py", ".sql", ".html", ".xml"}
)
_LOCKED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def file_response(path: Path) -> Response:
    """Return a file: pictures as such, texts as plain text, all else to be saved."""
    suffix = path.suffix.lower()
    headers = {"Content-Security-Policy": _LOCKED, "Cache-Control": "private, max-age=60"}
    if suffix in PICTURES:
        return FileAnswer(path, media_type=PICTURES[suffix], headers=headers)
    if suffix in _TEXTS:
        return FileAnswer(path, media_type="text/plain; charset=utf-8", headers=headers)
    return FileAnswer(path, media_type="application/octet-stream", headers=headers | saved_as(path.name))


def data_response(name: str, data: bytes) -> Response:
    """Return bytes to be saved under a name."""
    return Response(
        data, media_type="application/octet-stream", headers={"Content-Security-Policy": _LOCKED} | saved_as(name)
    )


def saved_as(name: str) -> dict[str, str]:
    """Return the header by which a browser saves a file under a name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
