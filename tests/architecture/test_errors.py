"""Every error crosses processes unharmed."""

import importlib
import inspect
import pickle

import pytest

import penstock
from penstock.dsl.locations import Location

MODULES = ["dsl.errors", "compilers.errors", "runtime.errors"]
SAMPLES = {
    "location": Location("flow.py", 3),
    "failures": {},
    "alternatives": ("json",),
    "known": ("json",),
    "run": None,
}


def error_classes():
    for module in MODULES:
        for _, found in inspect.getmembers(importlib.import_module(f"penstock.{module}"), inspect.isclass):
            if issubclass(found, penstock.PenstockError):
                yield found


def made(kind):
    """Make an error with an argument for each parameter."""
    parameters = [
        name for name in inspect.signature(kind.__init__).parameters if name not in ("self", "args", "kwargs")
    ]
    return kind(*[SAMPLES.get(name, f"some {name}") for name in parameters] or ["something"])


@pytest.mark.parametrize(
    "kind", sorted(set(error_classes()), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__
)
def test_an_error_survives_pickling_with_text_and_attributes(kind):
    error = made(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
    assert str(error) and kind.__doc__
