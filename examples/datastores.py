"""Put data where they belong, name them, and bring them to a pipeline, each version once.

Here both datastores are folders. With ``abfs://container``, ``s3://bucket`` or ``gs://bucket`` in their place nothing else
changes.
"""

from pathlib import Path

import pandas as pd
import sklearn.datasets

from penstock import Workspace, copy_files, log_metric, pipeline, run, step

DATA = Path(sklearn.datasets.__file__).parent / "data"
"""Files that come with scikit-learn: measurements of wines and of flowers, with the class of each in the last column."""


@step
def load(source: Path) -> pd.DataFrame:
    """Read a file that begins with how many rows it has, how many columns, and what the classes are called."""
    rows, columns, *classes = source.read_text(encoding="utf-8").partition("\n")[0].split(",")
    table = pd.read_csv(source, skiprows=1, header=None)
    table[int(columns)] = table[int(columns)].map(dict(enumerate(classes)))
    log_metric("rows", float(rows))
    return table


@step
def average(table: pd.DataFrame) -> pd.DataFrame:
    """Average each measurement over each class."""
    return table.groupby(table.columns[-1]).mean().round(2)


@pipeline
def summarise(source: Path = DATA / "wine_data.csv") -> pd.DataFrame:
    """Average what one file holds."""
    return average(load(source))


def main() -> None:
    """Upload two files, keep a copy elsewhere, and summarise one of them out of the copy."""
    workspace = Workspace.open()
    store = workspace.get_default_datastore()
    raw = store.upload_files([DATA / "wine_data.csv", DATA / "iris.csv"], target_path="tables")
    for file in store.list("tables"):
        print(f"{file.path} has {file.size} bytes")

    archive = workspace.register_datastore("archive", "archive")
    done = copy_files(raw, archive.path("2026"), workspace.datastores)
    print(f"{done.copied} files copied, {done.skipped} were there already")

    flowers = archive.path("2026/iris.csv")
    print(flowers)
    print(run(summarise, flowers).result())


if __name__ == "__main__":
    main()
