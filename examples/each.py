"""Call a step for each item of a list that only the run knows, and put the results together.

Run it with ``python examples/each.py`` or ``penstock run examples/each.py:rank``.
"""

from __future__ import annotations

import pandas as pd
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

from penstock import each, log_metric, pipeline, run, step


@step
def load() -> pd.DataFrame:
    """Read the chemical analyses of 178 Italian wines; the target is which of three cultivars a wine is of."""
    return load_wine(as_frame=True).frame


@step
def measured(table: pd.DataFrame, least: int) -> list[str]:
    """Name the columns with enough different values to tell wines apart: nobody knows how many before they are counted."""
    return [column for column in table.columns.drop("target") if table[column].nunique() >= least]


@step
def judge(column: str, table: pd.DataFrame, depth: int = 2) -> float:
    """Return how many wines a small tree puts right that sees this column only."""
    tree = DecisionTreeClassifier(max_depth=depth, random_state=0)
    accuracy = float(cross_val_score(tree, table[[column]], table["target"], cv=5).mean())
    log_metric("accuracy", accuracy)
    return accuracy


@step
def best_first(columns: list[str], accuracies: list[float]) -> pd.Series:
    """Put columns and accuracies together; both come in the same order."""
    return pd.Series(accuracies, index=columns).sort_values(ascending=False)


@pipeline
def rank(least: int = 100, depth: int = 2) -> pd.Series:
    """Rank the columns by how much each tells about a wine, four at a time."""
    table = load()
    columns = measured(table, least)
    return best_first(columns, judge(each(columns, limit=4), table, depth))


if __name__ == "__main__":
    print(run(rank).result().round(2).to_string())

    # Columns that were judged already are not judged again: only what is new in the list runs.
    wider = run(rank, least=50)
    states = [item.state.value for item in wider.steps["judge"].items]
    print(f"{states.count('reused')} of {len(states)} columns reused")
