"""Literals as text: what is written comes back, through a shell as well."""

from __future__ import annotations

import math
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.errors import GraphFormatError
from penstock.compilers.targets.azureml.texts import quoted_json, read_text, text_of, type_of
from penstock.runtime.states import State

AWKWARD = [
    0, -5, 1 << 70, 0.1, 1e-300, float("inf"), True, False, None, "", " ", "plain", "it's", "ünï ☃", "a\nb", "json:1", "$HOME",
    "${{inputs.x}}", "$[[x]]", "\\", '"', "\ud800", [1, "it's"], {"a": None, 3: (1, 2)}, State.FAILED, {1, 2}, b"\0",
    "true", "0.1", "null", Path("data/x"),
]  # fmt: skip


@pytest.mark.parametrize("value", AWKWARD, ids=repr)
def test_a_value_comes_back_as_it_was(value):
    back = read_text(text_of(value), type_of(value))
    assert (back, type(back)) == (value, type(value))


def test_what_is_not_a_number_comes_back():
    assert math.isnan(read_text(text_of(math.nan), type_of(math.nan)))


@given(st.data())
def test_every_plain_value_comes_back_through_single_quotes(plain_values, data):
    value = data.draw(plain_values)
    text = text_of(value)
    assert "'" not in text and "\n" not in text and "${{" not in text
    (word,) = shlex.split(f"'{text}'")
    assert read_text(word, type_of(value)) == value


@pytest.mark.parametrize("value", ["it's", '$HOME `id` \\ "x"', "a\nb", "ünï"])
def test_a_text_comes_back_from_a_shell(value):
    printed = subprocess.run(["sh", "-c", f"printf %s '{text_of(value)}'"], capture_output=True, check=True).stdout
    assert read_text(printed.decode(), "string") == value


@pytest.mark.parametrize(
    ("value", "kind", "text"), [(0.1, "number", "0.1"), (3, "integer", "3"), (True, "boolean", "True")]
)
def test_what_v2_has_a_type_for_is_plain(value, kind, text):
    assert (type_of(value), text_of(value)) == (kind, text)


@pytest.mark.parametrize(
    ("text", "kind"), [("x", "number"), ("1.5", "integer"), ("maybe", "boolean"), ("json:{", "string"), ("json:{}", "string"), ("x", "y")]
)  # fmt: skip
def test_a_text_that_is_no_such_value_is_refused_by_name(text, kind):
    with pytest.raises(GraphFormatError, match="is no|is not JSON|expected a value"):
        read_text(text, kind)


def test_truth_values_are_read_in_any_case():
    assert [read_text(text, "boolean") for text in ("true", "FALSE")] == [True, False]


def test_json_in_single_quotes_has_nothing_to_substitute():
    assert not {"'", "$"} & set(quoted_json(["it's", "${{inputs.a}}"]))
