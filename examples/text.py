"""Tell from a docstring which package it belongs to: two nested pipelines, one of them used twice.

The text is Python's own: the docstrings in eight packages of the standard library. Run it with
``python examples/text.py`` or ``penstock run examples/text.py:attribute``.
"""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline as Model
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from penstock import log_metric, log_text, pipeline, run, step

PACKAGES = ("asyncio", "email", "http", "importlib", "logging", "multiprocessing", "unittest", "xml")
DOCUMENTED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Corpus(NamedTuple):
    """Docstrings with the package they come from, most to learn from, the rest to be tested on."""

    learn: pd.DataFrame
    test: pd.DataFrame


@step
def read(package: str) -> pd.DataFrame:
    """Collect the docstrings of a package's classes and functions. Nothing is imported or run."""
    folder = Path(sysconfig.get_paths()["stdlib"], package)
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.py"))]
    found = [ast.get_docstring(node) for tree in trees for node in ast.walk(tree) if isinstance(node, DOCUMENTED)]
    return pd.DataFrame({"text": [text for text in found if text]}).assign(package=package)


@step
def clean(tables: list[pd.DataFrame], shortest: int) -> pd.DataFrame:
    """Keep each text once, so that none is both learned and tested, and drop those too short to tell."""
    table = pd.concat(tables).drop_duplicates("text")
    return table[table["text"].str.len() >= shortest].reset_index(drop=True)


@step
def split(table: pd.DataFrame, seed: int) -> Corpus:
    """Set a quarter of each package's texts aside."""
    return Corpus(*train_test_split(table, test_size=0.25, random_state=seed, stratify=table["package"]))


@step
def fit(table: pd.DataFrame, analyzer: str, longest: int) -> Model:
    """Weigh pieces of text by how telling they are (TF-IDF), and separate the packages by straight planes."""
    weights = TfidfVectorizer(analyzer=analyzer, ngram_range=(1, longest), min_df=2, sublinear_tf=True)
    return make_pipeline(weights, LinearSVC(random_state=0)).fit(table["text"], table["package"])


@step
def score(model: Model, table: pd.DataFrame) -> float:
    """Return the share of texts that are attributed to the right package."""
    guesses = pd.Series(model.predict(table["text"]), index=table.index, name="guess")
    accuracy = float((guesses == table["package"]).mean())
    log_metric("accuracy", accuracy)
    log_text("confusion", pd.crosstab(table["package"], guesses).to_string())
    return accuracy


@pipeline
def corpus(shortest: int, seed: int) -> Corpus:
    """Read all packages side by side, and make one corpus of them."""
    return split(clean([read(package) for package in PACKAGES], shortest), seed)


@pipeline
def judge(texts: Corpus, analyzer: str, longest: int) -> float:
    """Fit one kind of model and say how good it is."""
    return score(fit(texts.learn, analyzer, longest), texts.test)


@pipeline
def attribute(shortest: int = 40, seed: int = 0) -> dict[str, float]:
    """Find out whether words or pieces of words tell more about where a text comes from."""
    texts = corpus(shortest, seed)
    return {"words": judge(texts, "word", 1), "pieces of words": judge(texts, "char_wb", 4)}


if __name__ == "__main__":
    print(run(attribute).result())
