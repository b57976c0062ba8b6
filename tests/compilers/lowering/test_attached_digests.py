"""Two graphs that differ only in an attached value are told apart, once they are identified."""

from __future__ import annotations

import sys

import pytest

from penstock import pipeline, step
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.serialisation import digest, from_json, to_json


class Big:
    def __init__(self, size: int) -> None:
        self.size = size


@step
def measure(thing: object, others: object = None) -> int:
    return 1


@step
def give() -> int:
    return 1


def graph_with(size: int, *, inside: bool):
    @pipeline
    def work() -> int:
        return measure(give(), [give(), Big(size)]) if inside else measure(Big(size))

    return compile_pipeline(work).identified(Fingerprinter()).graph


@pytest.mark.parametrize("inside", [False, True])
def test_another_attached_value_gives_another_digest(inside):
    assert digest(graph_with(1, inside=inside)) != digest(graph_with(2, inside=inside))


@pytest.mark.parametrize("inside", [False, True])
def test_an_equal_attached_value_gives_the_same_digest(inside):
    assert digest(graph_with(1, inside=inside)) == digest(graph_with(1, inside=inside))


def test_the_digest_of_an_attached_value_comes_back_from_the_document():
    graph = graph_with(1, inside=True)
    assert from_json(to_json(graph)) == graph


def test_an_argument_that_nothing_identifies_is_named_with_its_step():
    @pipeline
    def work() -> int:
        return measure(None, [give(), sys._getframe()])

    (told,) = compile_pipeline(work).identified(Fingerprinter()).warnings
    assert told.startswith(
        "step 'measure' is never reused: its argument 'others' cannot be identified: an object of type"
    )
