"""Say which steps are reused and which run, and why: ``penstock explain``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import click

from ..asking import explain
from ..runners.explaining import Explanation, Verdict, explain_ahead
from ..runners.preparing import prepare
from ..runs import Run
from ..workspace import Workspace
from .diffs import diff_lines, print_diffs
from .graph import is_pipeline
from .parameters import PipelineCommand, Target, parameter_option
from .tables import Cell, print_heading, print_json, print_table
from .workspaces import workspace_option

_STYLES = {"reused": "reused", "runs": "completed", "depends": "dim", "skipped": "skipped"}


@click.command(cls=PipelineCommand, is_target=is_pipeline, options_metavar="[OPTIONS]")
@click.argument("reference", metavar="FILE.py:NAME|RUN [PARAMETERS]")
@parameter_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@workspace_option
def command(
    reference: str, target: Target | None, values: Mapping[str, object], as_json: bool, workspace: Workspace
) -> None:
    """Say which steps are reused and which run, and why.

    For a run: what became of each step. For a pipeline: what a run with these parameters would do now; nothing is run.
    """
    verdicts = _explained(reference, target, values, workspace)
    if as_json:
        print_json([_document(verdict) for verdict in verdicts])
        return
    print_table(("STEP", "DECISION", "REASON"), [_row(verdict) for verdict in verdicts])
    changes = [change for verdict in verdicts for change in verdict.changes]
    if any(map(diff_lines, changes)):
        print_heading("changed code")
        print_diffs(changes)


def _explained(
    reference: str, target: Target | None, values: Mapping[str, object], workspace: Workspace
) -> Explanation:
    if target is None:
        return explain(Run.get(reference, workspace))
    return explain_ahead(prepare(target.compile(values, whole=True), workspace))


def _document(verdict: Verdict) -> dict[str, Any]:
    document = attrs.asdict(verdict, recurse=False)
    return {**document, "changes": [attrs.asdict(change) for change in verdict.changes]}


def _row(verdict: Verdict) -> tuple[Cell, Cell, Cell]:
    return verdict.label, (verdict.decision, _STYLES[verdict.decision]), verdict.reason
