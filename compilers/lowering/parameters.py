"""Describe what a pipeline asks for before it is recorded: a command line must know, to read what shapes the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ...dsl.pipelines import Pipeline, as_pipeline
from ...dsl.signatures import Hint, Input, type_name
from ...dsl.steps import Step
from ..compatibility import coerce
from ..graph import Attached, Parameter
from ..graph import Literal as Plain
from ..schemas import schema_of
from ..values import is_plain


def parameters_of(composition: Callable[..., object]) -> tuple[Parameter, ...]:
    """Return the parameters of a pipeline, a step or a function of steps, without calling it.

    Raises DefinitionError for what cannot be a pipeline.
    """
    return tuple(map(_parameter, as_pipeline(composition).signature.inputs.values()))


def types_of(composition: Callable[..., object]) -> Mapping[str, Hint]:
    """Return the types of those parameters as Python objects; ``Any`` where the annotation does not tell."""
    return {name: given.hint for name, given in as_pipeline(composition).signature.inputs.items()}


def kind_of(value: Any) -> Literal["pipeline", "step"] | None:
    """Say what a value is, as people write it; None for everything else."""
    if isinstance(value, Pipeline):
        return "pipeline"
    return "step" if isinstance(value, Step) else None


def _parameter(given: Input) -> Parameter:
    default = None if given.required else _default(given)
    return Parameter(given.name, type_name(given.hint), schema_of(given.hint), default, given.static)


def _default(given: Input) -> Plain | Attached:
    value = coerce(given.default, given.hint)
    return Plain(value) if is_plain(value) else Attached(f"parameter:{given.name}")
