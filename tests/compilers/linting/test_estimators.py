"""missing-random-state."""

from __future__ import annotations

import pytest

pytest.importorskip("sklearn")

TOP = """
import numpy as np
import pandas as pd
from sklearn import model_selection
from sklearn.ensemble import RandomForestClassifier as Forest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import KFold, train_test_split
from sklearn.svm import SVC
from sklearn.utils import shuffle
"""

MISSING = [
    "return Forest(n_estimators=3)",
    "return Forest(random_state=None)",
    "return KFold(3, shuffle=True)",
    "return train_test_split([1, 2])",
    "return model_selection.train_test_split([1, 2])",
    "return LogisticRegression(solver='saga')",
    "return SVC(probability=True)",
    "return shuffle([1, 2])",
    "from sklearn.cluster import KMeans\nreturn KMeans(3)",
    "return pd.DataFrame({'a': [1]}).sample(1)",
    "table = pd.read_csv(path)\nreturn table.dropna().sample(frac=1)",
    "return frame.sample(1)",
]
GIVEN = [
    "return Forest(random_state=0)",
    "return Forest(random_state=seed)",
    "return Forest(**options)",
    "return KFold(3)",
    "return train_test_split([1, 2], shuffle=False)",
    "return train_test_split([1, 2], random_state=seed)",
    "return LogisticRegression()",
    "return SVC()",
    "np.random.seed(seed)\nreturn Forest()",
    "return frame.sample(1, random_state=seed)",
    "return Mine()",
    "return other.sample(1)",
    "from sklearn.ensemble import BaggingClassifier\nreturn BaggingClassifier(Forest(), random_state=seed)",
    "return Forest",
]
PARAMETERS = "frame: pd.DataFrame = None, path: Path = Path(), seed: int = 0, options: dict = {}, other: Any = None"
MINE = TOP + "\nclass Mine:\n    def __init__(self, random_state=None): ...\n"


@pytest.mark.parametrize("lines", MISSING)
def test_a_seed_that_is_not_given_is_found(rules, lines):
    assert rules(lines, TOP, PARAMETERS) == ["missing-random-state"]


@pytest.mark.parametrize("lines", GIVEN)
def test_a_seed_that_is_given_or_not_needed_is_not_found(rules, lines):
    assert rules(lines, MINE, PARAMETERS) == []
