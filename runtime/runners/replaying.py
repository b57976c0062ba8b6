"""Run one step of an earlier run again, in this process, with the inputs that it had and today's code.

Nothing is recorded: what the step logs is printed, what it returns is compared with what is stored and forgotten.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from attrs import field, frozen

from ...compilers.errors import PenstockError
from ...compilers.fingerprints import Fingerprinter, Manifest
from ...compilers.fingerprints.differences import Difference
from ...compilers.graph import FunctionRef, Node
from ...compilers.lowering.parameters import kind_of
from ...compilers.traversal import output_refs
from ..artifacts import Artifact
from ..capture import LoggingShown
from ..changes import code_changes
from ..context import Entered, StepContext
from ..errors import DatastoreError, RunError, StepNotFound, StoreError
from ..functions import Importing, find_function
from ..history.records import StepRecord
from ..inputs import kept_inputs
from ..invocation import call, load, split_outputs
from ..resolution import Values
from ..resolved import Resolved
from ..runs import Run
from ..states import State
from ..store import LocalStore, decode, encode_all
from ..store.codecs.containers import leaves
from ..store.staging import remove_tree
from ..store.summaries import summarise
from ..surroundings import Surroundings
from ..tasks import Task
from ..whereabouts import Whereabouts
from ..workspace import Workspace

Caller: TypeAlias = Callable[[Callable[..., Any], Mapping[str, object]], object]
"""Calls a function with its arguments by name; a debugger puts itself in between here."""


@frozen
class Code:
    """The function to call. ``changes`` are how it differs from what ran; None where it does and nobody knows in what.

    ``note`` says what else should be known: that it is not today's code, or cannot be compared.
    """

    function: Callable[..., Any] = field(repr=False)
    changes: tuple[Difference, ...] | None = ()
    note: str = ""


@frozen
class Replayable:
    """A step of a run, ready to be called again with some arguments."""

    run: Run
    record: StepRecord
    task: Task
    code: Code
    arguments: Mapping[str, object] = field(repr=False)


@frozen
class Replay:
    """A step that was run again and returned. ``duration`` is in seconds.

    ``equal`` says whether the result is the stored one; None where none is stored. ``outputs`` and ``stored`` describe
    both, by the outputs' names.
    """

    run: str
    step: str
    result: object
    duration: float
    equal: bool | None
    outputs: Mapping[str, str] = field(factory=dict)
    stored: Mapping[str, str] = field(factory=dict)


def replayed(run: Run | str, step: str, attempt: int | None = None, workspace: Workspace | None = None) -> Replay:
    """Run one step of a run again; see :func:`penstock.runtime.asking.replay`."""
    return perform(prepare_replay(Run.get(run, workspace) if isinstance(run, str) else run, step, attempt))


def prepare_replay(run: Run, step: str, attempt: int | None = None) -> Replayable:
    """Find the function of a step and load its inputs. Raises StepNotFound and RunError."""
    records = {record.id: record for record in run.records.steps()}
    rehearsal = run.rehearsal()
    if step not in records or step not in rehearsal.nodes:
        raise StepNotFound(step, f"run {run.id}", tuple(one for one in records if one in rehearsal.nodes))
    record, node = records[step], rehearsal.nodes[step]
    if node.control is not None:
        items = ", ".join(record.id for record in records.values() if record.parent == step)
        raise RunError(f"{step!r} has no code of its own to run again; what it unfolded to has: {items or 'nothing'}")
    resolved = _inputs(run, rehearsal.values, node, records)
    with Importing(f"the replay of {step!r}"):
        code = _code(run, node)
        arguments = _loaded(run, step, resolved)
    return Replayable(run, record, _task(run, node, resolved, attempt or max(1, record.attempts)), code, arguments)


def perform(replayable: Replayable, caller: Caller = call) -> Replay:
    """Call the step; its output goes where this process's goes. Raises what the step raises."""
    task = replayable.task
    environment = task.options.environment
    context = StepContext(task.step, task.run, task.attempt)
    with Entered(context), Surroundings(environment.variables if environment else {}), LoggingShown(sys.stderr):
        started = time.perf_counter()
        result = caller(replayable.code.function, replayable.arguments)
        duration = time.perf_counter() - started
    parts = split_outputs(task, result)
    if context.has_folder and not any(
        isinstance(leaf, Path) for leaf in leaves(parts)
    ):  # files that were returned stay
        shutil.rmtree(context.folder, ignore_errors=True)
    return _compared(replayable, result, parts, duration)


def _task(run: Run, node: Node, inputs: Mapping[str, Resolved], attempt: int) -> Task:
    return Task(
        run=run.id,
        step=node.id,
        name=node.name,
        function=node.function,
        inputs=inputs,
        outputs=tuple(output.name for output in node.outputs),
        root=str(run.root),
        store="",
        run_folder=str(run.folder),
        attempt=attempt,
        options=node.options,
    )


def _inputs(run: Run, values: Values, node: Node, records: Mapping[str, StepRecord]) -> dict[str, Resolved]:
    """Return a step's inputs. Raises RunError that names what is missing."""
    for name, binding in node.inputs.items():
        for ref in output_refs([binding]):
            if ref.node not in values.outputs and ref.node not in values.made:
                raise RunError(
                    f"step {node.id!r} of run {run.id} cannot be run again: its input {name!r} is what {ref.node!r} "
                    f"returns, and that {_ending(records.get(ref.node))}"
                )
    try:
        return values.inputs(node)
    except KeyError as error:
        file = run.folder / "inputs.json"
        raise RunError(
            f"step {node.id!r} of run {run.id} cannot be run again: {error} was given to the run and not kept "
            f"({file} is gone)"
        ) from None


def _ending(record: StepRecord | None) -> str:
    if record is None:
        return "is not part of the run"
    return str(record.state) if record.state is State.FAILED else f"is {record.state}"


def _loaded(run: Run, step: str, resolved: Mapping[str, Resolved]) -> dict[str, object]:
    arguments: dict[str, object] = {}
    for name, value in resolved.items():
        try:
            arguments[name] = load(value, run.store, Whereabouts(run.root, run.datastores))
        except (StoreError, DatastoreError) as error:
            raise RunError(f"step {step!r} of run {run.id} cannot be run again: its input {name!r}: {error}") from error
    return arguments


def _code(run: Run, node: Node) -> Code:
    """Find today's function, or the one that was kept with the run where nobody can import it."""
    kept = kept_inputs(run.folder)
    _import_from(kept.path if kept else (str(run.root),))
    try:
        found = find_function(attrs.evolve(node.function, attached=None))
    except (Exception, SystemExit) as error:  # a script may do anything while it is imported
        if node.function.attached is None:
            raise
        return Code(_unpacked(run, node.function), (), _kept_note(node.function, error))
    return _compared_code(run, node, found)


def _kept_note(ref: FunctionRef, error: BaseException) -> str:
    why = str(error).partition("\n")[0] if isinstance(error, PenstockError) else f"{type(error).__name__}: {error}"
    return f"its code is what it was then: {ref.qualname} travelled with the run, and importing it fails ({why})"


def _unpacked(run: Run, ref: FunctionRef) -> Callable[..., Any]:
    attached = run.values().attached.get(ref.attached.key if ref.attached else "")
    if attached is None:
        raise RunError(f"the function {ref} cannot be imported, and what travelled with run {run.id} was not kept")
    return decode(attached.artifact, run.store)  # type: ignore[return-value]  # the driver stored a function


def _import_from(folders: Sequence[str]) -> None:
    """Look for modules where the run did, from now on: what is imported may import more later."""
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]
    importlib.invalidate_caches()


def _compared_code(run: Run, node: Node, found: Any) -> Code:
    """Return today's function with how it differs from the one that ran."""
    function, modules = found, ()
    if kind_of(found) == "step":
        function, modules = found.function, found.settings.modules
    if node.fingerprint is None:
        return Code(function, (), "whether its code has changed is not known: it could not be identified")
    today = Fingerprinter().function(function, modules=modules)
    known = {today.digest: today.manifest}

    def manifest(fingerprint: str) -> Manifest | None:
        history = getattr(run.records, "history", None)  # a run that is still in memory has none
        return known.get(fingerprint) or (history.cache.manifest(fingerprint) if history else None)

    return Code(function, code_changes(node.fingerprint, today.digest, manifest))


def _compared(replayable: Replayable, result: object, parts: Mapping[str, object], duration: float) -> Replay:
    """Put what a step returned beside what is stored."""
    stored = replayable.record.outputs
    outputs = {name: summarise(value) for name, value in parts.items()}
    known = {name: artifact.summary or artifact.type for name, artifact in stored.items()}
    equal = _is_equal(parts, stored) if stored else None
    return Replay(replayable.task.run, replayable.task.step, result, duration, equal, outputs, known)


def _is_equal(parts: Mapping[str, object], stored: Mapping[str, Artifact]) -> bool:
    """Say whether values are, byte for byte, the stored ones. They are encoded into a store that is thrown away."""
    if parts.keys() != stored.keys():
        return False
    folder = Path(tempfile.mkdtemp(prefix="penstock-replay-"))
    try:
        made = encode_all(parts.values(), LocalStore(folder))
    finally:
        remove_tree(folder)
    return all(artifact.digest == stored[name].digest for name, artifact in zip(parts, made, strict=True))
