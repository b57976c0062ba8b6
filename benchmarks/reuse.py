"""Time a run whose steps are all reused, in a new process, beside joblib.Memory doing the same.

    python benchmarks/reuse.py [STEPS ...]

For each number of steps: one run that computes everything, then five that reuse everything, Penstock and joblib in turn,
each in a process of its own. Prints the medians of the seconds inside the call, imports excluded, and their ratio.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 5

PENSTOCK = """
import sys, time
from penstock import Local, Static, pipeline, step

@step
def add(x: int, y: int) -> int:
    return x + y

@pipeline
def work(size: Static[int]) -> list[int]:
    return [add(number, 1) for number in range(size)]

def main(size):
    runner = Local(display="none", executor="inline")
    start = time.perf_counter()
    result = runner.run(work, size=size).result()
    print(time.perf_counter() - start)
    assert result == [number + 1 for number in range(size)]
"""

JOBLIB = """
import sys, time
from joblib import Memory

memory = Memory("memory", verbose=0)

@memory.cache
def add(x, y):
    return x + y

def main(size):
    start = time.perf_counter()
    result = [add(number, 1) for number in range(size)]
    print(time.perf_counter() - start)
    assert result == [number + 1 for number in range(size)]
"""


def seconds(folder: Path, module: str, size: int) -> float:
    """Run a module's work in a new process, and return the seconds that it printed."""
    code = f"import {module}; {module}.main({size})"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [1_000, 10_000]
    print(f"{'steps':>7} {'penstock':>9} {'joblib':>8} {'ratio':>6}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "ours.py").write_text(PENSTOCK)
            (folder / "theirs.py").write_text(JOBLIB)
            for module in ("ours", "theirs"):
                seconds(folder, module, size)
            times = [(seconds(folder, "ours", size), seconds(folder, "theirs", size)) for _ in range(ROUNDS)]
        ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{size:>7} {ours:>9.3f} {theirs:>8.3f} {ours / theirs:>6.2f}")


if __name__ == "__main__":
    main()
