"""Give a step its environment variables, and undo what it changes in the process that it shares with other steps."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path


@contextlib.contextmanager
def surroundings(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables; afterwards every variable, and the working folder, are as they were before."""
    before, folder = dict(os.environ), _folder()
    os.environ.update(variables)
    try:
        yield
    finally:
        _restore(before)
        if folder is not None and _folder() != folder:
            with contextlib.suppress(OSError):  # the step may have removed it
                os.chdir(folder)


def _folder() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # somebody removed it
        return None


def _restore(before: Mapping[str, str]) -> None:
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    for name, value in before.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
