"""Serve a workspace over HTTP: ``penstock serve``."""

from __future__ import annotations

import click

from ..workspace import Workspace
from .servers import import_server
from .workspaces import workspace_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 lets others in.")
@click.option("--port", type=click.IntRange(0, 65535), default=8075, show_default=True, help="0 for any that is free.")
@click.option("--name", "names", multiple=True, help="A host name under which the server is called; may be repeated.")
@click.option(
    "--slots", type=click.IntRange(min=0), default=2, show_default=True, help="How many runs go on at a time."
)
@workspace_option
def command(host: str, port: int, names: tuple[str, ...], slots: int, workspace: Workspace) -> None:
    """Serve endpoints, runs and schedules over REST and on pages.

    Whoever may publish runs code on this machine: give out tokens with care.
    """
    server = import_server()
    settings = server.Settings(host=host, port=port, names=names, slots=slots)
    server.serve(workspace, settings, lambda url: click.echo(f"serving {workspace.root} at {url}", err=True))
