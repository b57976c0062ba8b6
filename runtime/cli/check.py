"""Say what makes the steps of a pipeline unstable, or their reuse unsound: ``penstock check``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import attrs
import click

from ...compilers.linting import RULES, Finding, Rule, UnknownRule, chosen_rules
from ..runners.checking import check_compiled
from ..terminal.findings import print_findings
from ..workspace import Workspace
from .codes import COMPLETED, FAILED
from .parameters import PipelineCommand, Target, parameter_option
from .tables import print_json, print_table
from .workspaces import workspace_option


def _names(_ctx: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(name.strip() for text in texts for name in text.split(",") if name.strip())
    try:
        chosen_rules(names)
    except UnknownRule as error:
        raise click.BadParameter(str(error), param=option) from None
    return names


def _print_rules(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        print_table(("CODE", "RULE", "WHAT IT FINDS"), [_row(rule) for rule in RULES])
        ctx.exit()


def _row(rule: Rule) -> tuple[str, str, str]:
    return rule.code, rule.name, rule.summary + ("" if rule.by_default else " (only when selected)")


@click.command(cls=PipelineCommand, options_metavar="[OPTIONS]")
@click.argument("reference", metavar="FILE.py:NAME [PARAMETERS]")
@parameter_option
@click.option("--select", multiple=True, metavar="RULE", callback=_names,
              help="Only this rule, by name or code; PS1 stands for all that begin so. May be repeated.")  # fmt: skip
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    callback=_names,
    help="All but this rule, by name or code; may be repeated.",
)
@click.option(
    "--rules", is_flag=True, is_eager=True, expose_value=False, callback=_print_rules, help="List the rules, and end."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@workspace_option
def command(
    reference: str,
    target: Target,
    values: Mapping[str, object],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    as_json: bool,
    workspace: Workspace,
) -> None:
    """Say what makes steps unstable, or their reuse unsound.

    Looks at everything that the steps reach in the project's code, and runs nothing. A comment `# penstock: ignore[RULE]`
    in a line silences a rule there. Ends with 1 where something is found.
    """
    del reference  # it has become the target
    rules = chosen_rules(select, ignore)
    compiled = target.compile(values, whole=False)
    findings = check_compiled(compiled, workspace, rules)
    if as_json:
        print_json([_document(finding) for finding in findings])
    else:
        print_findings(findings, len(compiled.graph), sys.stdout)
    sys.exit(FAILED if findings else COMPLETED)


def _document(finding: Finding) -> dict[str, Any]:
    document = attrs.asdict(finding)
    del document["width"]
    return document
