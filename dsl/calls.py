"""Hold what a recording writes down: calls of steps, parts that depend on values of the run, and the groups they stand in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, Union

from attrs import define, field

from .locations import Location
from .options import Options
from .signatures import Hint, Signature

if TYPE_CHECKING:
    from .promises import Promise
    from .recording import Recording


class Recordable(Protocol):
    """What a recording needs to know about a step or a pipeline."""

    @property
    def name(self) -> str: ...
    @property
    def function(self) -> Callable[..., object]: ...
    @property
    def signature(self) -> Signature: ...


class RecordableStep(Recordable, Protocol):
    """What a recording needs to know about a step."""

    @property
    def settings(self) -> Options: ...
    @property
    def explicit_name(self) -> bool: ...


@define(eq=False, repr=False)
class Group:
    """A nested pipeline, while it is inlined. ``after`` holds for every call inside it."""

    id: str
    pipeline: Recordable
    arguments: Mapping[str, object]
    parent: Group | None
    location: Location
    after: tuple[object, ...] = ()

    @property
    def name(self) -> str:
        """The name of the pipeline, without the groups around it."""
        return self.pipeline.name


@define(eq=False)  # treated as frozen, as promises are: there is one a call
class Call:
    """One call of a step: what was bound to each parameter (plain values and promises), and where it stands."""

    step: RecordableStep
    arguments: Mapping[str, object]
    after: tuple[object, ...]
    location: Location
    group: Group | None

    @property
    def name(self) -> str:
        """The name of the step."""
        return self.step.name

    @property
    def explicit_name(self) -> bool:
        """Whether the name was chosen for this call."""
        return self.step.explicit_name

    @property
    def outputs(self) -> Mapping[str, Hint]:
        """The types of what the step returns, by the names of its outputs."""
        outputs = self.step.signature.outputs
        return dict(zip(outputs.names, outputs.hints, strict=True))


@define(eq=False, repr=False)
class Place:
    """Where a part stands that depends on values of the run, and what it gives: types by the names of outputs."""

    name: str
    location: Location
    group: Group | None
    outputs: Mapping[str, Hint] = field(factory=dict)
    after: tuple[object, ...] = ()
    explicit_name: bool = False


@define(eq=False, repr=False)
class MappedCall(Place):
    """A call of a step or a pipeline with ``each(...)`` among its arguments, once for each item.

    ``arguments`` has what each parameter was given, for those in ``over`` the values whose items are meant; ``bound`` names
    the parameters of ``body`` that stand for arguments.
    """

    taker: Recordable = field(kw_only=True)
    arguments: Mapping[str, object] = field(kw_only=True)
    over: tuple[str, ...] = field(kw_only=True)
    limit: int | None = field(kw_only=True)
    body: Recording = field(kw_only=True)
    bound: tuple[str, ...] = field(kw_only=True)


@define(eq=False, repr=False)
class Branching(Place):
    """A ``when(...)``, with both branches recorded."""

    condition: Promise = field(kw_only=True)
    then: Recording = field(kw_only=True)
    otherwise: Recording | None = field(kw_only=True)


@define(eq=False, repr=False)
class Repetition(Place):
    """A ``repeat(...)``, with one round and one test recorded. ``first`` is the state that it starts from."""

    first: object = field(kw_only=True)
    body: Recording = field(kw_only=True)
    until: Recording = field(kw_only=True)
    limit: int = field(kw_only=True)
    on_limit: Literal["fail", "return"] = field(kw_only=True)


@define(eq=False, repr=False)
class Closing(Place):
    """An ``on_exit(...)``, with the cleanup recorded."""

    cleanup: Recording = field(kw_only=True)


ControlCall: TypeAlias = Union[MappedCall, Branching, Repetition, Closing]
"""A part of a pipeline that depends on values of the run."""

AnyCall: TypeAlias = Union[Call, ControlCall]
"""What a recording is a list of."""


def parts_of(call: ControlCall) -> tuple[Recording, ...]:
    """Return the recordings that a part holds, in the order in which its graphs are written."""
    if isinstance(call, MappedCall):
        return (call.body,)
    if isinstance(call, Branching):
        return (call.then,) if call.otherwise is None else (call.then, call.otherwise)
    return (call.until, call.body) if isinstance(call, Repetition) else (call.cleanup,)
