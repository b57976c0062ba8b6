"""Records that are pickled as calls."""

from __future__ import annotations

import pickle

import pytest
from attrs import frozen

from penstock.compilers.graph import Environment, FunctionRef, Literal, NodeOptions, OutputRef, Resources
from penstock.compilers.travelling import travels


@travels
@frozen
class Sum:
    """A record whose fields have defaults."""

    left: int
    right: int = 0
    note: str = ""


@pytest.mark.parametrize(
    "record",
    [
        Sum(1, 2, "x"), Literal(None), Literal((1, 2)), FunctionRef("module", "name"), OutputRef("fit", "output", ("a", 0)),
        NodeOptions(env=("HOME",), resources=Resources(gpus=1), environment=Environment(("numpy",)), timeout=3.0),
    ],
)  # fmt: skip
def test_a_record_is_what_it_was_when_it_arrives(record):
    assert pickle.loads(pickle.dumps(record)) == record
