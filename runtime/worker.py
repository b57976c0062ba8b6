"""Run one step on a machine that has nothing but its code and its inputs: ``python -m penstock.runtime.worker``.

The step is told by a *call*, a graph with one node whose parameters are the inputs that are given here. Values come as
text, artifacts and data as paths; each output is written as an artifact into the folder that is given for it. It ends with 0,
or with 1 after the user's traceback. What it reports goes to MLflow and beside its outputs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import final

import attrs

from ..compilers.errors import PenstockError
from ..compilers.graph import Graph, Literal, Node
from ..compilers.serialisation import from_json
from ..compilers.targets.azureml.texts import read_text
from .capture import LoggingShown
from .enclosed import perform_enclosed
from .events import Event, FileLogged, MetricLogged
from .invocation import invoke
from .loglines import failure_line
from .mlflow import MetricSender
from .offspring import end_children
from .resolution import Values
from .resolved import Stored
from .retrying import delay_after, is_retried
from .store import LocalStore
from .store.portable import read_in, write_out
from .tasks import Completed, Failed, Outcome, Task

REPORT = "step.json"
"""The file beside the first output that says what the step reported and how long it took."""

REPORTED = "logged"
"""The folder beside it with the figures and texts that the step logged."""

LOGGED = Path("outputs")
"""The folder whose files Azure keeps with the job: figures and texts that the step logs go there."""

ELSEWHERE = "PENSTOCK_ELSEWHERE"
"""The environment variable that says so to :mod:`penstock.dsl.options`."""

_SCHEMA = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step that a command line describes, and return the exit status."""
    given = _parser().parse_args(arguments)
    scratch = Path(tempfile.mkdtemp(prefix="penstock-"))
    try:
        return _run(given, scratch)
    except PenstockError as error:
        print(f"the step could not be run: {error}", file=sys.stderr)  # noqa: T201 -- standard error is its log
        return 1
    finally:
        end_children()
        shutil.rmtree(scratch, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m penstock.runtime.worker", description=__doc__, allow_abbrev=False)
    parser.add_argument("--call", required=True, help="a graph with one node, as JSON, or @ and the file that holds it")
    for name, what in [
        ("value", "an input as text"),
        ("artifact", "an input as a folder that holds an artifact"),
        ("data", "an input as a path"),
        ("output", "where to write an output, in the order of the step's outputs"),
    ]:
        parser.add_argument(f"--{name}", action="append", default=[], type=_pair, metavar="NAME=TEXT", help=what)
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=TEXT")
    return name, value


def _run(given: argparse.Namespace, scratch: Path) -> int:
    call = _call(given.call)
    (node,) = call.nodes
    store = LocalStore(scratch / "store")
    values = Values(*_inputs(call, given, store), {}, store=store)
    reports = Reports(scratch)
    if node.control is None:
        outcome = _attempts(_task(node, values, scratch), reports)
    else:
        outcome = perform_enclosed(call, values, store, scratch / "run", reports)
    reports.flush()
    if isinstance(outcome, Failed):
        print(f"{outcome.failure}\n{failure_line(outcome.failure)}", file=sys.stderr, flush=True)  # noqa: T201 -- as above
        return 1
    places = [Path(place) for _, place in given.output]
    for artifact, place in zip(outcome.outputs.values(), places, strict=False):
        write_out(artifact, store, place)
    if places:
        reports.write(places[0], outcome)
    return 0


def _call(text: str) -> Graph:
    return from_json(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)


def _inputs(
    call: Graph, given: argparse.Namespace, store: LocalStore
) -> tuple[dict[str, Literal | Stored], dict[str, Stored]]:
    """Return the parameters of the call, and what it calls attached, both by name."""
    artifacts = {name: Stored(read_in(Path(place), store)) for name, place in given.artifact}
    values = {name: Literal(read_text(text, call.parameter(name).type)) for name, text in given.value}
    data = {name: Literal(Path(place).absolute()) for name, place in given.data}
    return values | data | artifacts, artifacts


def _task(node: Node, values: Values, scratch: Path) -> Task:
    attached = node.function.attached
    return Task(
        run=os.environ.get("AZUREML_RUN_ID", "alone"),
        step=node.id,
        name=node.name,
        function=node.function,
        inputs=values.inputs(node),
        outputs=tuple(output.name for output in node.outputs),
        root=str(Path.cwd()),
        store=str(scratch / "store"),
        run_folder=str(scratch / "run"),
        cache=str(scratch / "cache"),
        payload=values.attached[attached.key].artifact if attached else None,
        options=node.options,
    )


def _attempts(task: Task, reports: Reports) -> Outcome:
    """Run a step as often as its options allow, until it returns."""
    retry, attempt = task.options.retry, 1
    while True:
        outcome = _attempt(task, attempt, reports)
        if isinstance(outcome, Completed) or attempt > task.options.retries or not is_retried(outcome.failure, retry):
            return outcome
        delay = delay_after(attempt, retry)
        told = f"{outcome.failure}\nattempt {attempt} failed; trying again in {delay:g} s"
        print(told, file=sys.stderr, flush=True)  # noqa: T201 -- as above
        time.sleep(delay)
        attempt += 1


def _attempt(task: Task, attempt: int, reports: Reports) -> Outcome:
    return invoke(attrs.evolve(task, attempt=attempt), _shown, reports)


@contextlib.contextmanager
def _shown(_log: str) -> Iterator[None]:
    """Leave output where it goes, which is the log of the job; show what is logged as well."""
    with LoggingShown(sys.stderr):
        yield
    sys.stdout.flush()


@final
class Reports:
    """What a step reports while it runs: sent on at once, and kept for the end."""

    def __init__(self, scratch: Path) -> None:
        self._folder = scratch / "run"
        self._sender = MetricSender.from_environment()
        self._metrics: list[list[object]] = []
        self._files: list[FileLogged] = []

    def __call__(self, event: Event) -> None:
        """Take in what the step reports."""
        if isinstance(event, MetricLogged):
            self._metrics.append([event.time, event.name, event.value, event.index])
            if self._sender:
                self._sender.take(event)
        elif isinstance(event, FileLogged):
            self._files.append(event)
            LOGGED.mkdir(exist_ok=True)
            shutil.copy(self._folder / event.path, LOGGED)

    def flush(self) -> None:
        """Send what is left."""
        if self._sender:
            self._sender.flush()

    def write(self, folder: Path, outcome: Completed) -> None:
        """Write what was reported into the folder of an output."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [[event.time, event.name, Path(event.path).name] for event in self._files]
        for event in self._files:
            (folder / REPORTED).mkdir(exist_ok=True)
            shutil.copy(self._folder / event.path, folder / REPORTED)
        document = {"schema": _SCHEMA, "duration": outcome.duration, "metrics": self._metrics, "files": files}
        (folder / REPORT).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault(ELSEWHERE, "1")
    sys.exit(main())
