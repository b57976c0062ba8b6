"""Run scripts and commands as steps: an argparse script that knows nothing of Penstock, and a shell command.

Run it with ``python examples/commands.py`` or ``penstock run examples/commands.py:train``. The script is
``examples/commands/fit.py``; ``examples/commands/preparing.py``, which it imports, counts for reuse as well.
"""

from __future__ import annotations

import json
from pathlib import Path

import sklearn.datasets

from penstock import command_step, pipeline, run, script_step, step

WINES = Path(sklearn.datasets.__file__).parent / "data" / "wine_data.csv"
"""A file that comes with scikit-learn: 178 wines, 13 measurements and then the kind."""

fit = script_step(
    "commands/fit.py",
    inputs={"data": Path, "trees": 50, "seed": 0},
    outputs={"model": "model.joblib", "metrics": "metrics.json"},
    arguments=["{data}", "--trees", "{trees}", "--seed={seed}", "--model", "{model}", "--metrics", "{metrics}"],
)
count = command_step("tail -n +2 {data} | wc -l > {lines}", inputs={"data": Path}, outputs={"lines": Path})


@step
def report(metrics: Path, lines: Path) -> str:
    """Put what the script and the command found into one sentence."""
    accuracy = json.loads(metrics.read_text())["accuracy"]
    return f"{accuracy:.0%} of held-out wines recognised, of {int(lines.read_text())} in all"


@pipeline
def train(data: Path = WINES, trees: int = 50) -> str:
    """Fit a forest by a script, count rows by a command, and report."""
    fitted = fit(data, trees=trees)
    return report(fitted.metrics, count(data))


if __name__ == "__main__":
    print(run(train).result())
