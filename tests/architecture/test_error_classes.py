"""Every error class of every module, wherever it stands: it crosses processes, and its module draws the tree."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pkgutil
from typing import Any

import penstock
import pytest
from penstock.dsl.locations import Location

from penstock import PenstockError

EVERY = [info.name for info in pkgutil.walk_packages(penstock.__path__, "penstock.")]
MODULES = [name for name in EVERY if name.rpartition(".")[2] == "errors"]
ARGUMENTS = {
    "location": Location("steps.py", 3),
    "known": ("json",),
    "alternatives": ("json",),
    "failures": {},
    "run": None,
}


def classes() -> list[type[PenstockError]]:
    found = [member for name in EVERY for member in vars(importlib.import_module(name)).values()]
    return list(dict.fromkeys(one for one in found if isinstance(one, type) and issubclass(one, PenstockError)))


def example(kind: type[PenstockError]) -> PenstockError:
    parameters = inspect.signature(kind.__init__).parameters.values()
    named = [one for one in parameters if one.name != "self" and one.kind is one.POSITIONAL_OR_KEYWORD]
    return kind(*map(value_for, named)) if named else kind("what happened")


def value_for(parameter: inspect.Parameter) -> Any:
    if parameter.name in ARGUMENTS:
        return ARGUMENTS[parameter.name]
    kinds = (("tuple", ("a",)), ("dict", {}), ("Mapping", {}), ("list", ["a"]), ("int", 3), ("float", 1.5))
    return next(
        (value for kind, value in kinds if str(parameter.annotation).startswith(kind)), f"some {parameter.name}"
    )


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_an_error_comes_back_with_its_text_and_attributes(kind):
    error = example(kind)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (str(back), back.args, vars(back)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_an_error_has_a_docstring_of_its_own(kind):
    assert kind.__doc__
    assert all(kind.__doc__ != base.__doc__ for base in kind.__mro__[1:])


@pytest.mark.parametrize("module", MODULES)
def test_the_tree_of_errors_is_drawn_in_the_docstring(module):
    found = importlib.import_module(module)
    own = [name for name, one in vars(found).items() if isinstance(one, type) and one.__module__ == module]
    assert [
        name for name in own if issubclass(vars(found)[name], PenstockError) and name not in (found.__doc__ or "")
    ] == []
