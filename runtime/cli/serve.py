"""Serve a workspace over HTTP: ``penstock serve``."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ..workspace import Workspace
from .servers import import_server
from .workspaces import workspace_option

SCOPES = ("read", "run", "publish", "admin")
"""The scopes of a server, which is an extra and need not be installed here."""


def _roles(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Return scopes by role. Raises BadParameter."""
    roles: dict[str, str] = {}
    for text in given:
        role, _, scope = text.rpartition("=")
        if not role.strip() or scope not in SCOPES:
            raise click.BadParameter(
                f"{text!r}: expected ROLE=SCOPE with a scope of {', '.join(SCOPES)}, as in Admins=admin"
            )
        if roles.setdefault(role, scope) != scope:
            raise click.BadParameter(f"the role {role!r} is given two scopes; give who needs both two roles")
    return roles


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 lets others in.")
@click.option("--port", type=click.IntRange(0, 65535), default=8075, show_default=True, help="0 for any that is free.")
@click.option("--name", "names", multiple=True, help="A host name under which the server is called; may be repeated.")
@click.option(
    "--slots", type=click.IntRange(min=0), default=2, show_default=True, help="How many runs go on at a time."
)
@click.option("--per-endpoint", type=click.IntRange(min=1), help="How many of them of one endpoint.")
@click.option(
    "--remote-runs", type=click.IntRange(min=0), default=50, show_default=True,
    help="How many runs at a time go on elsewhere, as in Azure; they take no slot.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="How long a run may take."
)
@click.option("--entra-tenant", metavar="ID", help="The directory whose Entra ID tokens are accepted.")
@click.option("--entra-audience", metavar="URI", help="What those tokens must have been issued for.")
@click.option(
    "--entra-keys", metavar="URL|FILE", help="Where the directory's public keys are; by default at Microsoft's."
)
@click.option(
    "--entra-role", "entra_roles", multiple=True, metavar="ROLE=SCOPE", callback=_roles,
    help="Which scope a role of the application is: read, run, publish or admin; may be repeated. By default Penstock.Read and so on.",
)  # fmt: skip
@workspace_option
def command(
    host: str,
    port: int,
    names: tuple[str, ...],
    slots: int,
    per_endpoint: int | None,
    remote_runs: int,
    timeout: float | None,
    entra_tenant: str | None,
    entra_audience: str | None,
    entra_keys: str | None,
    entra_roles: Mapping[str, str],
    workspace: Workspace,
) -> None:
    """Serve endpoints, runs and schedules over REST and on pages.

    Whoever may publish runs code on this machine: give out tokens with care.
    """
    server = import_server()
    if bool(entra_tenant) != bool(entra_audience):
        raise click.UsageError("--entra-tenant and --entra-audience go together")
    if (entra_keys or entra_roles) and not entra_tenant:
        raise click.UsageError("--entra-keys and --entra-role need --entra-tenant and --entra-audience")
    entra = entra_tenant and server.EntraID(
        tenant=entra_tenant, audience=entra_audience, keys=entra_keys, roles=entra_roles
    )
    settings = server.Settings(
        host=host,
        port=port,
        names=names,
        slots=slots,
        per_endpoint=per_endpoint,
        remote_runs=remote_runs,
        run_timeout=timeout,
        entra=entra or None,
    )
    token = server.first_token(workspace)
    if token is not None:
        click.echo(f"the first token, with the scope admin, is shown this once: {token}", err=True)
    server.serve(workspace, settings, lambda url: click.echo(f"serving {workspace.root} at {url}", err=True))
