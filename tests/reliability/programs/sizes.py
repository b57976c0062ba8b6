"""Steps whose results have the size that was asked for."""

from __future__ import annotations

from pathlib import Path

from penstock import current_step, pipeline, step


@step
def small(kilobytes: int) -> bytes:
    return bytes(range(256)) * 4 * kilobytes


@step
def large(start: bytes, kilobytes: int) -> bytes:
    return start + bytes(1024 * kilobytes)


@step
def length(data: bytes) -> int:
    return len(data)


@step
def total(parts: list[bytes]) -> int:
    return sum(map(len, parts))


@step
def write(kilobytes: int) -> Path:
    folder = current_step().folder / "parts"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.bin").write_bytes(bytes(256 * kilobytes))
    return folder


@step
def measure(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


@pipeline
def sizes(kilobytes: int = 100) -> int:
    return length(large(small(100), kilobytes))


@pipeline
def folders(kilobytes: int = 100) -> int:
    return measure(write(kilobytes))


@pipeline
def four(kilobytes: int = 100) -> int:
    return total([small(100), small(101), small(102), small(103)])
