"""Steps that end badly: the step fails, says why, leaves nothing behind, and harms no other step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from penstock import Run, State

WORDS = {
    "raises": ("KeyError", "'fare'"),
    "exits": ("SystemExit", "the step called sys.exit('I give up'); it ends by returning or by raising"),
    "exits_at_once": ("WorkerDied", "ended before the step returned (EXIT(3)): did it call os._exit(), or close files"),
    "crashes": ("WorkerDied", "crashed in native code (SIGSEGV(-11)); its log shows where"),
    "aborts": ("WorkerDied", "crashed in native code (SIGABRT(-6)); its log shows where"),
    "is_killed": ("WorkerDied", "was killed (SIGKILL(-9)): by the system when memory ran out, or by somebody"),
    "is_asked_to_end": ("WorkerDied", "was ended by a signal (SIGTERM(-15)), sent by somebody or by the step itself"),
    "needs_too_much_memory": ("MemoryError", "memory ran out; give the step less at a time"),
    "takes_too_long": ("StepTimedOut", "longer than its time-out of 0.3 s and was stopped"),
    "dies_and_leaves_daemons": ("WorkerDied", "(EXIT(0)): did it call os._exit(), or close files"),
    "returns_what_cannot_be_stored": (
        "NoCodec",
        "it is an open file, and lives in its process only; return the file's Path",
    ),
    "returns_what_is_not_there": ("StoreError", "nowhere/model.bin"),
    "returns_too_few": ("RunError", "annotated to return 2 outputs"),
    "raises_what_cannot_be_pickled": ("Odd", "fare"),
    "raises_without_words": ("Mute", "its message cannot be shown: RuntimeError"),
    "interrupts_itself": ("KeyboardInterrupt", ""),
    "raises_at_the_end_of_a_long_chain": ("ValueError", "2999"),
    "raises_far_too_much": ("ValueError", "... (10000000 characters)"),
    "raises_what_exits": ("Leaving", "its message cannot be shown: SystemExit"),
    "closes_all_files": ("WorkerDied", "(EXIT(0)): did it call os._exit(), or close files that are not its own?"),
    "writes_where_it_should_not": ("WorkerDied", "what came from it made no sense: the beginning of a message of"),
    "writes_nothings_where_it_should_not": (
        "WorkerDied",
        "what came from it made no sense: 0 bytes that are no message",
    ),
    "breaks_modules": ("WorkerDied", "its process"),
    "fills_its_disk": ("OSError", "; results of finished steps are kept: make room and run again)"),
}
"""What is said of each step that fails."""


@pytest.fixture(scope="module")
def run(open_project: Callable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with open_project(tmp_path_factory.mktemp("troubles")) as project:
        ended = project.penstock("run", "troubles.py:troubles", "-j2", "--continue-on-failure", "-q")
        assert ended.code == 1 and "Traceback (most recent call last):\n    File" not in ended.err
        yield Run.get("last", project.workspace)


@pytest.mark.parametrize("step", WORDS)
def test_a_step_that_ends_badly_fails_and_says_why(run, step):
    kind, words = WORDS[step]
    failure = run.failures[step]
    assert run.steps[step].state is State.FAILED
    assert failure.kind == kind and words in failure.message


def test_nothing_else_fails(run):
    assert set(run.failures) == set(WORDS) and run.state is State.FAILED


@pytest.mark.parametrize("step", WORDS)
def test_what_is_said_of_a_failure_can_be_read(run, step):
    assert len(str(run.failures[step])) < 60_000


@pytest.mark.parametrize("step", ["leaves_children", "comes_back_twice", "replaces_its_output"])
def test_a_step_that_forks_or_has_no_output_completes_with_its_own_result(run, step):
    assert run.steps[step].state is State.COMPLETED and run.steps[step].result() == 1


def test_a_process_that_comes_out_of_a_step_is_named_in_its_log(run):
    assert (
        "a process that step 'comes_back_twice' forked came out of its function" in run.steps["comes_back_twice"].logs
    )


def test_a_crash_shows_where_in_its_log(run):
    assert "in crashes" in run.steps["crashes"].logs and "in aborts" in run.steps["aborts"].logs


def test_a_failure_shows_the_line_and_the_inputs(run):
    failure = run.failures["raises"]
    assert 'troubles.py", line' in failure.frames and failure.inputs == (("column", "'fare'"),)
