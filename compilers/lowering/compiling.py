"""Take a pipeline function and what was given with it to a graph that is ready to run or to be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ...dsl.errors import DefinitionError
from ...dsl.locations import Location, caller
from ...dsl.pipelines import Pipeline, as_pipeline
from ...dsl.promises import promises_in
from ...dsl.recording import Recording, record
from ...dsl.signatures import type_name
from ...dsl.steps import leaked
from ..compatibility import coerce, fits
from ..errors import TypeMismatch
from ..fingerprints import Fingerprinter, Manifest
from ..garbage import collection_held_back, collection_seldom
from ..graph import Graph
from ..roots import project_root
from .checks import shown
from .functions import definition_of
from .identifying import identify
from .nodes import lower


@frozen
class Compiled:
    """A graph, the parameter values that were given with it, and the folder that its paths are relative to.

    ``manifests`` are what the nodes' fingerprints cover, by fingerprint; ``warnings`` name the code that could not be
    identified. Both are empty until :meth:`identified` has been asked for; a graph that was read back has no
    ``recording`` and keeps the fingerprints that it has.
    """

    graph: Graph
    inputs: Mapping[str, object]
    root: Path
    manifests: Mapping[str, Manifest] = field(factory=dict)
    warnings: tuple[str, ...] = ()
    recording: Recording | None = field(default=None, eq=False, repr=False)

    def identified(self, fingerprinter: Fingerprinter) -> Compiled:
        """Return the same with a fingerprint on every node whose code can be identified."""
        if self.recording is None:
            return self
        with collection_held_back():
            found = identify(self.graph, self.recording, fingerprinter)
        return Compiled(found.graph, self.inputs, self.root, found.manifests, found.warnings)


def compile_pipeline(
    composition: Callable[..., object],
    args: tuple[object, ...] = (),
    kwargs: Mapping[str, object] | None = None,
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
    symbolic = {name: value for name, value in inputs.items() if name not in static}
    with collection_seldom():
        recording = record(pipeline, static)
    with collection_held_back():
        return Compiled(lower(recording, root), symbolic, root, recording=recording)


def _checked_parameter(pipeline: Pipeline[..., Any], name: str, value: object, where: Location) -> object:
    hint = pipeline.signature.inputs[name].hint
    value = coerce(value, hint)
    for promise in promises_in(value):
        raise leaked(promise, where)
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
