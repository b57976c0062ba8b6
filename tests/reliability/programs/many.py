"""Pipelines of very many steps, each of which notes in the file ``calls`` that it ran, and some that join them."""

from __future__ import annotations

import os
import time
from pathlib import Path

from penstock import Static, each, pipeline, step

LENGTH = 20


def note(folder: str) -> None:
    noted = os.open(f"{folder}/calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(noted, b".")
    os.close(noted)


@step(retries=20)
def add(data: bytes, chain: int, place: int, turn: int, folder: str) -> bytes:
    time.sleep(0.01)
    note(folder)
    return bytes([turn]) + data[3:] + bytes([chain, place])


@step(retries=20)
def join(parts: list[bytes]) -> int:
    return sum(sum(part) for part in parts)


@pipeline
def chains(folder: str, turn: int, steps: Static[int]) -> int:
    parts = []
    for chain in range(steps // LENGTH):
        data = add(bytes(8192), chain, 0, turn, folder)
        for place in range(1, LENGTH):
            data = add(data, chain, place, turn, folder)
        parts.append(data)
    return join(parts)


@step(retries=20)
def follow(number: int, place: int, folder: str) -> int:
    time.sleep(0.003)  # little enough for the steps that follow to be sent along
    note(folder)
    return number + place


@pipeline
def chain(folder: str, turn: int, steps: Static[int]) -> int:
    number = follow(turn, 0, folder)
    for place in range(1, steps):
        number = follow(number, place, folder)
    return number


@step(retries=20)
def items(count: int, turn: int) -> list[int]:
    return list(range(turn, count + turn))


@step(retries=20)
def visit(item: int, turn: int, folder: str) -> int:
    time.sleep(0.01)
    tried = Path(folder, f"tried-{turn}-{item}")
    if item % 20 == 0 and not tried.exists():
        tried.touch()
        raise ConnectionError("come again")
    note(folder)
    return 2 * item


@step(retries=20)
def total(numbers: list[int]) -> int:
    return sum(numbers)


@pipeline
def mapped(folder: str, turn: int, steps: Static[int]) -> int:
    return total(visit(each(items(steps, turn)), turn, folder))
