"""The comments that silence a rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.compilers.linting.ignores import EVERY, is_silenced, parse_comment, read_ignores

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True), min_size=1, max_size=4)
SPACES = st.text(" \t", max_size=3)


@given(NAMES, SPACES, SPACES, st.text(alphabet=st.characters(exclude_characters="[]\n\r#"), max_size=10))
def test_names_are_read_whatever_the_spaces(names, before, between, after):
    listed = f",{between}".join(names)
    assert parse_comment(f"#{before}penstock:{between}ignore{before}[{between}{listed}{between}]{after}") == set(names)


@given(st.text(max_size=60))
def test_any_other_text_is_no_comment_of_ours(text):
    if "penstock" not in text.lower():
        assert parse_comment(text) == frozenset()


@given(st.text(max_size=200))
def test_no_source_is_too_broken_to_read(source):
    assert read_ignores(source) == {} or "penstock" in source.lower()


@given(NAMES, st.integers(0, 5))
def test_a_comment_holds_for_its_line(names, above):
    source = "x = 1\n" * above + f"y = 2  # penstock: ignore[{','.join(names)}]\nz = 3\n"
    assert read_ignores(source) == {above + 1: frozenset(names)}


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("# penstock: ignore", {EVERY}),
        ("# penstock: ignore[PS101]", {"ps101"}),
        ("# Penstock: Ignore[text-path]  because", {"text-path"}),
        ("# noqa  # penstock: ignore[a, b]", {"a", "b"}),
        ("# penstock: ignored", set()),
        ("# penstock: ignore[]", set()),
    ],
)
def test_a_comment_names_rules_or_means_all(comment, rules):
    assert parse_comment(comment) == rules


def test_a_text_that_looks_like_a_comment_is_none():
    assert read_ignores('x = "# penstock: ignore[entropy]"\n') == {}


def test_a_comment_on_a_line_of_its_own_holds_for_the_next_line():
    assert set(read_ignores("# penstock: ignore[entropy]\nx = 1\ny = 2\n")) == {1, 2}


def test_only_the_named_rules_are_silenced():
    ignores = {3: frozenset({"entropy"}), 4: frozenset({EVERY})}
    assert is_silenced(ignores, range(2, 4), frozenset({"entropy", "ps103"}))
    assert not is_silenced(ignores, range(1, 4), frozenset({"text-path"}))
    assert is_silenced(ignores, range(4, 5), frozenset({"text-path"}))
