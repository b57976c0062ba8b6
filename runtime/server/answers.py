"""Write what is answered as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder(enc_hook=str)


class Answer(Response):
    """A JSON document."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the document's bytes. What JSON does not know is written as text."""
        return _ENCODER.encode(content)
