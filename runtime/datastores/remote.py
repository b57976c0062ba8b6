"""Read and write files wherever fsspec reaches: Azure, S3, Google Cloud, memory, and the file systems it has plugins for."""

from __future__ import annotations

import base64
import binascii
import datetime
import os
import posixpath
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, final

from attrs import field, frozen

from ..errors import DataNotFound, DatastoreError, TransferFailed
from .blobs import Record, send_blob
from .checksums import Hasher, block_size, hasher, kind_of
from .entries import PART, Entry, Stream
from .faults import retrying, telling
from .streams import checksum_of

AZURE = frozenset({"abfs", "abfss", "az"})
S3 = frozenset({"s3", "s3a"})
GOOGLE = frozenset({"gs", "gcs"})
OBJECT_STORES = AZURE | S3 | GOOGLE
"""Here a file is seen when it has been sent whole, and folders are nothing but names."""

_KINDS = {**dict.fromkeys(AZURE | GOOGLE, "md5"), **dict.fromkeys(S3, "s3")}
"""Which checksum the store itself makes of a file that is written."""

_RECORD = "penstock_blake3"
"""What the blake3 of a blob is called in its metadata; the size is kept with it, so that it is known to be of these bytes."""

_RANGE = 1 << 23
_AHEAD = 4
"""Bytes that are asked for at a time, and how many such requests are under way for one file."""


def _without_slash(url: str) -> str:
    return url.rstrip("/") if not url.endswith("://") else url


@final
@frozen
class Remote:
    """A :class:`Writable` backend at a URL that fsspec knows."""

    url: str = field(converter=_without_slash)
    options: Mapping[str, Any] = field(factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def stat(self, path: str) -> Entry | None:
        """Describe a file; None where there is none of that path."""
        with telling(self._shown(path), self.secrets):
            files, full = self._opened(path)
            try:
                info = files.info(full)
            except (FileNotFoundError, NotADirectoryError):
                return None
            return self._entry(path, info) if info.get("type") == "file" else None

    def entries(self, path: str) -> Iterator[Entry]:
        """Describe every file below a folder."""
        with telling(self._shown(path), self.secrets):
            files, full = self._opened(path)
            try:
                found = files.find(full, detail=True)
            except (FileNotFoundError, NotADirectoryError):
                return
            root = self._opened("")[1]
        for name, info in found.items():
            # A name that ends with a slash marks a folder in a store that has none.
            if info.get("type") == "file" and not name.endswith(("/", PART)):
                yield self._entry(name.lstrip("/")[len(root.lstrip("/")) :].lstrip("/"), info)

    def read(self, entry: Entry, start: int = 0) -> Iterator[bytes]:
        """Give the bytes of a file, a few ranges of it asked for ahead."""
        end = entry.size
        if end is None:
            with telling(self._shown(entry.path), self.secrets):
                files, full = self._opened(entry.path)
                yield files.cat_file(full, start=start or None)
            return
        ranges = ((at, min(at + _RANGE, end)) for at in range(start, end, _RANGE))
        if end - start <= _RANGE:
            yield from (self._range(entry.path, *one) for one in ranges)
        else:
            yield from self._ahead(entry.path, ranges)

    def write(self, path: str, stream: Stream) -> None:
        """Write a file; where the store would show half of it, under another name first."""
        try:
            with telling(self._shown(path), self.secrets):
                self._write(path, stream)
        except DataNotFound as error:
            raise DatastoreError(
                f"nothing can be written to {self.url}: its bucket or container is not there. Make it first"
            ) from error

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files."""
        for path in paths:
            with telling(self._shown(path), self.secrets), suppress(FileNotFoundError):
                files, full = self._opened(path)
                files.rm_file(full)

    @property
    def _scheme(self) -> str:
        return self.url.partition("://")[0]

    def _opened(self, path: str) -> tuple[Any, str]:
        """Return the file system and the path in it. fsspec keeps one file system for equal options."""
        import fsspec

        # Others write to the store too, so what was listed a minute ago says nothing.
        files, root = fsspec.core.url_to_fs(self.url, **{"use_listings_cache": False, **self.options})
        return files, f"{root.rstrip('/')}/{path}" if path else root

    def _shown(self, path: str) -> str:
        return f"{self.url}/{path}" if path else self.url

    def _range(self, path: str, start: int, end: int) -> bytes:
        return retrying(lambda: self._range_once(path, start, end))

    def _range_once(self, path: str, start: int, end: int) -> bytes:
        with telling(self._shown(path), self.secrets):
            files, full = self._opened(path)
            data: bytes = files.cat_file(full, start=start, end=end)
        if len(data) != end - start:
            raise TransferFailed(self._shown(path), f"the connection gave {len(data)} of {end - start} bytes")
        return data

    def _ahead(self, path: str, ranges: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        pool = ThreadPoolExecutor(_AHEAD, thread_name_prefix="penstock-read")
        waiting: deque[Future[bytes]] = deque()
        try:
            for start, end in ranges:
                waiting.append(pool.submit(self._range, path, start, end))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _write(self, path: str, stream: Stream) -> None:
        files, full = self._opened(path)
        sent = hasher(_KINDS.get(self._scheme, "blake3"), stream.size)
        if self._scheme in AZURE:
            size = self._send_blob(files, full, stream, sent)
        elif self._scheme in OBJECT_STORES:
            size = self._send(files, full, stream, sent)
        else:
            size = self._send_aside(files, full, stream, sent)
        self._verify(path, size, sent.result())

    def _send_aside(self, files: Any, full: str, stream: Stream, sent: Hasher) -> int:
        folder, name = posixpath.split(full)
        files.makedirs(folder, exist_ok=True)
        part = f"{folder}/.{name[:100]}-{os.getpid()}-{os.urandom(6).hex()}{PART}"
        try:
            size = self._send(files, part, stream, sent)
            files.mv(part, full)
        except BaseException:
            with suppress(Exception):  # it may not be there; the error is what counts
                files.rm_file(part)
            raise
        return size

    def _send(self, files: Any, full: str, stream: Stream, sent: Hasher) -> int:
        block_bytes = block_size(stream.size)
        file = files.open(full, "wb", block_size=block_bytes)
        size = 0
        try:
            for block in in_blocks(stream, block_bytes):
                file.write(block)
                sent.update(block)
                size += len(block)
        except BaseException:
            _abandon(file)
            raise
        try:
            file.close()
        except BaseException:
            file.closed = True  # or it would be sent once more when it is collected
            raise
        return size

    def _send_blob(self, files: Any, full: str, stream: Stream, sent: Hasher) -> int:
        size = 0

        def hashed() -> Iterator[bytes]:
            nonlocal size
            for block in in_blocks(stream, block_size(stream.size)):
                sent.update(block)
                size += len(block)
                yield block

        def record() -> Record:
            digest = stream.blake3.partition(":")[2]
            metadata = {"is_directory": "false", _RECORD: f"{digest}-{size}"}
            return Record(metadata, bytes.fromhex(sent.result().partition(":")[2]))

        return send_blob(files, full, hashed(), record)

    def _verify(self, path: str, size: int, sent: str) -> None:
        """Compare what has arrived with what was sent: by the store's own checksum, or else by reading it back.

        Azure has verified each block already, and only keeps the md5 that it was told.
        """
        files, full = self._opened(path)
        info = files.info(full)
        whole = info.get("size") == size
        if whole and self._scheme not in AZURE and self._checksum(info, size) != sent:
            kind = kind_of(sent)
            whole = checksum_of(self, Entry(path, size), kind) == sent
        if not whole:
            raise TransferFailed(self._shown(path), "what was written did not arrive whole")

    def _entry(self, path: str, info: Mapping[str, Any]) -> Entry:
        size = info.get("size")
        return Entry(path, size, _moment(info), _etag(info), self._checksum(info, size))

    def _checksum(self, info: Mapping[str, Any], size: int | None) -> str | None:
        if self._scheme in S3:
            return _s3_checksum(str(info.get("ETag") or "").strip('"'))
        if self._scheme in AZURE:
            digest, _, recorded = ((info.get("metadata") or {}).get(_RECORD) or "").partition("-")
            if digest and recorded == str(size):
                return f"blake3:{digest}"
            return _azure_md5(info)
        return _md5(info.get("md5Hash")) if self._scheme in GOOGLE else None


def in_blocks(stream: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Cut bytes anew into blocks of one size; the last may be shorter. Where blocks end decides what S3 reports."""
    block = bytearray()
    for chunk in stream:
        rest = memoryview(chunk)
        while rest:
            taken, rest = rest[: size - len(block)], rest[size - len(block) :]
            block += taken
            if len(block) == size:
                yield bytes(block)
                block.clear()
    if block:
        yield bytes(block)


def _abandon(file: Any) -> None:
    """Throw away what was written: closing a file in an object store, even after an error, would make it seen."""
    with suppress(Exception):
        file.discard()
    try:
        file.closed = True
    except AttributeError:  # a file of another kind, which lies aside
        file.close()


def _etag(info: Mapping[str, Any]) -> str | None:
    found = info.get("ETag") or info.get("etag")
    if not found or str(found).startswith("W/"):
        return None
    return str(found).strip('"')


def _moment(info: Mapping[str, Any]) -> float | None:
    for key in ("LastModified", "last_modified", "updated", "mtime", "modified", "created"):
        found = info.get(key)
        if isinstance(found, datetime.datetime):
            return found.timestamp()
        if isinstance(found, int | float):
            return float(found)
        if isinstance(found, str):
            with suppress(ValueError):
                return datetime.datetime.fromisoformat(found).timestamp()
    return None


def _s3_checksum(etag: str) -> str | None:
    if not etag:
        return None
    return f"s3:{etag}" if "-" in etag else f"md5:{etag}"


def _azure_md5(info: Mapping[str, Any]) -> str | None:
    return _md5((info.get("content_settings") or {}).get("content_md5"))


def _md5(found: object) -> str | None:
    """Return the md5 that a store gives in base64, or as bytes."""
    if isinstance(found, str):
        with suppress(binascii.Error, ValueError):
            found = base64.b64decode(found, validate=True)
    return f"md5:{bytes(found).hex()}" if isinstance(found, bytes | bytearray) and len(found) == 16 else None
