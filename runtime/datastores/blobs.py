"""Write a blob in Azure block by block, each verified there by its md5; what adlfs writes is not."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen


@frozen
class Record:
    """What is written down with a blob when all of it has been sent: metadata, and the md5 of the whole."""

    metadata: Mapping[str, str]
    md5: bytes


def send_blob(files: Any, full: str, blocks: Iterable[bytes], record: Callable[[], Record]) -> int:
    """Send blocks through adlfs' connections and commit them as one blob; return how many bytes they are.

    Nobody sees a block before all are committed, and those that never are vanish after a week. Raises whatever the
    blocks raise, and the errors of Azure's library.
    """
    from azure.storage.blob import BlobBlock, ContentSettings
    from fsspec.asyn import sync

    container, path, _ = files.split_path(full)
    client = files.service_client.get_blob_client(container, path)
    # Who writes the same blob at the same time must not have blocks of the same names.
    mine, size = os.urandom(12).hex(), 0
    names: list[str] = []
    for block in blocks:
        names.append(base64.b64encode(f"{mine}{len(names):08}".encode()).decode())
        sync(files.loop, client.stage_block, names[-1], block, length=len(block), validate_content=True)
        size += len(block)
    found = record()
    settings = ContentSettings(content_type="application/octet-stream", content_md5=bytearray(found.md5))
    sync(
        files.loop,
        client.commit_block_list,
        [BlobBlock(name) for name in names],
        metadata=dict(found.metadata),
        content_settings=settings,
    )
    return size
