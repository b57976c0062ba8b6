"""Write a workspace's configuration: ``penstock init``."""

from __future__ import annotations

from pathlib import Path

import click

from ..configuration import OWN_FILE
from .errors import CommandError

CONTENTS = """\
# The workspace of this project. Everything here is optional; what is commented out shows the default.

name = {name}

# Where results are kept, as a folder or a URL (az://, s3://, gs://), and the history of runs.
# store = ".penstock/store"
# history = ".penstock/history.db"
# folder = ".penstock"

# The experiment that runs belong to where none is said, and how many steps run at a time (-1: one a processor).
# experiment = "..."
# jobs = -1
"""


@click.command()
@click.option("--name", help="The workspace's name. By default that of the folder.")
def command(name: str | None) -> None:
    """Write a penstock.toml into the working folder.

    It marks the top of the project: paths in graphs are relative to it, and .penstock/ beside it holds results.
    """
    folder = Path.cwd()
    path = folder / OWN_FILE
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(CONTENTS.format(name=_toml(name or folder.name or "penstock")))
    except FileExistsError:
        raise CommandError(f"{path} is there already; nothing was changed") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(f"wrote {path}")


def _toml(text: str) -> str:
    """Write a text as TOML, which reads JSON's strings, but for DEL."""
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
