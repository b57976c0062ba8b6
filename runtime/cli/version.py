"""Print versions: ``penstock version``."""

from __future__ import annotations

import platform
from importlib import metadata

import click

from .tables import print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(as_json: bool) -> None:
    """Print the versions of Penstock and Python."""
    versions = {"penstock": _installed(), "python": platform.python_version(), "platform": platform.platform()}
    if as_json:
        print_json(versions)
        return
    click.echo(f"penstock {versions['penstock']}, Python {versions['python']}, {versions['platform']}")


def _installed() -> str:
    try:
        return metadata.version(__name__.partition(".")[0])
    except metadata.PackageNotFoundError:
        return "(not installed)"
