"""Take a pipeline function and what was given with it to a graph that is ready to run or to be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ...dsl.errors import DefinitionError
from ...dsl.locations import Location, caller
from ...dsl.pipelines import Pipeline, as_pipeline
from ...dsl.promises import Promise
from ...dsl.recording import record
from ...dsl.signatures import type_name
from ...dsl.steps import leaked
from ..compatibility import coerce, fits
from ..errors import TypeMismatch
from ..graph import Graph
from ..roots import project_root
from .checks import shown
from .functions import definition_of
from .nodes import lower


@frozen
class Compiled:
    """A graph, the parameter values that were given with it, and the folder that its paths are relative to."""

    graph: Graph
    inputs: Mapping[str, object]
    root: Path


def compile_pipeline(
    composition: Callable[..., object], args: tuple[object, ...] = (), kwargs: Mapping[str, object] | None = None
) -> Compiled:
    """Record a pipeline and lower it to a verified graph.

    ``args`` and ``kwargs`` are the pipeline's own parameters; what is not given stays symbolic. Raises DefinitionError
    for misuse, TypeMismatch for a value or an output that does not fit, both at the user's line, and InvalidGraph.
    """
    pipeline = as_pipeline(composition)
    where = caller()
    signature = pipeline.signature
    given = signature.bind_given(args, dict(kwargs or {}), where)
    inputs = {name: _checked_parameter(pipeline, name, value, where) for name, value in given.items()}
    static = dict(_static_values(pipeline, inputs, where))
    root = _root_of(pipeline)
    graph = lower(record(pipeline, static), root)
    return Compiled(graph, {name: value for name, value in inputs.items() if name not in static}, root)


def _checked_parameter(pipeline: Pipeline[..., Any], name: str, value: object, where: Location) -> object:
    hint = pipeline.signature.inputs[name].hint
    value = coerce(value, hint)
    if isinstance(value, Promise):
        raise leaked(value, where)
    if not fits(value, hint):
        raise TypeMismatch(
            f"the parameter {name!r} of {pipeline.name}() must be {type_name(hint)}, and is given {shown(value)}",
            str(where),
        )
    return value


def _static_values(
    pipeline: Pipeline[..., Any], given: Mapping[str, object], where: Location
) -> Iterator[tuple[str, object]]:
    for name, expected in pipeline.signature.inputs.items():
        if not expected.static:
            continue
        if name not in given and expected.required:
            raise DefinitionError(
                f"{pipeline.name}() needs a value for {name!r}, which is annotated Static and has no default", where
            )
        yield name, given.get(name, expected.default)


def _root_of(pipeline: Pipeline[..., Any]) -> Path:
    file = Path(definition_of(pipeline).file)
    return project_root(file.parent if file.exists() else Path.cwd())
