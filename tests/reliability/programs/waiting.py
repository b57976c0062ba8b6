"""A pipeline that is done with its first step, and waits in its second until the file ``gate`` is there."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from penstock import current_step, log_metric, pipeline, step


@step
def begin(n: int) -> bytes:
    log_metric("n", n)
    return bytes(10_000) + bytes([n])


@step
def wait(data: bytes, place: str) -> int:
    folder = Path(place)
    if (folder / "gate").exists():
        return data[-1]
    (current_step().folder / "half").write_text("half a file")
    subprocess.run(["sh", "-c", "setsid sleep 60 & sleep 60 &"], check=True)
    (folder / "note").write_text("waiting")
    while not (folder / "gate").exists():
        time.sleep(0.01)
    return data[-1]


@pipeline
def work(folder: str, n: int = 1) -> int:
    return wait(begin(n), folder)
