"""Read a form as it comes in: its JSON document, and files, which go to where uploads are kept and never into memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, final

from attrs import define, field
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from .errors import Problem
from .incoming import Incoming
from .uploads import Uploads, reference

REQUEST: Final = "request"
"""The name of the part that is the JSON document."""

_MOST_PARTS = 100
_LONGEST_NAME = 200


@define
class Form:
    """What a form brought: the ``text`` of its document, and files by parameter."""

    text: bytearray = field(factory=bytearray)
    files: dict[str, Incoming] = field(factory=dict)
    paths: dict[str, str] = field(factory=dict)

    def abandon(self) -> None:
        """Remove the files: no run will take them."""
        for file in self.files.values():
            file.abandon()


async def read_form(
    stream: AsyncIterator[bytes], media: str, uploads: Uploads, check: Callable[[str], object], limit: int
) -> Form:
    """Read a form out of a stream; ``media`` is its Content-Type. ``check`` refuses names that are no parameters, before their file has come.

    The document is at most ``limit`` bytes. Raises Problem: 400 for what is no form, or ends too soon, 413, and 422 for wrong parts.
    """
    form = Form()
    try:
        reader = _Reader(form, media, uploads, check, limit)
        async for data in stream:
            await reader.take(data)
        reader.end()
    except BaseException:
        form.abandon()
        raise
    return form


@final
class _Reader:
    """Takes a form in. What the parser finds in a piece is noted, and dealt with when it has read the piece."""

    def __init__(self, form: Form, media: str, uploads: Uploads, check: Callable[[str], object], limit: int) -> None:
        self._form = form
        self._uploads = uploads
        self._check = check
        self._limit = limit
        self._parts = 0
        self._header = self._disposition = b""
        self._part: str | None = None
        self._is_whole = False
        self._found: list[tuple[str, bytes]] = []
        self._parser = _parser(media, self._found)

    async def take(self, data: bytes) -> None:
        """Take a piece in."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Problem(400, f"the body is no form: {error}") from None
        for kind, piece in self._found:
            await self._deal_with(kind, piece)
        self._found.clear()

    def end(self) -> None:
        """Say that nothing more comes. Raises Problem 400 where that is too soon."""
        if not self._is_whole:
            raise Problem(400, "the form ends before its last boundary")

    async def _deal_with(self, kind: str, piece: bytes) -> None:
        if kind == "data" and self._part is not None:
            await self._add(self._part, piece)
        elif kind == "field":
            self._header += piece
        elif kind == "value" and self._header.lower() == b"content-disposition":
            self._disposition += piece
        elif kind == "header_end":
            self._header = b""
        elif kind == "headers":
            self._begin(parse_options_header(self._disposition)[1])
        elif kind == "part_end" and self._part in self._form.files:
            self._form.paths[self._part] = reference(await self._form.files[self._part].finish())
        elif kind == "end":
            self._is_whole = True

    def _begin(self, options: Mapping[bytes, bytes]) -> None:
        self._disposition = b""
        self._parts += 1
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._parts > _MOST_PARTS:
            raise Problem(422, f"a form has at most {_MOST_PARTS} parts")
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise Problem(
                422, "the form is wrong", {"name": f"each part needs a name of 1 to {_LONGEST_NAME} characters"}
            )
        if name in self._form.files or (name == REQUEST and self._form.text):
            raise Problem(422, "the form is wrong", {name[:_LONGEST_NAME]: "it is there twice"})
        self._part = name
        if name != REQUEST:
            self._open(name, options.get(b"filename"))

    def _open(self, name: str, filename: bytes | None) -> None:
        if filename is None:
            raise Problem(
                422,
                "the form is wrong",
                {name: f"it is no file; what is none stands among the parameters in {REQUEST!r}"},
            )
        self._check(name)
        self._form.files[name] = self._uploads.receive(filename.decode("utf-8", "replace") or name)

    async def _add(self, part: str, data: bytes) -> None:
        if part != REQUEST:
            await self._form.files[part].write(data)
            return
        self._form.text += data
        if len(self._form.text) > self._limit:
            raise Problem(413, f"{REQUEST!r} is bigger than {self._limit:,} bytes", headers={"Connection": "close"})


def _parser(media: str, found: list[tuple[str, bytes]]) -> MultipartParser:
    boundary = parse_options_header(media)[1].get(b"boundary", b"")
    if not boundary:
        raise Problem(400, "the form names no boundary in its Content-Type")

    def note(kind: str) -> Callable[..., None]:
        return lambda data=b"", start=0, end=0: found.append((kind, data[start:end]))

    callbacks: Any = {
        "on_part_data": note("data"),
        "on_header_field": note("field"),
        "on_header_value": note("value"),
        "on_header_end": note("header_end"),
        "on_headers_finished": note("headers"),
        "on_part_end": note("part_end"),
        "on_end": note("end"),
    }
    try:
        return MultipartParser(boundary, callbacks)
    except FormParserError as error:
        raise Problem(400, f"the body is no form: {error}") from None
