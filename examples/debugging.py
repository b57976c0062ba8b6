"""Test and debug steps: they are plain functions, and a failure shows your own lines.

Run it with ``python examples/debugging.py``; ``pytest examples/debugging.py`` runs the test at the end.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.datasets import load_wine

from penstock import Local, RunFailed, log_metric, pipeline, step


@step
def load() -> pd.DataFrame:
    """Read the chemical analyses of 178 Italian wines."""
    return load_wine(as_frame=True).frame


@step
def scale(table: pd.DataFrame, column: str) -> pd.Series:
    """Give a column the mean 0 and the deviation 1."""
    values = table[column]
    return (values - values.mean()) / values.std()


@step
def furthest(values: pd.Series) -> float:
    """Return how many deviations the most unusual value lies from the mean."""
    distance = float(np.abs(values).max())
    log_metric("distance", distance)
    return distance


@pipeline
def outlier(column: str = "alcohol") -> float:
    """Say how unusual the most unusual wine is."""
    return furthest(scale(load(), column))


def test_a_scaled_column_has_mean_0() -> None:
    table = pd.DataFrame({"alcohol": [11.0, 12.0, 13.0]})
    assert scale(table, "alcohol").tolist() == [-1.0, 0.0, 1.0]


if __name__ == "__main__":
    # A pipeline is a function, too: no processes, no records, and breakpoint() works in every step.
    print(f"as plain Python: {outlier('alcohol'):.2f} deviations")

    # The inline executor tracks the run like any other, in this process, where debuggers and profilers see it.
    inline = Local(executor="inline", display="none")
    print(f"tracked, in this process: {inline.run(outlier, 'ash').result():.2f} deviations")

    # A mistake: the column is called "alcohol". The failure names the step, your line, and what the step was given.
    try:
        inline.run(outlier, "alcohool")
    except RunFailed as error:
        print(error.failures["scale"])
        print("The cause is the step's own exception:", repr(error.__cause__))
