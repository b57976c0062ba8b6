"""What a step changes in the process that it shares with the next one is as before, and so is what it was given."""

from __future__ import annotations

import time

import pytest
from penstock import Run, State


@pytest.fixture
def steps(project):
    def run(pipeline: str):
        ended = project.penstock("run", f"isolation.py:{pipeline}", "-j1", "-q", "--continue-on-failure")
        assert ended.code in (0, 1), ended.err
        return Run.get("last", project.workspace).steps

    return run


def test_folder_variables_and_limits_are_as_before_for_the_next_step_of_the_same_worker(steps):
    found = steps("leaks")
    assert found["change_everything"].state is State.FAILED
    assert found["look"].result() == found["look-2"].result()


def test_a_variable_that_a_module_sets_when_it_is_imported_is_there_for_each_step(steps):
    found = steps("leaks")
    assert all("PENSTOCK_TEST_SET_BY_MODULE" in found[name].result()["variables"] for name in ("look", "look-2"))


def test_inputs_that_a_step_changed_are_as_before_for_other_steps(steps):
    assert steps("inputs")["measure"].result() == (5000, 3)


def test_a_file_cannot_be_changed_without_notice(steps):
    found = steps("files")
    if found["append"].state is State.FAILED:  # the file is read-only, for all but root
        assert found["append"].failure.kind == "PermissionError"
        return
    failure = found["read"].failure
    assert failure.kind == "CorruptArtifact" and "table.csv has 8 bytes instead of 4" in failure.message
    assert steps("files")["write"].state is State.COMPLETED  # and not reused


def test_functions_that_a_worker_needs_are_as_before_though_a_step_has_replaced_them(steps):
    found = steps("replacing")
    assert found["add_up"].result() == {"sum": 2, "is the same worker": True, "functions": True}


BROKEN = """
import isolation, troubles
from penstock import Local, pipeline

@pipeline
def broken() -> list[int]:
    first = isolation.leave_a_thread()
    return [troubles.breaks_modules.after(first)()]

if __name__ == "__main__":
    Local(jobs=1, display="none", raise_on_failure=False).run(broken)
"""


def test_a_process_that_a_step_has_broken_ends_though_another_step_left_a_thread(project):
    started = time.monotonic()
    assert project.script(BROKEN).code == 0
    assert Run.get("last", project.workspace).failures["breaks_modules"].kind == "WorkerDied"
    assert time.monotonic() - started < 30, "the thread sleeps for a minute"
