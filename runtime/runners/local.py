"""Run pipelines on this machine: tracked, in parallel, with every result kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import attrs
from attrs import field, frozen

from ...compilers import lowering
from ...compilers.garbage import collection_held_back
from .. import runners
from ..errors import RunError, RunFailed
from ..frames import ours_hidden
from ..interruptions import stopped_by_sigterm
from .choices import Display, ExecutorName

if TYPE_CHECKING:
    from ...compilers.lowering import Compiled
    from ..events import Listener
    from ..executors.kept import KeptWorkers
    from ..runs import Run
    from ..workspace import Workspace
    from .execution import Cluster, Elsewhere, Execution


def _expect(expected: str, accepts: Callable[[Any], bool]) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """Make a validator that says what was expected."""

    def validator(_instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not accepts(value):
            raise RunError(f"Local({attribute.name}={value!r}) is wrong; expected {expected}")

    return validator


def _one_of(choices: Any) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    names = get_args(choices)
    return _expect(" or ".join(map(repr, names)), lambda value: isinstance(value, str) and value in names)


def _is_executor(value: object) -> bool:
    return value in get_args(ExecutorName) if isinstance(value, str) else callable(getattr(value, "open", None))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _is_boolean_or_names(value: object) -> bool:
    if isinstance(value, bool):
        return True
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(name, str) for name in value)


def _named_steps(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _is_names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) and name for name in value)


_boolean = _expect("True or False", lambda value: isinstance(value, bool))
_names = _expect("the name of a step, or a list of them", _is_names)


@frozen(kw_only=True)
class Local:
    """How to run on this machine.

    ``jobs`` is how many steps run at a time (the number of processors by default). ``executor`` is ``"local"``, a
    process a slot, ``"joblib"``, the same with processes that joblib's loky starts, ``"inline"``, one after the other in this
    process, which debuggers like, or ``"ray"``, on a cluster (see :class:`~penstock.runtime.clusters.Ray`). ``workspace`` is a
    workspace or the folder of one. With ``continue_on_failure`` what does not need a failed step still runs;
    ``raise_on_failure=False`` returns a failed run instead of raising RunFailed. ``regenerate_outputs`` runs every step,
    or the named ones, whatever results are kept; later runs then take the new ones. ``audit`` watches what steps read
    while they run, and warns of what is neither an input nor declared. A step that asks for more resources than this
    machine has gets what there is, with a warning; ``strict_resources`` refuses it. ``on_end`` is called with the run when
    it has ended, however it did. Steps that name a compute target run at ``remote``, an ``AzureML(...)``, if it is given.
    ``kept_workers`` are processes that are kept for later runs of the same code, and ``run_id`` is an id that
    :meth:`Workspace.new_run` has given for this run.

    A part of a pipeline is chosen by step, or by several: ``until`` runs the named steps and all that they need, ``only``
    those steps with their inputs taken from earlier results, and ``regenerate_from`` runs them and all that needs them
    again. The result of ``until`` and ``only`` is what the named steps return. Raises RunError for a wrong setting.
    """

    jobs: int | None = field(
        default=None,
        validator=_expect("a whole number from 1, or None", lambda value: value is None or _is_count(value)),
    )
    workspace: Workspace | Path | str | None = None
    executor: ExecutorName | Cluster = field(
        default="local",
        validator=_expect(" or ".join([*map(repr, get_args(ExecutorName)), "Ray(...)"]), _is_executor),
    )
    experiment: str | None = field(
        default=None, validator=_expect("text, or None", lambda value: value is None or isinstance(value, str))
    )
    continue_on_failure: bool = field(default=False, validator=_boolean)
    raise_on_failure: bool = field(default=True, validator=_boolean)
    regenerate_outputs: bool | Sequence[str] = field(
        default=False, validator=_expect("True, False, or a list of step names", _is_boolean_or_names)
    )
    until: Sequence[str] | str | None = field(default=None, converter=_named_steps, validator=_names)
    only: Sequence[str] | str | None = field(default=None, converter=_named_steps, validator=_names)
    regenerate_from: Sequence[str] | str | None = field(default=None, converter=_named_steps, validator=_names)
    audit: bool = field(default=False, validator=_boolean)
    strict_resources: bool = field(default=False, validator=_boolean)
    on_end: Callable[[Run], object] | None = field(
        default=None, validator=_expect("a callable, or None", lambda value: value is None or callable(value))
    )
    run_id: str | None = None
    kept_workers: KeptWorkers | None = None
    remote: Elsewhere | None = field(
        default=None,
        validator=_expect("AzureML(...), or None", lambda value: value is None or hasattr(value, "executor")),
    )
    tags: Mapping[str, str] = field(factory=dict, validator=_expect("a dict of text to text", _is_text_map))
    display: Display = field(default="auto", validator=_one_of(Display))
    listeners: Sequence[Listener] = field(
        default=(),
        validator=_expect(
            "a list of callables", lambda value: isinstance(value, Sequence) and all(map(callable, value))
        ),
    )

    def run(self, pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
        """Compile a pipeline, run it with these parameters, and return the run when it has ended.

        Raises what compiling raises, MissingInput, RunFailed with the user's exception as its cause, and KeyboardInterrupt
        after Ctrl-C has cancelled the run.
        """
        with ours_hidden(KeyboardInterrupt, RunFailed), self._early() as local:
            compiled = lowering.compile_pipeline(pipeline, args, kwargs)
            if local is not self and local.kept_workers is not None:
                runners.prime_workers(local.kept_workers, compiled.graph)
            return local.run_compiled(compiled)

    def submit(self, pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
        """Start a run and return at once; it goes on in this process until ``run.wait()`` says it ended."""
        return self.start(lowering.compile_pipeline(pipeline, args, kwargs))

    def run_compiled(self, compiled: Compiled) -> Run:
        """Run a graph to its end in this thread."""
        execution = self._prepared(compiled)
        with stopped_by_sigterm():
            execution.execute()
        return execution.run.check() if self.raise_on_failure else execution.run

    def start(self, compiled: Compiled) -> Run:
        """Start a graph in a thread of its own."""
        execution = self._prepared(compiled)
        execution.start()
        return execution.run

    @contextlib.contextmanager
    def _early(self) -> Iterator[Local]:
        """Start a worker while the pipeline is compiled, where that is worth it."""
        if self.executor != "local" or self.kept_workers is not None:
            yield self
            return
        with runners.early_workers(self.jobs, self.workspace) as workers:
            yield self if workers is None else attrs.evolve(self, kept_workers=workers)

    def __attrs_post_init__(self) -> None:
        if self.only and (self.until or self.regenerate_from):
            raise RunError(
                f"Local(only={self.only[0]!r}) runs nothing else, so until and regenerate_from cannot be set"
            )

    def _prepared(self, compiled: Compiled) -> Execution:
        """Make a run of the part of a pipeline that was asked for. Raises StepNotFound, RunError and MissingInput."""
        config = self
        if self.regenerate_from and self.regenerate_outputs is not True:
            forced = runners.regenerated_from(compiled.graph, self.regenerate_from)
            asked = self.regenerate_outputs or ()
            config = attrs.evolve(self, regenerate_outputs=(*asked, *forced))
        if self.until or self.only:
            compiled = self._portion(compiled)
            part = f"{'only' if self.only else 'until'} {', '.join(self.only or self.until or ())}"
            config = attrs.evolve(config, tags={"part": part, **self.tags})
        with collection_held_back():
            execution = runners.Execution.prepare(config, compiled)
        execution.run.keep_inputs()
        return execution

    def _portion(self, compiled: Compiled) -> Compiled:
        if self.only:
            return runners.run_alone(compiled, self.only, self.workspace, self.regenerate_outputs)
        return runners.run_until(compiled, self.until or (), self.workspace)
