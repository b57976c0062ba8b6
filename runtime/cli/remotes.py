"""Open the workspace on Azure that a command is about."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, get_args

import click

from ..azure.credentials import Kind
from ..runners.azureml import AzureML

_KINDS = click.Choice(get_args(Kind))


def azure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--config`` and ``--credential`` to a command; it gets the workspace as ``azure``."""

    @click.option(
        "--config",
        metavar="PATH",
        type=click.Path(exists=True),
        help="A config.json, or a folder to look from upward for one. By default the working folder.",
    )
    @click.option(
        "--credential",
        type=_KINDS,
        default="default",
        show_default=True,
        help="How to log in; see docs/azure-workspace.md.",
    )
    @functools.wraps(command)
    def opened(*args: Any, config: str | None, credential: Kind, **kwargs: Any) -> Any:
        return command(*args, azure=AzureML.from_config(config, credential=credential), **kwargs)

    return opened
