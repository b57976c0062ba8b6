"""Call steps again and again until a value of the run is good enough: ``repeat(body, first, until=..., limit=...)``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from .active import active
from .branching import promised_parts
from .calls import Repetition
from .comparability import is_bool, is_truth
from .errors import DefinitionError, LimitReached
from .locations import Location, caller
from .pipelines import Pipeline
from .promises import Origin, Promise, hint_of, promises_in
from .recording import Recording
from .signatures import NO_DEFAULT, Hint, Input, read_signature, type_name
from .steps import Step, leaked
from .structures import Path, are_alike, rebuilt, type_of, union

T = TypeVar("T")

STATE = "state"


def repeat(
    body: Callable[[T], T],
    first: T,
    *,
    until: Callable[[T], bool] | None = None,
    limit: int | None = None,
    on_limit: Literal["fail", "return"] = "fail",
) -> T:
    """Call ``body`` with a state, then with what it returned, until ``until`` of that is true; return the last state.

    The body is a step, a pipeline or a function of steps with one parameter, and is called at least once. The state may be a
    tuple, which then comes apart in ``body`` and ``until``. After ``limit`` rounds it fails; with ``on_limit="return"`` it
    returns the last state. In a pipeline one round is written down, and runs as often as is needed.

    Raises DefinitionError for what cannot be repeated, and LimitReached in plain Python.
    """
    where = caller()
    test, rounds = _checked(body, until, limit, on_limit, where)
    if active() is not None:
        return _recorded(body, first, test, rounds, on_limit, where)  # type: ignore[return-value]  # a promise of one
    for promise in promises_in(first):
        raise leaked(promise, where)
    state = first
    for _ in range(rounds):
        state = body(state)
        if _truth(test(state), where):
            return state
    if on_limit == "return":
        return state
    raise LimitReached(_name(body), rounds)


def _recorded(
    body: Callable[[Any], Any],
    first: Any,
    until: Callable[[Any], object],
    limit: int,
    on_limit: Literal["fail", "return"],
    where: Location,
) -> object:
    recording, name = active(), _name(body)
    assert recording is not None  # it was asked for
    first = recording.snapshot_of(first, name, where)
    hint = _annotated(body) or _state_type(first)
    with recording.part(f"repeat({name})", {STATE: hint}) as round_:
        state = _state(round_, first, hint)
        round_.result = _inner(body)(state)
    if _annotated(body) is None:
        _widen(state, round_.result)
        round_.parameters = {STATE: Input(STATE, union([hint, type_of(round_.result)]), NO_DEFAULT)}
    with recording.part(f"the test of repeat({name})", {STATE: type_of(round_.result)}) as test:
        test.result = until(_state(test, round_.result, type_of(round_.result)))
    _check_test(test.result, where)
    call = Repetition(
        name, where, recording.group,
        first=first, body=round_, until=test, limit=limit, on_limit=on_limit,
    )  # fmt: skip
    recording.place(call)
    return promised_parts(recording, call, [round_.result])


def _state(recording: Recording, like: Any, hint: Hint) -> object:
    """Return what stands for the state inside of a round: a promise, or a structure of them where the state is one."""

    def leaf(path: Path, part: Hint) -> Promise:
        return Promise(Origin(recording, None, STATE, part if path else hint, path))

    return rebuilt([like], leaf)


def _widen(state: Any, result: Any) -> None:
    """Let the state be of its first type, or of that of what a round returned; arguments are checked later, against both."""
    if isinstance(state, Promise):
        state._origin.hint = union([hint_of(state), type_of(result)])
    elif are_alike([state, result]):
        for key in state if isinstance(state, dict) else range(len(state)):
            _widen(state[key], result[key])


def _state_type(first: Any) -> Hint:
    """Return the type that the state begins with; what begins as None can become anything."""
    hint = type_of(first)
    return Any if hint is type(None) else hint


def _annotated(body: Callable[..., object]) -> Hint | None:
    """Return the type that a function asks for as its parameter; None where it does not tell."""
    signature = body.signature if isinstance(body, Step | Pipeline) else read_signature(body, _name(body))
    hint = next(iter(signature.inputs.values())).hint
    return None if hint is Any else hint


def _inner(body: Callable[..., object]) -> Callable[..., object]:
    """Look into a pipeline: its steps are those of the round, in no group of their own."""
    return body.function if isinstance(body, Pipeline) else body


def _name(body: Callable[..., object]) -> str:
    name = body.name if isinstance(body, Step | Pipeline) else getattr(body, "__name__", "")
    return name if name.isidentifier() else "repeat"


def _checked(
    body: Any, until: Any, limit: Any, on_limit: object, where: Location
) -> tuple[Callable[[Any], object], int]:
    """Return the test and the number of rounds. Raises DefinitionError where something cannot be repeated."""
    problem = None
    if not callable(body) or isinstance(body, Promise):
        shown = f"is a {type(body).__name__}" if not isinstance(body, Promise) else "was called already"
        problem = (
            f"needs a function of the state that it calls each round, and {body!r} {shown}; pass it without calling it"
        )
    elif not _takes_one(body):
        problem = "needs a body with one parameter, the state; put several values into a tuple"
    elif not callable(until) or isinstance(until, Promise):
        problem = "needs a test, a function of the state: `until=lambda state: state > 0.9`"
    elif type(limit) is not int or limit < 1:
        problem = (
            f"needs a limit, a whole number from 1, so that it ends; it was given limit={limit!r}. Write `limit=10`"
        )
    elif on_limit not in ("fail", "return"):
        problem = f'was given on_limit={on_limit!r}; expected "fail" or "return"'
    if problem is not None:
        raise DefinitionError(f"repeat() {problem}", where)
    return until, limit


def _takes_one(body: Callable[..., object]) -> bool:
    try:
        inspect.signature(body).bind(None)
    except TypeError:
        return False
    except ValueError:  # a function of C that does not tell
        return True
    return True


def _truth(answer: object, where: Location) -> bool:
    if not is_bool(answer):
        raise _no_test(f"returned {answer!r}, a {type(answer).__name__}", where)
    return bool(answer)


def _check_test(answer: object, where: Location) -> None:
    if not isinstance(answer, Promise):
        raise _no_test(f"returned {answer!r}, which is the same in every round", where)
    if not is_truth(hint_of(answer)):
        raise _no_test(f"returned {type_name(hint_of(answer))}", where)


def _no_test(returned: str, where: Location) -> DefinitionError:
    return DefinitionError(
        f"repeat(): `until` must return a truth value, and {returned}; compare the state, as in `until=lambda state: state > 0.9`, "
        "or call a step that is annotated `-> bool`",
        where,
    )
