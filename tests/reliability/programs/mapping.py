"""Two hundred items of a mapped step, each of which notes in the file ``calls`` that it ran, and a step that tidies up."""

from __future__ import annotations

import os
import time
from pathlib import Path

from penstock import RunStatus, each, on_exit, pipeline, step


@step
def items(count: int) -> list[int]:
    return list(range(count))


@step
def square(item: int, folder: str) -> int:
    time.sleep(0.01)
    noted = os.open(f"{folder}/calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(noted, b".")
    os.close(noted)
    return item * item


@step
def total(squares: list[int]) -> int:
    return sum(squares)


@step
def tidy_up(folder: str, status: RunStatus) -> None:
    Path(folder, "tidied").write_text(status)


@step
def wait(folder: str) -> int:
    Path(folder, "waiting").write_text("yes")
    time.sleep(60)
    return 1


@pipeline
def squares(folder: str, count: int = 200) -> int:
    return total(square(each(items(count)), folder))


@pipeline
def waiting(folder: str) -> int:
    on_exit(lambda: tidy_up(folder))
    return wait(folder)
