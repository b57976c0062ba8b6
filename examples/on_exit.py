"""Clean up and report whatever happened: a scratch folder goes away also where a step fails.

Run it with ``python examples/on_exit.py`` or ``penstock run examples/on_exit.py:careful``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

from penstock import Local, RunStatus, on_exit, pipeline, step


@step(allow_reuse=False)
def scratch() -> str:
    """Make a folder for what is only needed while the pipeline runs."""
    return tempfile.mkdtemp(prefix="penstock-example-")


@step(allow_reuse=False)
def spread(folder: str, parts: int) -> str:
    """Write the data of 442 patients into the folder, in parts."""
    table = np.column_stack(load_diabetes(return_X_y=True))
    for number, part in enumerate(np.array_split(table, parts)):
        np.save(Path(folder, f"{number}.npy"), part)
    return folder


@step(allow_reuse=False)
def judge(folder: str, strength: float) -> float:
    """Read the parts, and return how much of the illness a linear model explains. A negative strength fails."""
    table = np.concatenate([np.load(file) for file in sorted(Path(folder).iterdir())])
    model = Ridge(alpha=strength)
    return float(cross_val_score(model, table[:, :-1], table[:, -1], error_score="raise").mean())


@step
def clean_up(folder: str | None, status: RunStatus) -> str:
    """Remove the folder, if it was made at all; the status is filled in."""
    files = len(list(Path(folder).iterdir())) if folder else 0
    if folder:
        shutil.rmtree(folder)
    return f"all else {status}: {files} files removed"


@pipeline
def careful(strength: float = 0.1, parts: int = 5) -> float:
    """Judge a model on data in a folder that does not outlive the run."""
    folder = scratch()
    on_exit(lambda: clean_up(folder))
    return judge(spread(folder, parts), strength)


if __name__ == "__main__":
    print(f"as plain Python: {careful():.2f} explained")
    for strength in (0.1, -1.0):
        done = Local(raise_on_failure=False).run(careful, strength)
        print(f"strength {strength}: {done.state.value}; {done.steps['on_exit/clean_up'].result()}")
