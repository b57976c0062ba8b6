"""Turn what a page shows into HTML."""

from __future__ import annotations

import functools
import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from ... import amounts
from ...states import State
from . import wording
from .highlighting import highlighted

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent.parent
STATIC = _FOLDER / "static"

_MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_LEVEL = 5
_WORTH = 1400
"""Bytes of a page from which on it is compressed: fewer fit into one packet."""

_FOREVER = "public, max-age=31536000, immutable"


@functools.cache
def environment() -> Environment:
    """Return the templates. Everything that they are given is escaped."""
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    found.filters |= {
        "ago": wording.ago,
        "counted": amounts.counted,
        "duration": amounts.duration,
        "exact": wording.exact,
        "highlighted": highlighted,
        "iso": wording.iso,
        "number": amounts.number,
        "plain": wording.plain,
        "pretty": wording.pretty,
        "segment": functools.partial(quote, safe=""),
        "size": amounts.size,
    }
    found.globals |= {"static": static_address, "states": [state.value for state in State], "marks": wording.MARKS}
    return found


def render(template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """Return a page."""
    return HTMLResponse(environment().get_template(template).render(context), status)


@functools.cache
def static_files() -> Mapping[str, tuple[bytes, str]]:
    """Return the style sheet, the script and the icon by name, each with the digest of its content."""
    files = [file for file in sorted(STATIC.iterdir()) if file.suffix in _MEDIA]
    return {file.name: (data := file.read_bytes(), hashlib.sha256(data).hexdigest()[:12]) for file in files}


def static_address(name: str) -> str:
    """Return the address of a static file, which changes with its content, so that browsers may keep it."""
    return f"/static/{name}?v={static_files()[name][1]}"


def packed(response: Response, accepted: str) -> Response:
    """Return a page compressed, where that is worth it and the browser takes it: ``accepted`` is its ``Accept-Encoding``.

    A page tells a session's secret beside what an address says. Its size gives nothing away all the same: the cookie is not sent
    along when another site has a browser ask.
    """
    if not isinstance(response, HTMLResponse) or "gzip" not in accepted or len(response.body) < _WORTH:
        return response
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return HTMLResponse(gzip.compress(response.body, _LEVEL, mtime=0), response.status_code, headers)


@functools.cache
def _smaller(name: str) -> bytes:
    return gzip.compress(static_files()[name][0], 9, mtime=0)


def static_response(name: str, version: str | None, accepted: str = "") -> Response | None:
    """Return a static file, compressed where ``accepted`` says so; None where there is none of that name."""
    found = static_files().get(name)
    if found is None:
        return None
    data, digest = found
    headers = {"Cache-Control": _FOREVER if version == digest else "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" in accepted:
        data, headers["Content-Encoding"] = _smaller(name), "gzip"
    return Response(data, media_type=_MEDIA[Path(name).suffix], headers=headers)
