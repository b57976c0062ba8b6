"""Pipeline jobs, from the upload of their code to what they write, in a stand-in that really runs them."""

import importlib.util
import time
from pathlib import Path

import pytest

from penstock.runtime.azure import history, jobs
from penstock.runtime.azure.errors import NotFoundRemotely, SubmissionRejected
from penstock.runtime.states import State

_SPEC = importlib.util.spec_from_file_location("azure_pipelines", Path(__file__).with_name("pipelines.py"))
pipelines = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(pipelines)

really_sleep = time.sleep


def submitted(connection, name="first", mode="count", settings=None, **more):
    made = pipelines.nodes(*pipelines.components(connection, mode), **(settings or {}))
    return jobs.submit_job(connection, name, pipelines.body(made, **more))


def ended(connection, name="first"):
    while not (found := jobs.get_job(connection, name)).state.ended:
        really_sleep(0.02)
    return found


def test_a_pipeline_runs_and_its_output_lies_where_it_was_sent(workspace):
    submitted(workspace.connection)
    assert ended(workspace.connection).state is State.COMPLETED
    files = workspace.datastores.default.list("results/first")
    assert [(file.path, file.size) for file in files] == [("results/first/length.txt", 1)]


def test_the_steps_of_a_job_are_told_with_logs_and_outputs(workspace):
    submitted(workspace.connection)
    ended(workspace.connection)
    write, read = history.read_steps(workspace.connection, "first")
    assert [(one.step, one.state) for one in (write, read)] == [("write", State.COMPLETED), ("read", State.COMPLETED)]
    url = history.read_details(workspace.connection, write.run).logs["user_logs/std_log.txt"]
    assert history.read_log(workspace.connection, url) == b"writing word\n"
    assert history.read_log(workspace.connection, url, 8) == b"word\n"
    assert history.read_log(workspace.connection, url, 13) == b""
    assert history.read_outputs(workspace.connection, read.run)["out"].endswith("/paths/results/first/")


def test_equal_steps_are_reused_and_the_second_job_says_from_where(workspace):
    submitted(workspace.connection)
    ended(workspace.connection)
    submitted(workspace.connection, "second")
    ended(workspace.connection, "second")
    first, second = (history.read_steps(workspace.connection, name) for name in ("first", "second"))
    assert [one.state for one in second] == [State.REUSED, State.REUSED]
    assert [one.reused_from for one in second] == [one.run for one in first]


def test_force_rerun_reuses_nothing(workspace):
    for name in ("first", "second"):
        submitted(workspace.connection, name, force_rerun=True)
        ended(workspace.connection, name)
    assert [one.state for one in history.read_steps(workspace.connection, "second")] == [State.COMPLETED] * 2


def test_a_failing_step_fails_the_job_with_the_end_of_its_log(workspace):
    submitted(workspace.connection, mode="fail")
    assert ended(workspace.connection).state is State.FAILED
    read = history.read_steps(workspace.connection, "first")[1]
    assert read.state is State.FAILED
    assert "ValueError: no such luck" in read.problem
    assert "ValueError: no such luck" in history.read_details(workspace.connection, read.run).problem


def test_a_job_is_canceled_and_its_processes_are_gone(workspace):
    submitted(workspace.connection, mode="hang")
    while "reading" not in _log_of_read(workspace.connection):
        really_sleep(0.02)
    jobs.cancel_job(workspace.connection, "first")
    assert ended(workspace.connection).state is State.CANCELLED
    jobs.cancel_job(workspace.connection, "first")
    assert history.read_steps(workspace.connection, "first")[1].state is State.CANCELLED


def _log_of_read(connection):
    steps = [one for one in history.read_steps(connection, "first") if one.step == "read"]
    logs = history.read_details(connection, steps[0].run).logs if steps else {}
    return history.read_log(connection, next(iter(logs.values()))).decode() if logs else ""


def test_a_step_that_takes_too_long_fails_with_its_limit(workspace):
    limits = {"limits": {"job_limits_type": "Command", "timeout": "PT1S"}}
    submitted(workspace.connection, mode="hang", settings=limits)
    assert ended(workspace.connection).state is State.FAILED
    assert "longer than its limit of 1 s" in history.read_steps(workspace.connection, "first")[1].problem


def test_a_name_that_is_taken_is_refused_unless_the_submission_is_the_same(workspace):
    submitted(workspace.connection)
    assert submitted(workspace.connection, continue_on_step_failure=True).name == "first"
    with pytest.raises(SubmissionRejected, match="a job first exists already"):
        submitted(workspace.connection, submission="another")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"componentId": "/subscriptions/none"}, "there is no"),
        ({"resourcez": {}}, "a node has no 'resourcez'"),
        ({"inputs": {"data": {"job_input_type": "literal", "value": "${{parent.jobs.no.outputs.out}}"}}}, "no such job"),
        ({"inputs": {"data": {"job_input_type": "literal", "value": "${{parent.inputs.no}}"}}}, "no such input"),
        ({"inputs": {"data": {"job_input_type": "literal", "value": "${{parent.jobs.read.outputs.out}}"}}}, "wait for each other: read"),
        ({"computeId": "/subscriptions/nowhere"}, "there is no compute"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused(workspace, change, problem):
    with pytest.raises(SubmissionRejected, match=problem):
        submitted(workspace.connection, settings=change)


def test_code_is_uploaded_once(workspace, storing):
    for name in ("first", "second"):
        submitted(workspace.connection, name)
        ended(workspace.connection, name)
    uploads = [one for one in storing.plane.requests if one.path.endswith("startPendingUpload")]
    assert len(uploads) == 1


def test_jobs_are_listed_by_kind_and_property(workspace):
    submitted(workspace.connection)
    ended(workspace.connection)
    assert [one.name for one in jobs.list_jobs(workspace.connection, kind="Pipeline", tag="kind")] == ["first"]
    assert list(jobs.list_jobs(workspace.connection, kind="Sweep")) == []


def test_a_job_that_is_not_there_is_named(connection):
    with pytest.raises(NotFoundRemotely, match="could not find the job 'nothing'"):
        jobs.get_job(connection, "nothing")
