"""Fit a random forest to a table and write it to a file: a script that knows nothing of pipelines."""

import argparse
import json
from pathlib import Path

import joblib
from preparing import read_table
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("data", type=Path)
parser.add_argument("--trees", type=int, default=50)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--metrics", type=Path, required=True)
given = parser.parse_args()

inputs, kinds = read_table(given.data)
fit_on, test_on, fit_kinds, test_kinds = train_test_split(inputs, kinds, random_state=given.seed, stratify=kinds)
forest = RandomForestClassifier(given.trees, random_state=given.seed).fit(fit_on, fit_kinds)
accuracy = forest.score(test_on, test_kinds)
print(f"{given.trees} trees: accuracy {accuracy:.3f}")
joblib.dump(forest, given.model)
given.metrics.write_text(json.dumps({"accuracy": accuracy}))
