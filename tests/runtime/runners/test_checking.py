"""`penstock.check`: a pipeline in Python."""

from __future__ import annotations

import random
from pathlib import Path

import penstock
import pytest
from penstock import Static, check, pipeline, step
from penstock.compilers.lowering import compile_pipeline
from penstock.runtime.runners.checking import subjects_of


@step
def draw(times: int) -> float:
    return sum(random.random() for _ in range(times))


@step(env=["HOME"], hash_paths=[__file__], environment=penstock.Environment(variables={"A": "1"}))
def declared(x: float) -> float:
    return x


@step
def told(x: float) -> None:
    print(x, random.random())


@pipeline
def inner(times: int) -> float:
    return draw(times)


@pipeline
def several(rounds: Static[int], times: int) -> float:
    for _ in range(rounds):
        told(inner(times))
    return declared(draw.options(env=["HOME"])(times))


def test_only_what_shapes_the_graph_is_needed_and_equal_calls_are_one_finding(tmp_path):
    (found,) = check(several, 2, workspace=str(tmp_path))
    assert (found.rule, set(found.steps)) == ("unseeded-random", {"inner/draw", "inner-2/draw", "draw"})


def test_rules_are_chosen(tmp_path):
    assert check(several, 1, select=["text-path"], workspace=str(tmp_path)) == ()
    with pytest.raises(penstock.PenstockError, match="there is no rule 'nonsense'"):
        check(several, 1, ignore=["nonsense"])


def test_a_subject_has_what_its_step_declares():
    subjects = {subject.steps[0]: subject for subject in subjects_of(compile_pipeline(several, (1,)))}
    assert subjects["declared"].env == {"HOME", "A"}
    assert subjects["declared"].hash_paths == (str(Path(__file__)),)
    assert not subjects["told"].is_reused
    assert {name for name, subject in subjects.items() if subject.is_pipeline} == {"several", "inner"}
