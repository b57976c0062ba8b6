"""What is said of a failed step, and what comes back of its exception."""

from __future__ import annotations

import errno
import pickle

import attrs
import pytest
from penstock.compilers.graph import Collection, FunctionRef, Literal
from penstock.runtime.artifacts import Artifact
from penstock.runtime.errors import StepFailed, StepTimedOut
from penstock.runtime.failures import Failure, describe, describe_end
from penstock.runtime.resolved import Gathered, Stored
from penstock.runtime.tasks import Task


class Keywords(Exception):
    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


class Rich(Exception):
    def __init__(self, message: str, detail: object) -> None:
        super().__init__(message, detail)
        self.detail = detail


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def task(**inputs: object) -> Task:
    return Task("r", "train", "train", FunctionRef("m", "train"), inputs, ("output",), "/p", "/s", "/r", attempt=2)


def raised(error: BaseException) -> Failure:
    try:
        raise error
    except BaseException as caught:
        return describe(caught, task())


def test_a_failure_names_step_exception_and_attempt():
    failure = raised(ValueError("no rows"))
    assert (failure.step, failure.kind, failure.message, failure.attempts) == ("train", "ValueError", "no rows", 2)
    assert str(failure).startswith("step 'train' failed: ValueError: no rows (after 2 attempts)\nTraceback")


def test_the_exception_comes_back_with_its_attributes_and_the_frames_as_a_note():
    error = raised(Rich("bad", {"row": 3})).exception
    assert isinstance(error, Rich) and error.detail == {"row": 3} and "in raised" in error.__notes__[0]


@pytest.mark.parametrize("error", [Keywords(code=3), Rich("bad", (c for c in "ab")), Rich("big", b"x" * 2**21)])
def test_an_exception_that_cannot_come_back_is_stood_in_for(error):
    failure = raised(error)
    assert type(failure.exception) is StepFailed and failure.kind in str(failure.exception)


def test_a_message_that_cannot_be_had_is_said_so():
    assert raised(Mute()).message == "<its message cannot be shown: RuntimeError>"


def test_an_endless_message_is_cut():
    message = raised(ValueError("x" * 1_000_000)).message
    assert len(message) < 11_000 and message.endswith("(1000000 characters)")


def test_an_exception_whose_class_is_not_here_is_stood_in_for():
    failure = Failure("train", "Gone", "lost", pickled=b"cno_such_module\nGone\n.")
    assert str(failure.exception) == "step 'train' failed: Gone: lost"


def test_a_failure_without_anything_carried_over_has_no_exception():
    assert Failure("train", "ValueError", "no").exception is None


def test_an_end_from_outside_has_an_exception_of_ours():
    failure = describe_end(StepTimedOut("train", "it took too long"), task())
    assert isinstance(failure.exception, TimeoutError)
    assert str(failure).splitlines() == [
        "step 'train' failed: StepTimedOut: it took too long (after 2 attempts)",
        "run it again: penstock replay r train --pdb",
    ]


def test_the_command_that_runs_the_step_again_can_be_typed_as_it_is():
    item = Task("r", "train[0]", "train", FunctionRef("m", "train"), {}, (), "/p", "/s", "/r")
    assert describe(ValueError("no"), item).replay == "penstock replay r 'train[0]' --pdb"
    assert str(raised(ValueError("no rows"))).endswith("\nrun it again: penstock replay r train --pdb")


def test_a_failure_survives_pickling():
    failure = raised(ValueError("no rows"))
    assert pickle.loads(pickle.dumps(failure)) == failure


def test_what_the_step_was_given_is_said_in_a_line_each():
    table = Artifact("0" * 64, "parquet", 1, "DataFrame", "DataFrame 3 x 2")
    both = Gathered(Collection("list", ()), (Literal(1), Stored(table, ("a", 0))))
    given = {"lr": Literal(0.1), "table": Stored(table), "both": both, "long": Literal("x" * 500)}
    lines = dict(describe(ValueError("no"), task(**given)).inputs)
    assert lines["lr"] == "0.1" and lines["table"] == "DataFrame 3 x 2" and len(lines["long"]) < 110
    assert lines["both"] == "a list of 2: 1, DataFrame 3 x 2['a'][0]"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), "memory ran out; give the step less at a time, or run fewer steps at once (jobs)"),
        (
            MemoryError("3 GiB"),
            "3 GiB (memory ran out; give the step less at a time, or run fewer steps at once (jobs))",
        ),
        (SystemExit(2), "the step called sys.exit(2); it ends by returning or by raising"),
        (FileNotFoundError(2, "No such file", "x.csv"), "[Errno 2] No such file: 'x.csv'"),
    ],
)
def test_where_the_text_alone_leaves_people_alone_more_is_said(error, expected):
    assert raised(error).message == expected


def test_a_full_disk_is_told_with_what_is_free_for_the_workspace(tmp_path):
    described = describe(OSError(errno.ENOSPC, "No space left"), attrs.evolve(task(), run_folder=str(tmp_path)))
    assert f"are free in {tmp_path}; results of finished steps are kept: make room and run again)" in described.message
    assert (
        "nothing is known about /nowhere/r"
        in describe(OSError(errno.ENOSPC, "No space left"), attrs.evolve(task(), run_folder="/nowhere/r")).message
    )


def test_a_traceback_without_lines_of_the_user_is_left_out():
    assert describe(StepFailed("train", "cannot be stored"), task()).frames == ""
