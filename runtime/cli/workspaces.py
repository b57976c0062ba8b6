"""Open the workspace that a command looks into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..workspace import Workspace


def workspace_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--workspace FOLDER`` to a command; its callback gets the open workspace."""
    return click.option(
        "--workspace",
        metavar="FOLDER",
        type=click.Path(exists=True, file_okay=False),
        callback=lambda _ctx, _option, folder: Workspace.open(folder),
        help="The workspace's root. By default the nearest penstock.toml upward, else the project's root.",
    )(command)
