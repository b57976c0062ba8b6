"""Decide by a result which steps run: a model is kept if it is good enough, else its mistakes are listed.

Run it with ``python examples/when.py`` or ``penstock run examples/when.py:release --least 0.99``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import joblib
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from penstock import current_step, pipeline, run, step, when


class Split(NamedTuple):
    """Flowers to learn from, and others to test with."""

    fit_on: pd.DataFrame
    test_on: pd.DataFrame


@step
def load(seed: int) -> Split:
    """Read the measures of 150 irises, and keep a third of them for the test."""
    return Split(*train_test_split(load_iris(as_frame=True).frame, test_size=1 / 3, random_state=seed))


@step
def train(table: pd.DataFrame) -> LogisticRegression:
    """Fit a classifier."""
    return LogisticRegression(max_iter=1000).fit(table.drop(columns="target"), table["target"])


@step
def accuracy(model: LogisticRegression, table: pd.DataFrame) -> float:
    """Return the share of flowers that are told right."""
    return float(model.score(table.drop(columns="target"), table["target"]))


@step
def keep(model: LogisticRegression) -> Path:
    """Write the model to a file."""
    file = current_step().folder / "model.joblib"
    joblib.dump(model, file)
    return file


@step
def mistakes(model: LogisticRegression, table: pd.DataFrame) -> pd.DataFrame:
    """Return the flowers that the model takes for others."""
    return table[model.predict(table.drop(columns="target")) != table["target"]]


@step
def announce(file: Path | None) -> str:
    """Say whether there is something new. Without a file it is called with None, since its annotation allows that."""
    return f"new: {file.name}" if file else "nothing new"


@pipeline
def release(least: float = 0.95, seed: int = 0) -> tuple[str, pd.DataFrame | None]:
    """Train a model, and go on by how good it is."""
    data = load(seed)
    model = train(data.fit_on)
    is_good = accuracy(model, data.test_on) >= least
    kept = when(is_good, lambda: keep(model))
    wrong = when(~is_good, lambda: mistakes(model, data.test_on))
    return announce(kept), wrong


if __name__ == "__main__":
    for least in (0.9, 0.999):
        done = run(release, least=least)
        text, wrong = done.result()
        skipped = [name for name, one in done.steps.items() if one.state == "skipped"]
        print(
            f"at least {least}: {text}; mistakes: {'not asked for' if wrong is None else len(wrong)}; skipped: {skipped}"
        )
