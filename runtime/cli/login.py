"""Say who is logged in to Azure: ``penstock login``."""

from __future__ import annotations

import sys

import click

from ..azure.permissions import Check, Person, read_person
from ..runners.azureml import AzureML
from ..states import State
from ..terminal.marks import marks_for
from .remotes import azure_options
from .tables import print_facts, print_heading, print_json, styled_line


@click.command()
@click.option("--check", is_flag=True, help="Look at the workspace too, and ask what is allowed there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@azure_options
def command(check: bool, as_json: bool, azure: AzureML) -> None:
    """Say who is logged in to Azure, and what that is good for.

    Logging in itself is done by Azure's tools (`az login`), by a managed identity, or by the variables of a service
    principal. Nothing is kept here.
    """
    found = azure.check() if check else None
    person = found.person if found else read_person(azure.connection.client.tokens.claims())
    if as_json:
        print_json(_document(person, found))
        return
    kind = " (a program)" if person.is_program else ""
    print_facts([("logged in as", (f"{person.name}{kind}", "bold")), ("tenant", person.tenant)])
    if found:
        print_facts([("workspace", found.workspace), ("region", found.location)])
        _print_abilities(found)


def _print_abilities(found: Check) -> None:
    states = {True: State.COMPLETED, False: State.FAILED, None: State.SKIPPED}
    marks = marks_for(sys.stdout).states
    print_heading("may")
    for name, may in found.may.items():
        words = {True: "", False: "  no", None: "  not known"}[may]
        click.echo(styled_line([(marks[states[may]], states[may].value), f" {name}{words}"], sys.stdout))
    if False in found.may.values():
        click.echo("\nan owner of the workspace can give the roles AzureML Data Scientist and AzureML Compute Operator")


def _document(person: Person, found: Check | None) -> dict[str, object]:
    who: dict[str, object] = {"name": person.name, "tenant": person.tenant, "program": person.is_program}
    if found is None:
        return who
    return {**who, "workspace": found.workspace, "location": found.location, "may": dict(found.may)}
