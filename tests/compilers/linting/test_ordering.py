"""hash-order."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "line",
    [
        "return list(set(words))",
        "return tuple({word for word in words})",
        "return ','.join(set(words))",
        "return hash('a')",
        "return [hash(word) for word in words]",
        "return list(enumerate(frozenset(words)))",
    ],
)
def test_the_order_of_a_process_is_found(rules, line):
    assert rules(line, "", "words: list[str] = []") == ["hash-order"]


@pytest.mark.parametrize(
    "line",
    [
        "return sorted(set(words))",
        "return sorted(list(set(words)))",
        "return len(list(set(words)))",
        "return list(words)",
        "return list(dict.fromkeys(words))",
        "return ','.join(sorted(set(words)))",
        "return set(words)",
        "memo = {id(words): 1}\nreturn memo[id(words)]",
    ],
)
def test_what_has_an_order_of_its_own_or_none_is_not_found(rules, line):
    assert rules(line, "", "words: list[str] = []") == []


def test_a_hash_method_may_hash(rules):
    top = "class Point:\n    def __hash__(self): return hash('a')\n    def __eq__(self, other): return True"
    assert rules("return Point()", top) == []
