"""Train until it is good enough: a forest grows, round by round, until more trees no longer help.

Run it with ``python examples/repeat.py`` or ``penstock run examples/repeat.py:grow --least 0.97``.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier

from penstock import log_metric, pipeline, repeat, run, step


@step
def load() -> tuple[np.ndarray, np.ndarray]:
    """Read 1797 pictures of digits, a row of 64 pixels each, and which digit each shows."""
    return load_digits(return_X_y=True)


@step
def enlarge(trees: int, pixels: np.ndarray, digits: np.ndarray) -> tuple[int, float]:
    """Return twice as many trees, and how many pictures they tell right that they have not seen."""
    forest = RandomForestClassifier(2 * trees, oob_score=True, random_state=0, n_jobs=1).fit(pixels, digits)
    log_metric("accuracy", forest.oob_score_, step=2 * trees)
    return 2 * trees, float(forest.oob_score_)


@pipeline
def grow(trees: int = 10, least: float = 0.96) -> tuple[int, float]:
    """Double a forest until it is good enough, at most six times."""
    pixels, digits = load()
    return repeat(
        lambda state: enlarge(state[0], pixels, digits),
        (trees, 0.0),
        until=lambda state: state[1] >= least,
        limit=6,
        on_limit="return",
    )


if __name__ == "__main__":
    first = run(grow)
    trees, accuracy = first.result()
    print(f"{trees} trees tell {accuracy:.1%} right, after {len(first.steps['repeat'].items)} rounds")

    # More is asked for: the rounds that were done are not done again.
    further = run(grow, least=0.97)
    trees, accuracy = further.result()
    states = [one.state.value for name, one in further.steps.items() if name.endswith("enlarge")]
    print(f"{trees} trees tell {accuracy:.1%} right; rounds: {', '.join(states)}")
