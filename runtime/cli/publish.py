"""Publish a pipeline as an endpoint: ``penstock publish``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ...compilers.fingerprints import Fingerprinter
from ..bundles import Packed, pack
from ..client import Client, ServerEndpoint
from ..client.bearers import TOKEN
from ..publishing import Endpoint, publish_packed
from ..workspace import Workspace
from .parameters import PipelineCommand, Target, parameter_option
from .tables import print_facts, print_json
from .workspaces import workspace_option


@click.command(cls=PipelineCommand, options_metavar="[OPTIONS]")
@click.argument("reference", metavar="FILE.py:NAME [PARAMETERS]")
@parameter_option
@click.option(
    "--as",
    "named",
    metavar="NAME[:VERSION]",
    help="The endpoint's name, by default the pipeline's, and the version's, which are numbered by default.",
)
@click.option(
    "--describe",
    "description",
    default="",
    metavar="TEXT",
    help="What it is for. By default the first line of the pipeline's docstring.",
)
@click.option(
    "--to", metavar="URL", help=f"A server to publish to, instead of the workspace, with the token in {TOKEN}."
)
@click.option(
    "--whole-project", is_flag=True, help="Send all of the project's files along, not only those that the code reaches."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@workspace_option
def command(
    reference: str,
    target: Target,
    values: Mapping[str, object],
    named: str | None,
    description: str,
    to: str | None,
    whole_project: bool,
    as_json: bool,
    workspace: Workspace,
) -> None:
    """Publish a pipeline as an endpoint, without running it.

    A bundle may be named in place of FILE.py:NAME. Parameters stay open, but for those annotated Static, which are fixed. What computes the same as a version that is
    there gives that version. On a server, whoever publishes has code run there: that needs a token with the scope publish.
    """
    packed = _packed(reference, target, values, whole_project=whole_project)
    name, _, version = (named or "").partition(":")
    given: dict[str, Any] = {"version": version or None, "description": description or target.doc}
    if to is not None:
        _tell(Client(to).publish_packed(packed, name or packed.name, **given), as_json=as_json)
    else:
        _tell(publish_packed(packed, name or packed.name, workspace, **given), as_json=as_json)


def _packed(reference: str, target: Target, values: Mapping[str, object], *, whole_project: bool) -> Packed:
    if target.bundle is not None:
        return Packed.received(Path(reference).read_bytes(), reference)
    compiled = target.compile(values, whole=False).identified(Fingerprinter())
    return pack(compiled, "project" if whole_project else "reached")


def _tell(endpoint: Endpoint | ServerEndpoint, *, as_json: bool) -> None:
    if isinstance(endpoint, ServerEndpoint):
        facts = {"endpoint": endpoint.name, "server": endpoint.url}
    else:
        newest = endpoint.versions[0]
        facts = {"endpoint": endpoint.name, "version": newest.version, "default": endpoint.default.version}
    if as_json:
        print_json(facts)
    else:
        print_facts(facts.items())
