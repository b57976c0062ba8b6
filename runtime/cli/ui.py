"""Show the runs of a workspace in the browser: ``penstock ui``."""

from __future__ import annotations

import webbrowser

import click

from ..workspace import Workspace
from .servers import import_server
from .workspaces import workspace_option


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default any that is free.")
@click.option("--no-browser", is_flag=True, help="Only say where it is.")
@workspace_option
def command(port: int, no_browser: bool, workspace: Workspace) -> None:
    """Show the runs of this workspace in the browser.

    It goes on until Ctrl-C. Only this machine can look, and nothing can be changed.
    """
    server = import_server()
    settings = server.Settings(port=port, local_readers=True, read_only=True, slots=0)

    def tell(url: str) -> None:
        click.echo(f"{workspace.root} is shown at {url} (Ctrl-C ends this)", err=True)
        if not no_browser:
            webbrowser.open(url)

    server.serve(workspace, settings, tell)
