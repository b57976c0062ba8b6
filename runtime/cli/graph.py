"""Draw a graph: ``penstock graph``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from ...compilers.graph import Graph
from ...compilers.members import Member
from ...compilers.targets import write_as
from ..terminal.drawing import draw
from ..terminal.marks import marks_for
from ..workspace import Workspace
from .parameters import PipelineCommand, Target, parameter_option
from .workspaces import workspace_option


def is_pipeline(text: str) -> bool:
    """Say whether a word names a pipeline; otherwise it refers to a run."""
    return ":" in text or text.endswith(".py") or "/" in text or Path(text).is_dir()


@click.command(cls=PipelineCommand, is_target=is_pipeline, options_metavar="[OPTIONS]")
@click.argument("reference", metavar="FILE.py:NAME|RUN [PARAMETERS]")
@parameter_option
@click.option("--mermaid", is_flag=True, help="Write a Mermaid flowchart instead, which Markdown viewers draw.")
@click.option(
    "--width",
    type=click.IntRange(min=20),
    help="Cut lines at this many characters. By default at the terminal's width.",
)
@workspace_option
def command(
    reference: str,
    target: Target | None,
    values: Mapping[str, object],
    mermaid: bool,
    width: int | None,
    workspace: Workspace,
) -> None:
    """Draw the graph of a pipeline or of a run.

    A line a step, with rails from each step to those that need it. Large graphs show namesakes as one.
    """
    graph = target.compile(values, whole=False).graph if target else _graph_of_run(reference, workspace)
    if mermaid:
        click.echo(write_as(graph, "mermaid"), nl=False)
        return
    if width is None and sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
    click.echo(draw(graph, marks=marks_for(sys.stdout), width=width), nl=False)


def _graph_of_run(reference: str, workspace: Workspace) -> Graph:
    return workspace.history.graph(workspace.history.run(reference).id, member=Member)
