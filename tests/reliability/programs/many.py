"""Two hundred steps in ten chains, and one that joins them; each of the former notes in the file ``calls`` that it ran."""

from __future__ import annotations

import os
import time

from penstock import pipeline, step

CHAINS, LENGTH = 10, 20


@step(retries=20)
def add(data: bytes, chain: int, place: int, turn: int, folder: str) -> bytes:
    time.sleep(0.01)
    noted = os.open(f"{folder}/calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(noted, b".")
    os.close(noted)
    return bytes([turn]) + data[3:] + bytes([chain, place])


@step(retries=20)
def join(parts: list[bytes]) -> int:
    return sum(sum(part) for part in parts)


@pipeline
def many(folder: str, turn: int) -> int:
    parts = []
    for chain in range(CHAINS):
        data = add(bytes(8192), chain, 0, turn, folder)
        for place in range(1, LENGTH):
            data = add(data, chain, place, turn, folder)
        parts.append(data)
    return join(parts)
