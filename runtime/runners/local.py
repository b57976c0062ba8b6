"""Run pipelines on this machine: tracked, in parallel, with every result kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import attrs
from attrs import field, frozen

from ...compilers.lowering import Compiled, compile_pipeline
from ..errors import RunError
from ..events import Listener
from ..interruptions import stopped_by_sigterm
from ..runs import Run
from ..workspace import Workspace
from .execution import Display, Execution, ExecutorName


def _expect(expected: str, accepts: Callable[[Any], bool]) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    """Make a validator that says what was expected."""

    def validator(_instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if not accepts(value):
            raise RunError(f"Local({attribute.name}={value!r}) is wrong; expected {expected}")

    return validator


def _one_of(choices: Any) -> Callable[[object, attrs.Attribute[Any], Any], None]:
    names = get_args(choices)
    return _expect(" or ".join(map(repr, names)), lambda value: isinstance(value, str) and value in names)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _is_boolean_or_names(value: object) -> bool:
    if isinstance(value, bool):
        return True
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(name, str) for name in value)


_boolean = _expect("True or False", lambda value: isinstance(value, bool))


@frozen(kw_only=True)
class Local:
    """How to run on this machine.

    ``jobs`` is how many steps run at a time (the number of processors by default). ``executor`` is ``"local"``, a
    process a slot, or ``"inline"``, one after the other in this process, which debuggers like. ``workspace`` is a
    workspace or the folder of one. With ``continue_on_failure`` what does not need a failed step still runs;
    ``raise_on_failure=False`` returns a failed run instead of raising RunFailed. ``regenerate_outputs`` runs every step,
    or the named ones, whatever results are kept; later runs then take the new ones. Raises RunError for a wrong setting.
    """

    jobs: int | None = field(
        default=None,
        validator=_expect("a whole number from 1, or None", lambda value: value is None or _is_count(value)),
    )
    workspace: Workspace | Path | str | None = None
    executor: ExecutorName = field(default="local", validator=_one_of(ExecutorName))
    experiment: str | None = field(
        default=None, validator=_expect("text, or None", lambda value: value is None or isinstance(value, str))
    )
    continue_on_failure: bool = field(default=False, validator=_boolean)
    raise_on_failure: bool = field(default=True, validator=_boolean)
    regenerate_outputs: bool | Sequence[str] = field(
        default=False, validator=_expect("True, False, or a list of step names", _is_boolean_or_names)
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

        Raises what compiling raises, MissingInput, and RunFailed with the user's exception as its cause.
        """
        return self.run_compiled(compile_pipeline(pipeline, args, kwargs))

    def submit(self, pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
        """Start a run and return at once; it goes on in this process until ``run.wait()`` says it ended."""
        return self.start(compile_pipeline(pipeline, args, kwargs))

    def run_compiled(self, compiled: Compiled) -> Run:
        """Run a graph to its end in this thread."""
        execution = Execution.prepare(self, compiled)
        with stopped_by_sigterm():
            execution.execute()
        return execution.run.check() if self.raise_on_failure else execution.run

    def start(self, compiled: Compiled) -> Run:
        """Start a graph in a thread of its own."""
        execution = Execution.prepare(self, compiled)
        execution.start()
        return execution.run
