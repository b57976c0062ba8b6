"""Run a pipeline: ``penstock run``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...compilers.graph import Binding, Collection, OutputRef
from ...compilers.rendering import render_binding
from ..documents import whole_document
from ..errors import RunError
from ..resolved import summarise_input
from ..runners.local import Local
from ..runs import Run
from ..terminal.endings import failure_lines, plain
from ..terminal.marks import marks_for
from ..terminal.recordings import Recording, export_svg
from ..workspace import Workspace
from .codes import CANCELLED, code_of_state
from .outlets import unwritten
from .parameters import PipelineCommand, Target, parameter_option
from .tables import Cell, print_facts, print_json
from .workspaces import workspace_option

if TYPE_CHECKING:
    from ..runners.azureml import AzureML


def _tags(_ctx: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    tags = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{text!r}: expected NAME=VALUE, as in owner=ada")
        tags[name] = value
    return tags


@click.command(cls=PipelineCommand, options_metavar="[OPTIONS]")
@click.argument("reference", metavar="FILE.py:NAME [PARAMETERS]")
@parameter_option
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="How many steps run at a time. By default one a processor."
)
@click.option("--executor", type=click.Choice(["local", "joblib", "inline", "ray"]), default="local", show_default=True,
              help="local: in processes. joblib: in processes that its loky starts. inline: one after the other in this one, for debuggers. ray: on a cluster.")  # fmt: skip
@click.option("--experiment", help="The experiment that the run belongs to. By default the pipeline's name.")
@click.option(
    "--tag", "tags", multiple=True, metavar="NAME=VALUE", callback=_tags, help="A tag for the run; may be repeated."
)
@click.option("--continue-on-failure", is_flag=True, help="Still run what does not need a failed step.")
@click.option("--regenerate", "regenerate_outputs", multiple=True, metavar="STEP",
              help="Run this step again whatever result is kept; may be repeated.")  # fmt: skip
@click.option("--regenerate-all", is_flag=True, help="Run every step again whatever results are kept.")
@click.option("--until", multiple=True, metavar="STEP", help="Run this step and all that it needs; may be repeated.")
@click.option("--only", multiple=True, metavar="STEP",
              help="Run this step alone, with its inputs taken from earlier results; may be repeated.")  # fmt: skip
@click.option("--from", "regenerate_from", multiple=True, metavar="STEP",
              help="Run this step and all that needs it again, whatever results are kept; may be repeated.")  # fmt: skip
@click.option("--on", type=click.Choice(["local", "azureml"]), default="local", show_default=True,
              help="local: on this machine. azureml: on the workspace of Azure that config.json or the environment names.")  # fmt: skip
@click.option("--compute", metavar="NAME", help="With --on azureml: the compute target of steps that name none.")
@click.option("--audit", is_flag=True, help="Watch what steps read while they run, and warn of what is not declared.")
@click.option("--display", type=click.Choice(["auto", "tree", "lines", "none"]), default="auto", show_default=True,
              help="How to show the run: a live tree on a terminal, lines elsewhere.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the run as one JSON document.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but failures.")
@click.option(
    "--picture",
    hidden=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep a picture of the final tree, as SVG.",
)
@workspace_option
def command(
    reference: str,
    target: Target,
    values: Mapping[str, object],
    as_json: bool,
    quiet: bool,
    display: Any,
    executor: Any,
    regenerate_outputs: tuple[str, ...],
    regenerate_all: bool,
    picture: Path | None,
    workspace: Workspace,
    on: str,
    compute: str | None,
    **how: Any,
) -> None:
    """Run a pipeline on this machine, or on Azure Machine Learning.

    FILE.py:NAME is a pipeline, a step, or a function of steps; package.module:NAME works too, and NAME may be left out
    where there is only one pipeline. The pipeline's parameters are options: `penstock run FILE.py:NAME --help` lists them.
    """
    del reference  # it has become the target
    if how["only"] and (how["until"] or how["regenerate_from"]):
        raise click.UsageError("--only runs nothing else, so it cannot go with --until and --from")
    if quiet:
        display = "none"
    elif executor == "inline" and display == "auto":
        display = "lines"  # a debugger's prompt and a live tree do not go together
    compiled = target.compile(values, whole=not (how["until"] or how["only"]))
    recording = Recording()
    listeners = [recording] if picture else []
    common = {"workspace": workspace, "display": display, "raise_on_failure": False, "listeners": listeners, **how}
    common["regenerate_outputs"] = regenerate_all or regenerate_outputs
    runner = (
        _on_azure(common, compute, executor) if on == "azureml" else Local(executor=executor, **_here(common, compute))
    )
    try:
        run = runner.run_compiled(compiled)
    except KeyboardInterrupt as error:
        if display == "none" or not error.args:
            raise
        sys.exit(CANCELLED)  # the display has said what became of the run
    if picture:
        picture.write_text(export_svg(recording.events, title=f"penstock run {target.shown}"), encoding="utf-8")
    _tell(run, as_json=as_json, quiet=quiet, is_shown=display != "none")
    sys.exit(code_of_state(run.status))


def _tell(run: Run, *, as_json: bool, quiet: bool, is_shown: bool) -> None:
    """Say how a run ended: on standard output what it returned, on standard error what failed, if no display has shown it."""
    if not is_shown:
        _complain(run)
    if as_json:
        print_json(_document(run))
    elif not quiet:
        print_facts(_results(run))
    if lost := unwritten(sys.stdout):
        click.echo(f"Warning: {lost}; see: penstock show {run.id}", err=True)


def _here(how: dict[str, Any], compute: str | None) -> dict[str, Any]:
    if compute is not None:
        raise click.UsageError("--compute names a compute target of Azure, so it goes with --on azureml")
    return how


_LOCAL_ONLY = ("jobs", "until", "only", "regenerate_from", "audit")


def _on_azure(how: dict[str, Any], compute: str | None, executor: str) -> AzureML:
    """Return the workspace of Azure that is meant here. Raises UsageError for what only this machine can do."""
    local = {name: how.pop(name) for name in _LOCAL_ONLY}
    local |= {
        "executor": executor != "local",
        "regenerate": isinstance(how["regenerate_outputs"], tuple) and how["regenerate_outputs"],
    }
    used = [f"--{name.replace('regenerate_from', 'from')}" for name, given in local.items() if given]
    if used:
        raise click.UsageError(f"{used[0]} is for runs on this machine, so it cannot go with --on azureml")
    how["regenerate_outputs"] = how["regenerate_outputs"] is True
    from ..runners.azureml import AzureML  # speaks HTTP, which few runs need

    return AzureML.from_config(default_compute=compute, **how)


def _complain(run: Run) -> None:
    marks = marks_for(sys.stderr)
    for step in run.records.steps():
        if step.failure is not None:
            click.echo("\n".join(map(plain, failure_lines(step, step.failure, marks))), err=True)


def _document(run: Run) -> dict[str, Any]:
    records = run.records
    return whole_document(run.record, records.steps(), records.metrics(), records.files(), run.folder)


def _results(run: Run) -> Iterator[tuple[str, Cell]]:
    """Yield what the pipeline returned, a line each, without reading big values back."""
    if not run.status.succeeded:
        return
    outputs = {step.id: step.outputs for step in run.records.steps()}
    for name, binding in _named(run.graph.output):
        if isinstance(binding, OutputRef) and not binding.path and binding.name in outputs.get(binding.node, {}):
            artifact = outputs[binding.node][binding.name]
            yield name, artifact.summary or artifact.type
        else:
            yield name, _text(run, binding)


def _named(output: Binding) -> Iterator[tuple[str, Binding]]:
    if not isinstance(output, Collection):
        yield "result", output
        return
    names = [str(key) for key in output.keys] or [str(index) for index in range(len(output.items))]
    yield from zip(names, output.items, strict=True)


def _text(run: Run, binding: Binding) -> str:
    try:
        if isinstance(binding, OutputRef):  # what control nodes gave is kept nowhere as a whole
            return summarise_input(run.values().resolve(binding))
        value = run.result()
    except RunError:
        return render_binding(binding)
    return "" if value is None else render_binding(binding)
