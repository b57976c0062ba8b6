"""Compare four models on the same digits: load, extract features, split, train in parallel, report.

Run it with ``python examples/compare.py`` or ``penstock run examples/compare.py:compare``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.base import ClassifierMixin, clone
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from penstock import log_figure, log_metric, pipeline, run, step

MODELS = {
    "linear": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "vectors": make_pipeline(StandardScaler(), SVC(C=5)),
    "forest": RandomForestClassifier(300, random_state=0),
    "boosting": HistGradientBoostingClassifier(max_iter=30, random_state=0),
}


@step
def load() -> tuple[np.ndarray, np.ndarray]:
    """Read 1797 handwritten digits, 8 by 8 pixels each, and which digits they are."""
    digits = load_digits()
    return digits.images, digits.target


@step
def extract(images: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Describe each image by its pixels, the ink in its rows and columns, and its vertical and horizontal edges."""
    parts = {
        "pixel": images,
        "row": images.sum(axis=2),
        "column": images.sum(axis=1),
        "edge_x": np.abs(np.diff(images, axis=2)),
        "edge_y": np.abs(np.diff(images, axis=1)),
    }
    tables = [pd.DataFrame(part.reshape(len(images), -1)).add_prefix(f"{name}_") for name, part in parts.items()]
    return pd.concat(tables, axis=1).assign(digit=labels)


@step
def split(table: pd.DataFrame, test_size: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set some rows aside for testing, with each digit in its share."""
    fit_on, test_on = train_test_split(table, test_size=test_size, random_state=seed, stratify=table["digit"])
    return fit_on, test_on


@step
def train(kind: str, table: pd.DataFrame) -> ClassifierMixin:
    """Fit one kind of model."""
    return clone(MODELS[kind]).fit(table.drop(columns="digit"), table["digit"])


@step
def evaluate(model: ClassifierMixin, table: pd.DataFrame) -> float:
    """Return the share of digits that a model gets right."""
    return float(model.score(table.drop(columns="digit"), table["digit"]))


@step
def report(accuracies: dict[str, float]) -> pd.DataFrame:
    """Rank the models, and draw how often each is wrong."""
    for kind, accuracy in accuracies.items():
        log_metric(kind, accuracy)
    ranking = pd.DataFrame({"accuracy": accuracies}).sort_values("accuracy", ascending=False)
    figure = Figure(figsize=(6, 2.5), layout="constrained")
    axes = figure.add_subplot(xlabel="wrong, of 1000 digits")
    axes.barh(ranking.index[::-1], 1000 * (1 - ranking["accuracy"][::-1]))
    log_figure("errors", figure)
    return ranking


@pipeline
def compare(test_size: float = 0.25, seed: int = 0) -> pd.DataFrame:
    """Train every model on the same rows, and rank them on the rows that none has seen."""
    images, labels = load()
    fit_on, test_on = split(extract(images, labels), test_size, seed)
    return report({kind: evaluate(train(kind, fit_on), test_on) for kind in MODELS})


if __name__ == "__main__":
    print(run(compare).result())
