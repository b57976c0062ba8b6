"""Findings: where they are, who reaches them and how, and what silences them."""

from __future__ import annotations

import pytest
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.linting import RULES, Subject, UnknownRule, check_subjects, chosen_rules
from penstock.compilers.linting.checking import Checker
from penstock.compilers.linting.examined import Scene

CHAIN = '''
import random

# some lines
def scale(items):
    """Scale."""
    größe = random.random()
    return [größe * item for item in items]

class Preparation:
    def apply(self, items):
        return scale(items)

@step
def work(items: list[float] = [1.0]) -> Any:
    return Preparation().apply(items)
'''


def test_a_finding_has_the_users_line_and_column_and_the_way_there(check):
    (found,) = check(CHAIN)
    assert (found.text.strip(), found.width) == ("größe = random.random()", len("random.random()"))
    assert found.text[found.column - 1 :].startswith("random.random()")
    assert found.chain == ("work", "Preparation", "Preparation.apply", "scale")
    assert str(found).startswith(f"{found.file}:{found.line}:{found.column}: PS101 unseeded-random: ")


def test_a_place_that_several_steps_reach_is_one_finding(module):
    made = module("import random\ndef draw(): return random.random()\ndef a(): return draw()\ndef b(): return draw()\n")
    subjects = [Subject(made.a, ("a", "a-2")), Subject(made.b, ("b",))]
    (found,) = check_subjects(subjects, Fingerprinter(), chosen_rules())
    assert (found.steps, found.chain) == (("a", "a-2", "b"), ("a", "draw"))


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("return random.random()  # penstock: ignore[unseeded-random]", 0),
        ("return random.random()  # penstock: ignore[PS101]", 0),
        ("return random.random()  # penstock: ignore", 0),
        ("# penstock: ignore[unseeded-random]\nreturn random.random()", 0),
        ("return random.randint(\n    1,\n    2,  # penstock: ignore[unseeded-random]\n)", 0),
        ("return random.random()  # penstock: ignore[entropy]", 1),
        ("return random.random()  # ignore", 1),
    ],
)
def test_a_comment_silences_the_rules_it_names(rules, line, count):
    assert len(rules(line, "import random")) == count


def test_a_lambda_is_read_at_its_own_place(check):
    code = "import random\nf, g = lambda: 1, lambda: random.random()\n@step\ndef work() -> Any:\n    return g()\n"
    (found,) = check(code)
    assert found.text[found.column - 1 :].startswith("random.random()")
    assert check(code.replace("g()\n", "f()\n")) == []


def test_a_method_a_property_and_a_default_factory_are_reached(check):
    code = """
    import random
    class A:
        @property
        def x(self): return random.random()
        @staticmethod
        def y(): return random.random()
        @classmethod
        def z(cls): return random.random()
    @step
    def work() -> Any:
        return A()
    """
    assert [found.chain[-1] for found in check(code)] == ["A.x", "A.y", "A.z"]


def test_a_decorator_and_what_it_wraps_are_both_reached(check):
    code = """
    import functools, random
    def noisy(function):
        @functools.wraps(function)
        def inner(*args, **kwargs): return function(*args, **kwargs), random.random()
        return inner
    @step
    @noisy
    def work(path: str = "x") -> Any:
        return open(path).read()
    """
    assert [found.rule for found in check(code)] == ["unseeded-random", "text-path"]


def test_other_functions_of_a_module_that_counts_as_a_whole_are_not_the_steps(check):
    code = """
    import random
    @step
    def other() -> float:
        return random.random()
    @step
    def work() -> Any:
        return globals()["x"]
    """
    assert check(code) == []


def test_a_function_that_was_edited_since_its_import_is_passed_over(module, tmp_path):
    made = module("import random\ndef work(): return random.random()\n")
    (tmp_path / f"{made.__name__}.py").write_text("def work():\n    pass\n")
    assert check_subjects([Subject(made.work, ("work",))], Fingerprinter(), chosen_rules()) == ()


def test_a_library_is_not_the_projects_and_is_not_looked_into(rules):
    assert rules("return shuffle_all([1])", "from random import Random\nshuffle_all = Random(1).shuffle") == []


def test_rules_are_chosen_by_name_code_and_the_beginning_of_a_code():
    assert [rule.code for rule in chosen_rules(["text-path", "ps101"])] == ["PS101", "PS203"]
    assert {rule.code[:3] for rule in chosen_rules(["PS2"])} == {"PS2"}
    assert {rule.name for rule in RULES} - {rule.name for rule in chosen_rules()} == {"mutated-input"}
    assert "entropy" not in {rule.name for rule in chosen_rules(ignore=["entropy"])}


def test_a_rule_that_is_not_there_is_refused_with_a_near_one():
    with pytest.raises(UnknownRule, match="did you mean 'text-path'"):
        chosen_rules(["text-pth"])
    with pytest.raises(UnknownRule, match="the rules are"):
        chosen_rules(ignore=["PS"])


@pytest.mark.parametrize("name", ["argparse", "asyncio.base_events", "shutil", "typing", "unittest.mock"])
def test_no_code_is_too_strange_to_examine(name):
    import importlib
    import types

    home = importlib.import_module(name)
    found = [
        value for value in vars(home).values() if isinstance(value, types.FunctionType) and value.__module__ == name
    ]
    checker = Checker(Fingerprinter(), RULES)
    for function in found:
        code = checker._examine(function)
        scene = Scene(Subject(function, ("x",)), function, {function.__code__: code}, frozenset())
        assert code is not None
        for rule in RULES:
            assert rule.check is None or all(remark.message for remark in rule.check(code, scene))


def test_codes_and_names_are_each_of_one_rule():
    assert len({rule.code for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    assert [rule.code for rule in RULES] == sorted(rule.code for rule in RULES)
