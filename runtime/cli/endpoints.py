"""Look after what is published: ``penstock endpoints``."""

from __future__ import annotations

from typing import Any

import attrs
import click

from ..amounts import date_and_clock
from ..endpoints import EndpointRecord, Registry, VersionRecord
from ..workspace import Workspace
from .tables import Cell, print_facts, print_heading, print_json, print_table
from .workspaces import workspace_option

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_version = click.option("--version", metavar="VERSION", help="One of its versions, not all of it.")


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, enable, disable, rename and delete what is published.

    Without a command, the endpoints of the workspace are listed.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_endpoints, disabled=False, as_json=False, workspace=Workspace.open())


@command.command("list")
@click.option("--all", "disabled", is_flag=True, help="List disabled endpoints too.")
@_json
@workspace_option
def list_endpoints(disabled: bool, as_json: bool, workspace: Workspace) -> None:
    """List the endpoints of the workspace."""
    registry = workspace.endpoints
    found = registry.endpoints(disabled=disabled)
    if as_json:
        print_json([_document(registry, record) for record in found])
        return
    rows = [_row(registry, record) for record in found]
    print_table(
        ("ENDPOINT", "DEFAULT", "VERSIONS", "STATE", "DESCRIPTION"), rows, right=("VERSIONS",), spare=("DESCRIPTION",)
    )


@command.command()
@click.argument("name")
@_json
@workspace_option
def show(name: str, as_json: bool, workspace: Workspace) -> None:
    """Show an endpoint with its versions."""
    registry = workspace.endpoints
    record = registry.endpoint(name)
    if as_json:
        print_json(_document(registry, record))
        return
    print_facts([("endpoint", (name, "bold")), ("state", _state(record)), ("description", record.description)])
    print_heading("Versions")
    default = _default(registry, name)
    rows: list[list[Cell]] = [
        [
            (one.version, "bold"),
            "default" if one.version == default else "",
            _state(one),
            date_and_clock(one.created),
            one.description,
        ]
        for one in registry.versions(name)
    ]
    print_table(("VERSION", "", "STATE", "PUBLISHED", "DESCRIPTION"), rows, spare=("DESCRIPTION",))


@command.command()
@click.argument("name")
@_version
@workspace_option
def enable(name: str, version: str | None, workspace: Workspace) -> None:
    """Let an endpoint, or one of its versions, be called again."""
    workspace.endpoints.enable(name, version)


@command.command()
@click.argument("name")
@_version
@workspace_option
def disable(name: str, version: str | None, workspace: Workspace) -> None:
    """Hide an endpoint, or one of its versions, and refuse calls."""
    workspace.endpoints.enable(name, version, enabled=False)


@command.command("set-default")
@click.argument("name")
@click.argument("version", required=False)
@workspace_option
def set_default(name: str, version: str | None, workspace: Workspace) -> None:
    """Choose the version that is called where none is named; without VERSION it is always the newest."""
    workspace.endpoints.set_default(name, version)


@command.command()
@click.argument("name")
@click.argument("new")
@workspace_option
def rename(name: str, new: str, workspace: Workspace) -> None:
    """Give an endpoint another name; its tokens, schedules and runs go along."""
    workspace.endpoints.rename(name, new)


@command.command()
@click.argument("name")
@_version
@click.option("--yes", is_flag=True, help="Do not ask.")
@workspace_option
def delete(name: str, version: str | None, yes: bool, workspace: Workspace) -> None:
    """Delete an endpoint with its schedules and tokens, or one of its versions. Runs stay in the history."""
    registry = workspace.endpoints
    registry.version(name, version) if version else registry.endpoint(name)
    if not yes:
        click.confirm(f"delete {f'version {version} of ' if version else ''}{name}?", abort=True)
    registry.delete(name, version)


def _row(registry: Registry, record: EndpointRecord) -> list[Cell]:
    count = len(registry.versions(record.name))
    return [(record.name, "bold"), _default(registry, record.name), str(count), _state(record), record.description]


def _default(registry: Registry, name: str) -> str:
    pinned = registry.endpoint(name).default_version
    enabled = (one.version for one in registry.versions(name) if one.enabled)
    return pinned or next(enabled, "")


def _state(record: EndpointRecord | VersionRecord) -> str:
    return "enabled" if record.enabled else "disabled"


def _document(registry: Registry, record: EndpointRecord) -> dict[str, Any]:
    versions = [attrs.asdict(version) for version in registry.versions(record.name)]
    return {**attrs.asdict(record), "default": _default(registry, record.name), "versions": versions}
