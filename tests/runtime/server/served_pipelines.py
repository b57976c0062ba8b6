"""Pipelines whose runs the server shows."""

from __future__ import annotations

import time
from pathlib import Path

from penstock import log_metric, pipeline, step


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
