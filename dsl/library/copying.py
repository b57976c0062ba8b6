"""Copy data between datastores as a step of a pipeline."""

from __future__ import annotations

import importlib
from pathlib import Path

from ..datapaths import DataPath
from ..steps import step


@step
def copy_step(source: Path | DataPath, target: DataPath, overwrite: bool = False) -> None:
    """Copy a file, which becomes ``target``, or what is in a folder, into the folder ``target``: ``copy_step(model, store.path("models/best.pkl"))``.

    ``source`` is a local path, a path in a datastore, or what another step returns. The bytes stream, and what arrives is verified.
    What is there with the same contents is skipped, with other contents refused unless ``overwrite``. It exists for its effect,
    so it looks each time; let what needs the copy wait with ``.after(...)``.
    """
    penstock = importlib.import_module("penstock")
    datastores = penstock.current_step().datastores or penstock.Workspace.open().datastores
    copied = penstock.copy_files(source, target, datastores, overwrite=overwrite)
    print(f"{source} -> {target}: copied {copied.copied} ({copied.size:,} bytes), {copied.skipped} were there already")  # noqa: T201  # into the step's log
