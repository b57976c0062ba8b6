"""Share what the recordings of one pipeline have in common: attached values, functions, forms of steps, places in the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import define, field, frozen

from ...dsl.calls import RecordableStep
from ...dsl.locations import Location
from ...dsl.options import Options
from ...dsl.signatures import Hint, Outputs, type_name
from ...dsl.steps import innermost_function
from ..graph import Attached, Environment, FunctionRef, NodeOptions, Output, Resources, Retry, Source
from ..roots import posix, relative_to_root
from ..values import PATH
from .functions import FunctionTable, module_name


@frozen(eq=False, repr=False)
class Form:
    """What all calls of one step have in common."""

    hints: Mapping[str, Hint]
    function: FunctionRef
    outputs: tuple[Output, ...]
    options: NodeOptions
    doc: str


@define(eq=False, repr=False)
class Unit:
    """The state of one lowering that its parts share.

    ``ids`` are the nodes of calls, by the identity of the call; ``doubtful`` holds what may be skipped: the identities of calls, and
    the parameters of parts as pairs of the identity of the recording and a name.
    """

    root: Path
    attachments: dict[str, object] = field(factory=dict)
    functions: FunctionTable = field(init=False)
    ids: dict[int, str] = field(factory=dict)
    doubtful: set[object] = field(factory=set)
    _attached: dict[int, Attached] = field(factory=dict)
    _forms: dict[int, Form] = field(factory=dict)
    _files: dict[str, str] = field(factory=dict)
    _sources: dict[Location, Source] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.functions = FunctionTable(self.attachments)

    def form(self, step: RecordableStep) -> Form:
        """Return what all calls of a step have in common."""
        return self._forms.get(id(step)) or self._form(step)

    def _form(self, step: RecordableStep) -> Form:
        signature = step.signature
        form = self._forms[id(step)] = Form(
            {name: given.hint for name, given in signature.inputs.items()},
            self.functions.refer(step),
            outputs(signature.outputs),
            self._options(step.settings, signature.outputs),
            first_line(step.function),
        )
        return form

    def attach(self, value: object, key: str) -> Attached:
        """Keep a value beside the graph; one object that is passed to many steps is kept once."""
        if id(value) not in self._attached:
            self._attached[id(value)] = Attached(key)
            self.attachments[key] = value
        return self._attached[id(value)]

    def attach_class(self, value: object) -> Attached:
        """Attach the class of a NamedTuple: where it cannot be imported it is needed, and its code identifies it."""
        kind = type(value)
        return self.attach(kind, f"class:{module_name(kind.__module__)}:{kind.__qualname__}")

    def portable(self, value: Any) -> Any:
        """Write the paths in a value relative to the project's root; a value without any stays the same object."""
        if type(value) is PATH:
            return relative_to_root(value, self.root)
        if type(value) is dict:
            items = {key: self.portable(item) for key, item in value.items()}
            return items if any(items[key] is not value[key] for key in value) else value
        if type(value) not in (list, tuple, set, frozenset):
            return value
        changed = [self.portable(item) for item in value]
        same = all(new is old for new, old in zip(changed, value, strict=True))
        return value if same else type(value)(changed)

    def _options(self, settings: Options, outputs: Outputs) -> NodeOptions:
        """Fill in what a step left open. One without output exists for its effect: not reused unless it says so."""
        names = {attribute.name for attribute in attrs.fields(NodeOptions)} - {"retry"}
        given = {name: getattr(settings, name) for name in names}
        retries = settings.retries
        on = tuple(f"{kind.__module__}:{kind.__qualname__}" for kind in retries.on)
        given |= {"retries": retries.times, "retry": Retry(retries.delay, retries.factor, retries.longest, on)}
        given["allow_reuse"] = outputs.kind != "none" if settings.allow_reuse is None else settings.allow_reuse
        given["resources"] = Resources(**attrs.asdict(settings.resources)) if settings.resources else Resources()
        given["environment"] = Environment(**attrs.asdict(settings.environment)) if settings.environment else None
        given["hash_paths"] = tuple(relative_to_root(Path(path), self.root).as_posix() for path in settings.hash_paths)
        return NodeOptions(**given)

    def source(self, where: Location) -> Source:
        """Turn a location into a place relative to the root."""
        if where not in self._sources:
            if where.file not in self._files:
                self._files[where.file] = posix(Path(where.file), self.root)
            self._sources[where] = Source(self._files[where.file], where.line)
        return self._sources[where]


def outputs(outputs: Outputs) -> tuple[Output, ...]:
    """Describe what a step's signature says that it returns."""
    return tuple(Output(name, type_name(hint)) for name, hint in zip(outputs.names, outputs.hints, strict=True))


def first_line(function: Callable[..., object]) -> str:
    """Return the first line of a function's docstring."""
    return (innermost_function(function).__doc__ or "").strip().partition("\n")[0]
