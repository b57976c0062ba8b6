"""Take in what a run is given: store the values that no graph can hold, and say in short what they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from attrs import frozen

from ..compilers.graph import Attached, Graph, Literal, Parameter
from ..compilers.traversal import attachments
from ..compilers.values import is_plain
from .artifacts import Artifact
from .errors import NoCodec
from .functions import packed_with_modules
from .resolution import Values
from .resolved import Stored
from .store import ArtifactStore, encode

ParameterValue: TypeAlias = Literal | Stored

Identify: TypeAlias = Callable[[object], str | None]
"""Says what identifies a value by content and code; None where nothing does."""


@frozen
class Given:
    """What a run starts with: parameters, given or by default, and what the graph's attachments became."""

    parameters: Mapping[str, ParameterValue]
    attached: Mapping[str, Stored]

    def values(self) -> Values:
        """Return the values, to be filled with outputs."""
        return Values(self.parameters, self.attached, {})

    def texts(self) -> dict[str, str]:
        """Return each parameter as short text."""
        return {name: _text(value) for name, value in self.parameters.items()}

    def unidentified(self) -> Iterator[str]:
        """Yield the parameters whose values nothing identifies."""
        for name, value in self.parameters.items():
            if isinstance(value, Stored) and value.identity is None:
                yield name

    def artifacts(self) -> dict[str, Artifact]:
        """Return the parameters that are stored values."""
        return {name: value.artifact for name, value in self.parameters.items() if isinstance(value, Stored)}


def take_in(graph: Graph, inputs: Mapping[str, object], store: ArtifactStore, identify: Identify) -> Given:
    """Store what was given with a graph. ``identify`` says what identifies a value. Raises NoCodec and StoreError."""
    known = {one.key: one.digest for one in attachments(graph)}
    values = list(graph.attachments.values())
    with packed_with_modules(values) if values else contextlib.nullcontext():
        attached = {
            key: Stored(_encoded(value, key, store), (), known.get(key) or identify(value))
            for key, value in graph.attachments.items()
        }
    defaults = {parameter.name: _default(parameter, attached) for parameter in graph.parameters if parameter.default}
    return Given(defaults | {name: _given(name, value, store, identify) for name, value in inputs.items()}, attached)


def _encoded(value: object, place: str, store: ArtifactStore) -> Artifact:
    try:
        return encode(value, store)
    except NoCodec as error:
        raise NoCodec(error.type_name, error.problem, place) from error


def _default(parameter: Parameter, attached: Mapping[str, Stored]) -> ParameterValue:
    default = parameter.default
    return attached[default.key] if isinstance(default, Attached) else default or Literal(None)


def _given(name: str, value: object, store: ArtifactStore, identify: Identify) -> ParameterValue:
    value = _absolute(value)
    return Literal(value) if is_plain(value) else Stored(_encoded(value, name, store), (), identify(value))


def _absolute(value: Any) -> Any:
    """Make the paths that somebody gave absolute: they are relative to where the run was started."""
    if isinstance(value, PurePath):
        return Path.cwd() / value
    if type(value) in (list, tuple):
        return type(value)(map(_absolute, value))
    if type(value) is dict:
        return {key: _absolute(item) for key, item in value.items()}
    return value


def _text(value: ParameterValue) -> str:
    if isinstance(value, Stored):
        return value.artifact.summary
    return str(value.value) if isinstance(value.value, PurePath) else repr(value.value)
