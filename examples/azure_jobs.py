"""The same pipeline for Azure Machine Learning: compiled to its job here, without a network, and submitted where there is one.

Run it with `python examples/azure_jobs.py`; `python examples/azure_jobs.py --submit` sends it to the workspace that config.json names.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from penstock import AzureML, Resources, compile, log_metric, pipeline, step


@step
def load() -> pd.DataFrame:
    return load_wine(as_frame=True).frame


@step
def split(table: pd.DataFrame, test_size: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    learn, test = train_test_split(table, test_size=test_size, random_state=0)
    return learn, test


# A size of machines that only Azure knows is a tag; elsewhere it means nothing.
@step(resources=Resources(cpus=4), timeout=3600, retries=1, tags={"azureml.instance_type": "Standard_DS4_v2"})
def train(table: pd.DataFrame, kind: str) -> ClassifierMixin:
    models = {
        "linear": make_pipeline(StandardScaler(), LogisticRegression()),
        "forest": RandomForestClassifier(random_state=0),
    }
    return models[kind].fit(table.drop(columns="target"), table["target"])


@step
def evaluate(models: list[ClassifierMixin], table: pd.DataFrame) -> float:
    features, target = table.drop(columns="target"), table["target"]
    scores = [model.score(features, target) for model in models]
    log_metric("best", max(scores))
    return max(scores)


@pipeline
def wine(test_size: float = 0.3) -> float:
    """Train two models of wines and keep the better score."""
    learn, test = split(load(), test_size)
    return evaluate([train(learn, kind) for kind in ("linear", "forest")], test)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder, "job.yml")
        lines = compile(wine, target="azureml", to=job).splitlines()
        print(f"{job.name} has {sum('type: command' in line for line in lines) // 2} steps; beside it lie:")
        for code in sorted((job.parent / "code").iterdir()):
            print(f"  code/{code.name}: {', '.join(sorted(file.name for file in code.iterdir()))}")
    print("submit it with: az ml job create --file job.yml")
    if "--submit" in sys.argv:
        azure = AzureML.from_config(default_compute="cpu-cluster")
        azure.compute.get_or_create("cpu-cluster", vm_size="Standard_DS3_v2", max_nodes=2).wait()
        print("the best score is", azure.run(wine).result())


if __name__ == "__main__":
    main()
