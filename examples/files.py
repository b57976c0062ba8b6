"""Take files in and give files and folders out: a table of digits becomes a folder, a picture and a report.

Run it with ``python examples/files.py`` or ``penstock run examples/files.py:summarise``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import sklearn.datasets
from matplotlib.figure import Figure

from penstock import current_step, pipeline, progress, run, step

DIGITS = Path(sklearn.datasets.__file__).parent / "data" / "digits.csv.gz"
"""A file that comes with scikit-learn: a row an image, 64 pixels and then the digit."""


class Summary(NamedTuple):
    """What the pipeline gives: a folder and two files."""

    tables: Path
    picture: Path
    report: Path


@step
def sort(source: Path) -> Path:
    """Write one CSV file per digit, in a folder."""
    table = pd.read_csv(source, header=None).astype(int)
    folder = current_step().folder / "digits"
    folder.mkdir(exist_ok=True)
    for digit, rows in progress(table.groupby(64), total=10, label="digits"):
        rows.drop(columns=64).to_csv(folder / f"{digit}.csv", index=False, header=False)
    return folder


@step
def average(tables: Path) -> Path:
    """Draw what each digit looks like on average."""
    figure = Figure(figsize=(10, 1.2), layout="constrained")
    for axes, file in zip(figure.subplots(1, 10), sorted(tables.iterdir()), strict=True):
        axes.imshow(np.loadtxt(file, delimiter=",").mean(axis=0).reshape(8, 8), cmap="gray_r")
        axes.set_title(file.stem)
        axes.set_axis_off()
    picture = current_step().folder / "average.png"
    figure.savefig(picture)
    return picture


@step
def describe(tables: Path, picture: Path) -> Path:
    """Write a report in Markdown about the files that other steps made."""
    lines = ["| digit | images | ink |", "| --- | --- | --- |"]
    for file in sorted(tables.iterdir()):
        pixels = np.loadtxt(file, delimiter=",")
        lines.append(f"| {file.stem} | {len(pixels)} | {pixels.mean():.2f} |")
    lines += ["", f"`{picture.name}` takes {picture.stat().st_size} bytes."]
    report = current_step().folder / "report.md"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return report


@pipeline
def summarise(source: Path = DIGITS) -> Summary:
    """Turn one file into a folder, the folder into a picture, and both into a report."""
    tables = sort(source)
    picture = average(tables)
    return Summary(tables, picture, describe(tables, picture))


if __name__ == "__main__":
    summary = run(summarise).result()
    print(summary.report.read_text(encoding="utf-8"))
    print(f"The picture is {summary.picture}")
