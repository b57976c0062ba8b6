"""Choose by a value of the run which steps are called: ``when(condition, then, otherwise)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from .active import active
from .calls import Branching, Repetition
from .comparability import is_bool, is_truth
from .errors import DefinitionError
from .locations import Location, caller
from .promises import Origin, Promise, hint_of
from .recording import Recording
from .signatures import Hint, type_name
from .steps import leaked
from .structures import Path, rebuilt, type_of, union

T = TypeVar("T")
S = TypeVar("S")


@overload
def when(condition: bool, then: Callable[[], T]) -> T | None: ...
@overload
def when(condition: bool, then: Callable[[], T], otherwise: Callable[[], S]) -> T | S: ...
def when(condition: bool, then: Callable[[], Any], otherwise: Callable[[], Any] | None = None) -> Any:
    """Call ``then`` where a condition is true, else ``otherwise``, and return what it returns; without ``otherwise`` None.

    In a pipeline the condition may be a promise, such as ``score(model) > 0.9``: both branches are written down, and one of
    them runs. They are functions without parameters, which may use everything around them; their steps belong to the branch.
    What both return with the same structure, a tuple of two for instance, comes back with it; else it comes back as one promise.
    A step that takes what was skipped runs with None where its parameter admits None, and is skipped too where it does not.

    Raises DefinitionError for a condition that is no truth value, and a branch that cannot be called.
    """
    where = caller()
    for name, branch in (("then", then), ("otherwise", otherwise)):
        _check_branch(name, branch, where)
    given: object = condition
    if isinstance(given, Promise):
        return _recorded(given, then, otherwise, where)
    chosen = then if _truth(given, where) else otherwise
    return None if chosen is None else chosen()


def _recorded(
    condition: Promise, then: Callable[[], object], otherwise: Callable[[], object] | None, where: Location
) -> object:
    recording = active()
    if recording is None:
        raise leaked(condition, where)
    if not is_truth(hint_of(condition)):
        raise _no_truth(f"{condition._origin}, a {type_name(hint_of(condition))}", where)
    branches = [_branch(recording, "then", then)] + ([_branch(recording, "otherwise", otherwise)] if otherwise else [])
    call = Branching(
        "when", where, recording.group,
        condition=condition, then=branches[0], otherwise=branches[1] if otherwise else None,
    )  # fmt: skip
    recording.place(call)
    return promised_parts(recording, call, [branch.result for branch in branches])


def promised_parts(recording: Recording, call: Branching | Repetition, results: list[object]) -> object:
    """Return what stands for the output of a part that gives one of some results: a promise, or a structure of them."""

    def leaf(path: Path, hint: Hint) -> Promise:
        return Promise(Origin(recording, call, "output", hint, path, call.location))

    call.outputs = {"output": union(list(map(type_of, results)))}
    return rebuilt(results, leaf)


def _branch(recording: Recording, name: str, branch: Callable[[], object]) -> Recording:
    with recording.part(f"the branch {name!r} of when()", {}) as made:
        made.result = branch()
    return made


def _check_branch(name: str, branch: Any, where: Location) -> None:
    if branch is None and name == "otherwise":
        return
    if not callable(branch) or isinstance(branch, Promise):
        shown = repr(branch) if isinstance(branch, Promise) else f"a {type(branch).__name__}"
        raise DefinitionError(
            f"when() needs a function for {name!r}, which it calls where that branch is taken, and was given {shown}; "
            f"write `{name}=lambda: ...` around the call",
            where,
        )


def _truth(condition: object, where: Location) -> bool:
    if not is_bool(condition):
        raise _no_truth(f"{condition!r}, a {type(condition).__name__}", where)
    return bool(condition)


def _no_truth(given: str, where: Location) -> DefinitionError:
    return DefinitionError(
        f"when() needs a truth value for its condition, and was given {given}; compare it, as in `score > 0.9`, or call a step "
        "that is annotated `-> bool`",
        where,
    )
