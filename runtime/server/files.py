"""Answer with a file, or with a part of it."""

from __future__ import annotations

from typing import final

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from .errors import Problem


@final
class FileAnswer(FileResponse):
    """A file. Where the header Range asks for what it has not, that is said as all refusals are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises Problem 416."""

        async def checked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                raise Problem(
                    416, "the header Range asks for a part that is not there", {"Range": "expected bytes=FROM-TO"}
                )
            await send(message)

        await super().__call__(scope, receive, checked)
