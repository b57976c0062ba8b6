"""Look after the compute of a workspace on Azure: ``penstock compute``."""

from __future__ import annotations

from typing import get_args

import attrs
import click

from .. import amounts
from ..azure.computes import Compute, Priority
from ..azure.operations import PATIENCE
from ..runners.azureml import AzureML
from .remotes import azure_options
from .tables import Cell, print_facts, print_json, print_table

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_count = click.IntRange(min=0)


@click.group()
def command() -> None:
    """List, create, show and delete the compute of a workspace on Azure."""


@command.command("list")
@_json
@azure_options
def list_compute(as_json: bool, azure: AzureML) -> None:
    """List the compute of the workspace, attached kinds too."""
    found = azure.compute.list()
    if as_json:
        print_json([_document(one) for one in found])
    elif found:
        print_table(("COMPUTE", "KIND", "STATE", "MACHINES", "NODES"), [_row(one) for one in found], spare=["MACHINES"])
    else:
        click.echo(f"there is no compute in {azure.workspace_name}; penstock compute create makes some", err=True)


@command.command()
@click.argument("name")
@click.option("--vm-size", required=True, metavar="SIZE", help="Azure's name for the machines, as Standard_NC6s_v3.")
@click.option("--min-nodes", type=_count, default=0, show_default=True, help="Nodes that stay, and are paid, always.")
@click.option("--max-nodes", type=_count, default=4, show_default=True, help="Nodes that there may be at a time.")
@click.option(
    "--idle-seconds",
    type=_count,
    default=1800,
    show_default=True,
    help="How long a node waits for work before it goes.",
)
@click.option(
    "--priority", type=click.Choice(get_args(Priority)), default="dedicated", show_default=True,
    help="low_priority is cheaper, and Azure may take nodes back.",
)  # fmt: skip
@click.option(
    "--timeout", type=float, default=PATIENCE, show_default=True, metavar="SECONDS", help="How long to wait for it."
)
@_json
@azure_options
def create(
    name: str, vm_size: str, min_nodes: int, max_nodes: int, idle_seconds: int, priority: Priority, timeout: float,
    as_json: bool, azure: AzureML,
) -> None:  # fmt: skip
    """Create the cluster NAME and wait until it can be used; one that is there already is left as it is."""
    target = azure.compute.get_or_create(
        name,
        vm_size=vm_size,
        min_nodes=min_nodes,
        max_nodes=max_nodes,
        idle_seconds=idle_seconds,
        priority=priority,
    )
    _print(target.wait(timeout=timeout).status(), as_json=as_json)


@command.command()
@click.argument("name")
@_json
@azure_options
def show(name: str, as_json: bool, azure: AzureML) -> None:
    """Show how the compute NAME stands."""
    _print(azure.compute.status(name), as_json=as_json)


@command.command()
@click.argument("name")
@azure_options
def delete(name: str, azure: AzureML) -> None:
    """Delete the compute NAME and wait until it is gone; what is attached is only detached."""
    azure.compute.delete(name)
    click.echo(f"deleted {name}")


def _print(found: Compute, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(found))
        return
    idle = None if found.idle_seconds is None else amounts.duration(found.idle_seconds)
    print_facts(
        [
            ("compute", (found.name, "bold")),
            ("kind", f"{found.kind}, {found.explanation}"),
            ("state", found.state),
            ("problem", found.problem),
            ("machines", " ".join(filter(None, [found.vm_size, found.priority]))),
            ("nodes", _nodes(found)),
            ("idle", f"a node goes after {idle} without work" if idle else ""),
            ("region", found.location),
        ]
    )


def _row(found: Compute) -> list[Cell]:
    return [(found.name, "bold"), found.kind, found.state, found.vm_size or "", _nodes(found)]


def _nodes(found: Compute) -> str:
    if found.max_nodes is None:
        return ""
    return f"{found.nodes or 0} now, {found.busy or 0} busy, {found.min_nodes or 0} to {found.max_nodes}"


def _document(found: Compute) -> dict[str, object]:
    return {**attrs.asdict(found), "explanation": found.explanation}
