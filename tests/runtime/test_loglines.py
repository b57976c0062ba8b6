"""Failures in logs: the last line carries one, and people do not see it."""

from __future__ import annotations

import pickle

import pytest

from penstock.runtime.failures import Failure
from penstock.runtime.loglines import failure_line, split_log

FAILURE = Failure(
    "fit", "ValueError", "no\nway", "Traceback ...\n", (("x", "1"),), "", 2, pickle.dumps(ValueError("no"))
)


def test_a_failure_comes_back_and_the_log_is_as_printed():
    shown, failure = split_log(f"started\n{failure_line(FAILURE)}\nleft behind\n")
    assert shown == "started\nleft behind\n"
    assert failure == FAILURE and isinstance(failure.exception, ValueError)


def test_a_log_without_a_failure_is_as_it_is():
    assert split_log("all is well\n") == ("all is well\n", None)


@pytest.mark.parametrize("line", ["##penstock-failure {", "##penstock-failure {}", '##penstock-failure {"pickled": 1}'])
def test_what_is_cut_off_or_no_failure_is_shown(line):
    assert split_log(line) == (line, None)


def test_an_exception_that_is_too_big_for_a_line_is_told_in_words():
    big = Failure("fit", "ValueError", "big", pickled=pickle.dumps(ValueError("x" * 100_000)))
    _, failure = split_log(failure_line(big))
    assert (failure.kind, failure.pickled) == ("ValueError", None)
