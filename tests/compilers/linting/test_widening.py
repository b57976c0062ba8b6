"""widened-code, unidentified-value and changing-argument: what the walk itself, and the pipeline's body, tell."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("lines", "top", "place"),
    [
        ("return import_module(name)", "from importlib import import_module", "import_module"),
        ("import importlib\nreturn importlib.import_module(name)", "", "importlib.import_module"),
        ("return sys.modules[name]", "import sys", "sys.modules"),
        ("return helper(name)", "import importlib\ndef helper(n): return importlib.import_module(n)", "importlib"),
    ],
)
def test_code_that_cannot_be_followed_is_found_where_it_stands(check, lines, top, place):
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    (found,) = check(f"{top}\n@step\ndef work(name: str = 'json') -> Any:\n{body}\n", "widened-code")
    assert found.rule == "widened-code" and place in found.text and found.line > 1
    assert "modules=[...]" in found.hint


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        ("import importlib\nreturn importlib.import_module('json')", {}),
        ("import json\nreturn getattr(json, name)", {}),
        ("import importlib\nreturn importlib.import_module(name)", {"modules": ["json"]}),
    ],
)
def test_names_that_are_written_out_or_declared_are_not_found(rules, lines, options):
    assert rules(lines, "", "name: str = 'json'", **options) == []


@pytest.mark.parametrize("top", ["THING = [1, {'a': 2}]", "THING = (i for i in range(3))"])
def test_a_value_with_an_identity_or_a_derivation_is_not_found(rules, top):
    assert rules("return THING", top) == []


def test_a_value_without_identity_is_found_at_the_steps_line(module):
    from penstock.compilers.fingerprints import Fingerprinter
    from penstock.compilers.linting import Subject, check_subjects, chosen_rules

    made = module("def make(thing):\n    def work() -> Any:\n        return thing\n    return work\n")
    subject = Subject(made.make(i for i in range(3)), ("work",))
    (found,) = check_subjects([subject], Fingerprinter(), chosen_rules(["unidentified-value"]))
    assert "never reused" in found.message and found.text.strip() == "def work() -> Any:"


PIPELINE = """
import random, time
from datetime import date

@step
def one(x: float = 0.0) -> float:
    return x

@pipeline
def work() -> float:
    {}
"""


@pytest.mark.parametrize(
    "line",
    ["return one(random.random())", "return one(x=time.time())", "day = date.today().year; return one(float(day))"],
)
def test_what_a_pipeline_makes_anew_for_its_steps_is_found(check, line):
    (found,) = check(PIPELINE.format(line))
    assert found.rule == "changing-argument"


@pytest.mark.parametrize(
    "line", ["return one(3)", "print(time.time()); return one()", "random.seed(1); return one(random.random())"]
)
def test_what_stays_the_same_is_not_found_in_a_pipeline(check, line):
    assert check(PIPELINE.format(line)) == []
