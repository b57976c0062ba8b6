"""Perform one task in the process where it is: load inputs, call the function, store what it returns."""

from __future__ import annotations

import collections
import contextlib
import functools
import inspect
import os
import re
import shutil
import sys
import time
import typing
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from ..compilers.datapaths import DataPath
from ..compilers.literals import Literal
from ..compilers.references import FunctionRef
from .artifacts import Artifact
from .auditing import audited
from .capture import leave, process_output
from .context import _RUNNING, Entered, StepContext
from .errors import RunError
from .failures import describe
from .functions import Importing, find_function
from .interruptions import Terminated
from .offspring import ForksEnded, end_children
from .originals import ORIGINALS
from .resolved import Gathered, Resolved, Stored
from .splitting import Parts
from .store import ArtifactStore, decode, encode_all, open_store
from .surroundings import Surroundings
from .tasks import Completed, Failed, Outcome, Task
from .whereabouts import Whereabouts

if TYPE_CHECKING:
    from ..compilers.bindings import Collection
    from .events import Event


def perform(task: Task, send: Callable[[Event], None]) -> Outcome:
    """Run a task in a worker process: its output goes to its log, its reports to the driver through ``send``."""
    spares = _folder(task.run_folder) if _has_no_log(task) else None
    try:
        outcome = invoke(task, functools.partial(process_output, spares=spares), send, is_own=True)
    except (KeyboardInterrupt, SystemExit) as error:  # nobody interrupts a worker: the step raised it itself
        outcome = Failed(describe(error, task), pid=os.getpid())
    end_children()
    return outcome


def _has_no_log(task: Task) -> bool:
    """Say whether an earlier attempt has written no log, on a system where an open file can be given a name."""
    return os.name == "posix" and (task.attempt == 1 or not Path(task.run_folder, task.log).exists())


def abandon() -> None:
    """Remove the folders of the steps that run in this process, and name its log: it ends without waiting for them."""
    for context in tuple(_RUNNING):
        if context.has_folder:
            shutil.rmtree(context.folder, ignore_errors=True)
    leave()


def invoke(
    task: Task,
    capture: Callable[[str], AbstractContextManager[None]],
    send: Callable[[Event], None],
    *,
    is_own: bool = False,
) -> Outcome:
    """Run a task in this process and return how it ended. The process ``is_own`` where it does nothing else.

    Nothing that the step does is raised, but KeyboardInterrupt and Terminated, which are meant for the driver.
    """
    context = StepContext(task.step, task.run, task.attempt, _folder(task.run_folder), send, task.datastores)
    variables = task.options.environment.variables if task.options.environment else {}
    started = time.perf_counter()
    try:
        with (
            Entered(context),
            Surroundings(variables, is_own=is_own) as around,
            capture(f"{task.run_folder}/{task.log}"),
        ):
            return _invoke(task, context, around)
    except (KeyboardInterrupt, Terminated):
        raise
    except BaseException as error:  # a step may raise SystemExit, or asyncio's CancelledError
        return Failed(describe(error, task), time.perf_counter() - started, os.getpid())
    finally:
        if context.has_folder:
            shutil.rmtree(context.folder, ignore_errors=True)


def _invoke(task: Task, context: StepContext, around: Surroundings) -> Completed:
    store, modules = store_at(task.store, task.cache), len(sys.modules)
    with Importing(f"step {task.step!r}"):
        function = _function(task, store)
        found = task.datastores
        where = Whereabouts(_folder(task.root), None if found is None else lambda: found)
        kept = data_path_parameters(function) if found is not None else frozenset()
        arguments = {
            name: value.value if name in kept and _is_data_path(value) else load(value, store, where)
            for name, value in task.inputs.items()
        }
    if len(sys.modules) != modules:
        around.keep()
        ORIGINALS.keep()
    started = time.perf_counter()
    watched: AbstractContextManager[list[str]] = audited(task, arguments) if task.audit else contextlib.nullcontext([])
    with ForksEnded(task.step), ORIGINALS, watched as undeclared:
        result = call(function, arguments)
    duration = time.perf_counter() - started
    scratch = context.folder if context.has_folder else None
    parts = split_outputs(task, result)
    outputs = dict(zip(parts, encode_all(parts.values(), store, scratch=scratch), strict=True))
    return Completed(outputs, duration, os.getpid(), tuple(undeclared))


def data_path_parameters(function: Callable[..., Any]) -> frozenset[str]:
    """Return the parameters that are annotated to take a data path itself, where others get the data behind it."""
    parameters = _signature(function).parameters.values()
    return frozenset({parameter.name for parameter in parameters if _admits_data_path(parameter.annotation)})


def _admits_data_path(annotation: object) -> bool:
    """Look for the class in an annotation, or for its name in one that is text: other names in it may not exist here."""
    if isinstance(annotation, str):
        return DataPath.__name__ in re.findall(r"\w+", annotation)
    return DataPath in (annotation, *typing.get_args(annotation))


def _is_data_path(value: Resolved) -> TypeGuard[Literal]:
    return isinstance(value, Literal) and type(value.value) is DataPath


def load(value: Resolved, store: ArtifactStore, where: Whereabouts) -> object:
    """Return the value behind a resolved input; what it names is brought here."""
    match value:
        case Literal():
            return where.local(value.value)
        case Stored(artifact, ()):
            return decode(artifact, store)
        case Stored(artifact, path):
            return functools.reduce(lambda whole, item: _select(whole, item, artifact), path, decode(artifact, store))
        case Gathered(shape, items, payload):
            loaded = [load(item, store, where) for item in items]
            if shape.kind == "dict":
                return dict(zip(shape.keys, loaded, strict=True))
            if shape.kind == "namedtuple":
                return _named_tuple(shape, payload, store)(*loaded)
            return {"list": list, "tuple": tuple, "set": set}[shape.kind](loaded)


def call(function: Callable[..., Any], arguments: Mapping[str, object]) -> object:
    """Call a function with every parameter given by name; a coroutine is awaited, a generator is listed."""
    bound = inspect.BoundArguments(_signature(function), dict(arguments))
    result = function(*bound.args, **bound.kwargs)
    if inspect.iscoroutine(result):
        import asyncio

        return asyncio.run(result)
    return list(result) if inspect.isgenerator(result) else result


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return a function's signature, which takes longer to find out than a small step takes to run."""
    try:
        return _known_signature(function)
    except TypeError:  # a callable object that cannot be hashed
        return inspect.signature(function)


_known_signature = functools.lru_cache(maxsize=1024)(inspect.signature)


def split_outputs(task: Task, result: Any) -> dict[str, object]:
    """Return a result's parts by the names of the step's outputs. Raises RunError where they do not match."""
    names = task.outputs
    if isinstance(result, Parts):
        return dict(result)
    if not names:
        return {}
    if names == ("output",):
        return {"output": result}
    if isinstance(result, Mapping) and set(names) <= set(result):
        return {name: result[name] for name in names}
    if isinstance(result, tuple | list) and len(result) == len(names):
        return dict(zip(names, result, strict=True))
    size = f" of length {len(result)}" if isinstance(result, tuple | list) else ""
    raise RunError(
        f"{task.name}() is annotated to return {len(names)} outputs ({', '.join(names)}), "
        f"and returned a {type(result).__name__}{size}"
    )


def _function(task: Task, store: ArtifactStore) -> Callable[..., Any]:
    return find_function(task.function) if task.payload is None else _unpacked(task.payload, store)


_PAYLOADS: dict[str, Callable[..., Any]] = {}


def _unpacked(payload: Artifact, store: ArtifactStore) -> Callable[..., Any]:
    if payload.digest not in _PAYLOADS:
        _PAYLOADS[payload.digest] = decode(payload, store)  # type: ignore[assignment]  # the driver stored a function
    return _PAYLOADS[payload.digest]


_folder = functools.lru_cache(maxsize=8)(Path)
"""Makes a path of a text that each task of a run has, which takes longer than to look it up."""


@functools.lru_cache(maxsize=8)
def store_at(location: str, cache: str) -> ArtifactStore:
    """Return the store at a location, opened once; ``cache`` is the folder for what is read from elsewhere."""
    return open_store(location, Path(cache))


def _select(whole: Any, item: str | int, artifact: Artifact) -> Any:
    try:
        return whole[item]
    except (LookupError, TypeError) as error:
        raise RunError(
            f"an input selects the item {item!r}, which {artifact.summary or artifact.type} does not have: {error!r}"
        ) from error


def _named_tuple(shape: Collection, payload: Artifact | None, store: ArtifactStore) -> Callable[..., object]:
    """Return the class of a NamedTuple: sent along, imported, or made of its fields where neither is possible."""
    if payload is not None:
        return decode(payload, store)  # type: ignore[return-value]  # the driver stored a class
    module, _, qualname = (shape.type or "").partition(":")
    if shape.payload is None:
        with contextlib.suppress(RunError, ValueError):
            return find_function(FunctionRef(module, qualname))
    return collections.namedtuple(qualname.rpartition(".")[2] or "Items", map(str, shape.keys))
