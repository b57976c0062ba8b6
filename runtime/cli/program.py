"""Run ``penstock``: find the command, load its module, and end with the exit code that tells how it went."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import click

from ...compilers.errors import PenstockError
from ..interruptions import hear_no_more
from .codes import CANCELLED, MEANINGS, code_of
from .errors import CommandError
from .outlets import outlets, unwritten

COMMANDS: Mapping[str, str] = {
    "run": "Run a pipeline on this machine, or on Azure Machine Learning.",
    "compile": "Write a pipeline as a document, without running anything.",
    "graph": "Draw the graph of a pipeline or of a run.",
    "check": "Say what makes steps unstable, or their reuse unsound.",
    "explain": "Say which steps are reused and which run, and why.",
    "runs": "List runs, the newest first.",
    "show": "Show everything about a run.",
    "compare": "Compare two runs: what went in and out, and which code changed.",
    "logs": "Print what the steps of a run printed and logged.",
    "metrics": "Show the numbers that the steps of a run logged.",
    "replay": "Run one step of a run again, here, with the inputs that it had.",
    "stop": "Stop a run that goes on in another process.",
    "publish": "Publish a pipeline as an endpoint, without running it.",
    "endpoints": "List, enable, disable, rename and delete what is published.",
    "serve": "Serve endpoints, runs and schedules over REST and on pages.",
    "ui": "Show the runs of this workspace in the browser.",
    "clean": "Remove what no kept run needs, never what a running run holds.",
    "data": "List, upload, download and copy data in datastores.",
    "compute": "List, create, show and delete the compute of a workspace on Azure.",
    "login": "Say who is logged in to Azure, and what that is good for.",
    "init": "Write a penstock.toml into the working folder.",
    "version": "Print the versions of Penstock and Python.",
}
"""Every command and what it does. A command's module is loaded only when that command is called."""

_TRACEBACK = "--traceback"


class Program(click.Group):
    """The commands, by name."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Load a command, or return None where there is none of that name."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f".{name}", __package__).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; say which one may have been meant."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"the commands are {', '.join(COMMANDS)}"
            if ".py" in name or ":" in name:
                hint = f"to run a pipeline: penstock run {name}"
            raise click.UsageError(f"there is no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands without loading them, and the exit codes."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in MEANINGS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take ``--traceback`` from wherever it was written."""
        ctx.obj = _TRACEBACK in args
        if os.environ.get("NO_COLOR"):
            ctx.color = False  # click itself asks the stream only
        return super().parse_args(ctx, [word for word in args if word != _TRACEBACK])

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run the program. Nobody who reads what it prints can make a run fail by no longer doing so."""
        is_a_process = sys.stdout is sys.__stdout__
        try:
            with outlets():
                return super().main(*args, **settings)
        except SystemExit:
            if is_a_process:
                hear_no_more()  # the exit code is known, and is to be told
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Call a command, and turn an error that Penstock raises on purpose, or a warning, into one clean message."""
        try:
            with _plain_warnings():
                given = super().invoke(ctx)
            if lost := unwritten(sys.stdout):
                raise CommandError(lost)
            return given
        except PenstockError as error:
            if ctx.obj:
                raise
            click.echo(f"{click.style('Error:', fg='red')} {error}", err=True)
            sys.exit(code_of(error))
        except KeyboardInterrupt as error:
            click.echo(str(error) or "cancelled", err=True)
            sys.exit(CANCELLED)


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Write our own warnings as messages: where in our code they come from helps nobody."""
    usual = warnings.formatwarning

    def formatted(message: Warning | str, category: type[Warning], *place: Any, **line: Any) -> str:
        if category.__module__.partition(".")[0] == __name__.partition(".")[0]:
            return f"Warning: {message}\n"
        return usual(message, category, *place, **line)

    warnings.formatwarning = formatted
    try:
        yield
    finally:
        warnings.formatwarning = usual


main = Program(
    name="penstock",
    help="Machine-learning pipelines from plain Python functions: run here, submit there, rerun only what changed.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[click.Option([_TRACEBACK], is_flag=True, help="Show the traceback of an error.")],
    epilog="See `penstock COMMAND --help` for a command, and `penstock run FILE.py:NAME --help` for a pipeline's parameters.",
)
