"""A project of the seed's kind in a folder: load, split, train twice, compare; with a helper, a comment to edit, and a failure."""

from __future__ import annotations

import textwrap

FILES = {
    "pyproject.toml": "",
    "taxi.csv": "1\n2\n3\n4\n",
    "scaling.py": "# a comment\nFACTOR = 2\n\n\ndef scaled(xs):\n    return [FACTOR * x for x in xs]\n",
    "steps.py": """
        import os
        import time
        from pathlib import Path

        from penstock import each, log_metric, log_text, pipeline, step, when
        from scaling import scaled


        @step
        def load(source: Path) -> list[int]:
            return [int(line) for line in source.read_text().split()]


        @step
        def split(table: list[int], share: float) -> tuple[list[int], list[int]]:
            cut = int(len(table) * share)
            return table[:cut], table[cut:]


        @step
        def train(table: list[int], kind: str) -> dict:
            print("training", kind)
            log_metric("size", len(table))
            log_text("note", f"of {kind}")
            return {"kind": kind, "weights": scaled(table), "padding": "x" * 5000}


        @step
        def report(models: list[dict], test: list[int], best: str) -> Path:
            Path("report").mkdir()
            Path("report/models.txt").write_text(f"{best}: {[model['weights'] for model in models]} on {test}")
            return Path("report")


        @pipeline
        def compare(source: Path, share: float = 0.5):
            fit_on, test_on = split(load(source), share)
            models = [train(fit_on, kind) for kind in ("linear", "it's")]
            return {"report": report(models, test_on, models[0]["kind"]), "first": models[0]}


        @step
        def size(model: dict) -> int:
            return len(model["weights"])


        @pipeline
        def measured(source: Path):
            table = load(source)
            sizes = size(each([train(table, "a"), train(table, "b")]))
            return when(sizes[0] > 2, lambda: sizes, otherwise=lambda: None)


        @step(compute="cpu-cluster")
        def there(table: list[int], factor: dict) -> dict:
            print("there", "AZUREML_RUN_ID" in os.environ)
            log_metric("size", len(table))
            return {"values": [factor["by"] * x for x in scaled(table)], "padding": "x" * 5000}


        @step(compute="cpu-cluster")
        def broken_there(table: list[int]) -> int:
            raise KeyError("there")


        @step
        def here(made: dict, note: str) -> str:
            return f"{note}: {made['values']}"


        @pipeline
        def mixed(source: Path):
            return here(there(load(source), {"by": 10}), "made")


        @pipeline
        def mixed_failing(source: Path):
            return broken_there(load(source))


        @step
        def broken(table: list[int]) -> int:
            return helper(table)


        def helper(table):
            raise ValueError(f"cannot use {table}")


        @step
        def after_broken(x: int) -> int:
            return x


        @pipeline
        def failing(source: Path):
            return after_broken(broken(load(source)))


        @step
        def slow(x: int) -> int:
            print("slow has begun", flush=True)
            time.sleep(60)
            return x


        @pipeline
        def mixed_endless(x: int = 1):
            return slow.options(compute="cpu-cluster")(x)


        @pipeline
        def endless(x: int = 1):
            return slow(slow(x))
    """,
}


def write(folder, **changed):
    """Write the project, with some files changed."""
    for name, text in (FILES | changed).items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
