"""Write a pipeline as a document: ``penstock compile``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ...compilers.fingerprints import Fingerprinter
from ...compilers.targets import SENDS_CODE, available
from ..bundles import Packed, pack
from ..exports import document
from .errors import CommandError
from .parameters import PipelineCommand, Target, parameter_option


@click.command(cls=PipelineCommand, options_metavar="[OPTIONS]")
@click.argument("reference", metavar="FILE.py:NAME [PARAMETERS]")
@parameter_option
@click.option(
    "-t",
    "--target",
    "form",
    default="json",
    show_default=True,
    help="The form of the document: json, mermaid, bundle, azureml or another that is installed.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of standard output; a bundle goes into the working folder without it.",
)
def command(reference: str, target: Target, values: Mapping[str, object], form: str, output: Path | None) -> None:
    """Write a pipeline as a document, without running anything.

    A bundle is an archive of graph and code, which `penstock run` runs anywhere. For azureml, the code of each step is written beside the file that --output names.
    Parameters stay open, but for those annotated Static: they shape the graph, and are fixed in it.
    """
    del reference  # it has become the target
    if form not in (*available(), "bundle"):
        raise click.BadParameter(f"{form!r} is none of bundle, {', '.join(available())}", param_hint="--target")
    compiled = target.compile(values, whole=False)
    if form in (*SENDS_CODE, "bundle"):
        compiled = compiled.identified(Fingerprinter())
    if form == "bundle":
        click.echo(_written(pack(compiled), output or Path.cwd()))
        return
    try:
        text = document(compiled.graph, compiled.manifests, compiled.root, form, output)
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror or error}") from error
    if output is None:
        click.echo(text, nl=False)


def _written(packed: Packed, to: Path) -> str:
    try:
        return str(packed.write(to))
    except OSError as error:
        raise CommandError(f"{to} cannot be written: {error.strerror or error}") from error
