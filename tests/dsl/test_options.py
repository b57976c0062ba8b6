"""Options: what can be said about how a step is run, and what is refused."""

from __future__ import annotations

import inspect
import math
from datetime import timedelta
from pathlib import Path

import pytest

from penstock import DefinitionError, Environment, Resources, Retries, step
from penstock.dsl import Options


@step
def work() -> int:
    return 1


@pytest.mark.parametrize(
    ("memory", "size"),
    [
        (1024, 1024),
        ("512", 512),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("4 GiB", 4 * 1024**3),
        ("1.5MB", 1_500_000),
        (None, None),
    ],
)
def test_memory_is_bytes_or_text_with_a_unit(memory, size):
    assert Resources(memory=memory).memory == size


@pytest.mark.parametrize("memory", ["4gigs", "", "GiB", "-1MB", 0, -5, True, 1.5, "0MB", "1 2MB"])
def test_memory_that_is_no_amount_is_refused(memory):
    with pytest.raises(DefinitionError, match="memory="):
        Resources(memory=memory)


@pytest.mark.parametrize("cpus", [0, -1, "2", True, math.nan, math.inf])
def test_cpus_are_a_finite_number_above_zero(cpus):
    with pytest.raises(DefinitionError, match="a finite number above 0"):
        Resources(cpus=cpus)


@pytest.mark.parametrize("fields", [{"gpus": -1}, {"gpus": 1.0}, {"gpus": True}, {"nodes": 0}, {"nodes": "2"}])
def test_gpus_and_nodes_are_whole_numbers(fields):
    with pytest.raises(DefinitionError, match="a whole number"):
        Resources(**fields)


def test_packages_may_be_one_text_or_several():
    assert Environment(packages="numpy").packages == ("numpy",)
    assert Environment(packages=["numpy", "pandas>=2"]).packages == ("numpy", "pandas>=2")


@pytest.mark.parametrize("packages", [5, [5], b"numpy", [b"numpy"], None])
def test_packages_that_are_no_text_are_refused(packages):
    with pytest.raises(DefinitionError, match="expected text"):
        Environment(packages=packages)


@pytest.mark.parametrize("variables", [{"A": 1}, ["A=1"], "A=1", {1: "A"}])
def test_variables_map_text_to_text(variables):
    with pytest.raises(DefinitionError, match="a dict of text to text"):
        Environment(variables=variables)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("name", ""), ("name", "two words"), ("name", "a/b"), ("name", "1st"), ("name", 5),
        ("resources", {"cpus": 2}), ("compute", 5), ("environment", "numpy"), ("retries", -1), ("retries", 1.5),
        ("retries", True), ("timeout", 0), ("timeout", "1m"), ("timeout", math.inf), ("allow_reuse", "yes"), ("version", 2),
        ("hash_paths", 5), ("hash_paths", [b"x"]), ("tags", {"a": 1}), ("tags", "a"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_at_the_line_that_gives_it(option, value):
    with pytest.raises(DefinitionError) as caught:
        line = inspect.currentframe().f_lineno + 1
        work.options(**{option: value})
    assert f"test_options.py:{line}: " in str(caught.value)
    assert "is wrong; expected" in str(caught.value)


def test_a_misspelt_option_names_the_nearest():
    with pytest.raises(DefinitionError, match="no option 'retry'; did you mean 'retries'"):
        work.options(retry=2)


def test_an_option_like_no_other_lists_all():
    with pytest.raises(DefinitionError, match="there are allow_reuse, compute, .*version"):
        step(colour="red")(lambda: 1)


def test_hash_paths_start_at_the_file_that_defines_the_step():
    assert work.options(hash_paths=Path(__file__).name).settings.hash_paths == (__file__,)


def test_hash_paths_may_be_several_texts_or_paths():
    paths = [Path(__file__), str(Path(__file__).parent)]
    assert work.options(hash_paths=paths).settings.hash_paths == (__file__, str(Path(__file__).parent))


def test_hash_paths_that_do_not_exist_are_refused():
    with pytest.raises(DefinitionError, match=r"'.*nothing\.csv', which does not exist; write it relative to"):
        work.options(hash_paths="nothing.csv")


def test_options_start_empty():
    empty = Options()
    assert (empty.name, empty.retries.times, empty.allow_reuse, empty.hash_paths) == (None, 0, None, ())


@pytest.mark.parametrize(
    ("age", "seconds"), [(90, 90.0), ("12h", 43_200.0), ("1.5d", 129_600.0), (timedelta(weeks=1), 604_800.0)]
)
def test_an_age_is_seconds_a_timedelta_or_text(age, seconds):
    assert Options(max_age=age).max_age == seconds


@pytest.mark.parametrize("age", [0, -1, "soon", "7 dogs", "", True, [1]])
def test_what_is_no_age_is_refused(age):
    with pytest.raises(DefinitionError, match="is no age; write seconds, a timedelta, or text like '12h'"):
        Options(max_age=age)


def test_a_number_of_retries_leaves_the_rest_to_the_defaults():
    assert Options(retries=3).retries == Retries(3)


@pytest.mark.parametrize(
    "wrong", [{"delay": -1}, {"factor": 0.5}, {"longest": 0}, {"on": ["ConnectionError"]}, {"on": int}]
)
def test_wrong_retries_are_refused(wrong):
    with pytest.raises(DefinitionError, match=f"{next(iter(wrong))}=.* is wrong; expected"):
        Retries(3, **wrong)
