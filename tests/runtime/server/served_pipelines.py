"""Pipelines whose runs the server shows."""

from __future__ import annotations

import os
import time
from datetime import date
from enum import Enum
from pathlib import Path

from penstock import DataPath, each, log_metric, pipeline, step


@step(allow_reuse=False)
def train(lr: float, epochs: int) -> float:
    for epoch in range(epochs):
        print("epoch", epoch)
        log_metric("loss", 1 / (epoch + 1), epoch)
    return lr * epochs


@step(allow_reuse=False)
def wait_for(file: Path) -> str:
    print("waiting", flush=True)
    while not file.exists():
        time.sleep(0.01)
    print("seen")
    return file.read_text()


@step
def describe(score: float) -> dict[str, float]:
    return {"score": score}


@pipeline
def fit(lr: float = 0.1, epochs: int = 3) -> dict[str, float]:
    return describe(train(lr, epochs))


class Colour(Enum):
    RED = 1
    BLUE = 2


@step(allow_reuse=False)
def told(colour: Colour, day: date, pair: tuple[int, str], file: Path | None) -> dict[str, str]:
    text = "" if file is None else file.read_text()
    return {"colour": repr(colour), "day": repr(day), "pair": repr(pair), "file": text}


@step(allow_reuse=False)
def linger(marker: str, seconds: float) -> str:
    """Say that it has begun by a file, and end when that is gone or the time is over."""
    Path(marker).write_text("begun")
    deadline = time.monotonic() + seconds
    while Path(marker).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return "over"


@step
def first(seconds: float) -> float:
    return seconds


@pipeline
def signal(marker: str, seconds: float = 20.0) -> str:
    return linger(marker, first(seconds))


@pipeline
def typed(
    day: date, colour: Colour = Colour.RED, pair: tuple[int, str] = (1, "a"), file: Path | None = None
) -> dict[str, str]:
    return told(colour, day, pair, file)


@step
def located(place: DataPath) -> str:
    return str(place)


@pipeline
def placed(place: DataPath) -> str:
    return located(place)


@step
def measured(x: int) -> float:
    return x + 0.25


@step
def curved(score: float) -> float:
    return score * 10


@step
def limit() -> float:
    return 11.0


@step
def verdict(score: float, limit: float) -> str:
    return f"{score} {'passed' if score > limit else 'failed'}"


@step
def summed(verdicts: list[str]) -> str:
    return ", ".join(verdicts)


@pipeline
def judged(score: float, limit: float) -> str:
    return verdict(curved(score), limit)


@pipeline
def graded() -> str:
    return summed(judged(each(measured(each([1, 2, 3]))), limit()))


@step(compute="cpu-cluster", allow_reuse=False)
def ask_there() -> bool:
    return "AZUREML_RUN_ID" in os.environ


@step(allow_reuse=False)
def ask_here(there: bool) -> dict[str, bool]:
    return {"there": there, "here": "AZUREML_RUN_ID" in os.environ}


@pipeline
def there_and_here() -> dict[str, bool]:
    return ask_here(ask_there())


@step
def lengthen(size: int) -> str:
    return "x" * size


@pipeline
def long(size: int = 100_000) -> str:
    return lengthen(size)
