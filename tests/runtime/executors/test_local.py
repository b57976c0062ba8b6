"""What happens to worker processes: the ways in which they die, and what is left of them."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest
from penstock import Local, Run, State, Static, Workspace, pipeline, step
from penstock.compilers.graph import FunctionRef, NodeOptions
from penstock.runtime.errors import RunCancelled, StepFailed, StepTimedOut, WorkerDied
from penstock.runtime.admission import processors
from penstock.runtime.executors import handles, slots
from penstock.runtime.executors.deaths import died
from penstock.runtime.executors.local import LocalExecutor, start_here
from penstock.runtime.executors.processes import WorkerProcess
from penstock.runtime.tasks import Completed, Failed, Task

MANY = 200_000
"""Lines that a step prints."""


@step
def quick(text: str) -> str:
    return text


@step
def leave(code: int) -> int:
    os._exit(code)


@step
def crash() -> int:
    return ctypes.string_at(0)  # type: ignore[return-value]


@step
def kill_itself() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    return 0


@step
def die_with_a_child(note: str) -> int:
    Path(note).write_text(str(subprocess.Popen(["sleep", "60"]).pid))
    os._exit(4)


@step(timeout=8.0)  # long enough for a busy machine to begin it
def hang(note: str) -> int:
    Path(note).write_text(f"{os.getpid()} {subprocess.Popen(['sleep', '60']).pid}")
    time.sleep(60)
    return 0


@step(timeout=60, retries=1)
def in_time() -> int:
    return 1


@step
def shout() -> int:
    sys.stdout.write("x" * 70 + "\n")
    sys.stdout.flush()
    for _ in range(MANY // 1000):
        os.write(1, b"line\n" * 1000)
    sys.stdout.buffer.write(b"\xff\x00 binary\n")
    subprocess.run(["echo", "from a child"], check=True)
    return 1


@step
def ask() -> str:
    return input("name? ")


@step
def leave_a_thread() -> int:
    def go_on() -> None:
        while True:
            time.sleep(0.01)
            print("from a thread that was left")

    threading.Thread(target=go_on).start()
    return 1


@step
def nest() -> tuple[int, list[int]]:
    import joblib

    implicit = joblib.Parallel(n_jobs=-1)(joblib.delayed(abs)(-n) for n in range(3))
    return joblib.cpu_count(), implicit


@step
def close_its_output() -> int:
    sys.stdout.close()
    return 1


@step
def where() -> int:
    return os.getpid()


@pipeline
def troubles(folder: Static[str]) -> list[object]:
    return [
        leave(3),
        crash(),
        kill_itself(),
        die_with_a_child(folder + "/child"),
        hang(folder + "/hung"),
        in_time(),
        shout(),
        ask(),
        leave_a_thread(),
        nest(),
        close_its_output(),
        where(),
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, capfd_of_module: list[bytes]) -> Run:
    folder = tmp_path_factory.mktemp("troubles")
    local = Local(jobs=2, workspace=folder, display="none", continue_on_failure=True, raise_on_failure=False)
    return local.run(troubles, str(folder))


@pytest.fixture(scope="module")
def capfd_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[bytes]]:
    """Send what is written to standard output and error, by whatever process, to a file while the module's run goes on."""
    path = tmp_path_factory.mktemp("output") / "output"
    kept, file = [os.dup(1), os.dup(2)], os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    written: list[bytes] = []
    yield written
    written.append(path.read_bytes())
    for number, original in zip((1, 2), kept, strict=True):
        os.dup2(original, number)


def gone(*pids: int | str) -> bool:
    """Say whether processes are gone, or will be in a moment."""
    processes = [psutil.Process(int(pid)) for pid in pids if psutil.pid_exists(int(pid))]
    alive = psutil.wait_procs([process for process in processes if process.status() != psutil.STATUS_ZOMBIE], 3)[1]
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


def cause(run: Run, step_id: str) -> BaseException | None:
    return run.failures[step_id].exception


def test_a_step_that_ends_its_process_fails_and_is_told_how(run):
    assert isinstance(cause(run, "leave"), WorkerDied)
    assert "EXIT(3)" in run.failures["leave"].message and "os._exit" in run.failures["leave"].message


def test_a_crash_in_native_code_is_named_and_its_log_shows_where(run):
    assert "crashed in native code (SIGSEGV" in run.failures["crash"].message
    assert "Segmentation fault" in run.steps["crash"].logs and "in crash" in run.steps["crash"].logs


def test_a_killed_worker_is_told_to_be_killed(run):
    assert "was killed (SIGKILL" in run.failures["kill_itself"].message


def test_the_children_of_a_dead_worker_are_gone(run):
    folder = Workspace.open(run.folder.parents[2]).root
    assert gone((folder / "child").read_text())


def test_a_step_that_takes_too_long_is_gone_with_its_children(run):
    folder = Workspace.open(run.folder.parents[2]).root
    assert isinstance(cause(run, "hang"), StepTimedOut) and "8 s" in run.failures["hang"].message
    assert gone(*(folder / "hung").read_text().split())


def test_a_step_that_is_in_time_completes(run):
    assert run.steps["in_time"].attempts == 1 and run.steps["in_time"].result() == 1


def test_a_lot_of_output_is_logged_also_from_child_processes(run):
    log = run.steps["shout"].logs
    assert log.count("line\n") == MANY and "from a child" in log and "binary" in log


def test_a_step_has_nothing_to_read(run):
    assert run.failures["ask"].kind == "EOFError"


def test_a_thread_that_a_step_leaves_is_no_trouble(run):
    assert run.steps["leave_a_thread"].state is State.COMPLETED


def test_nested_joblib_is_held_to_the_slots_share(run):
    assert run.steps["nest"].result() == (max(1, processors() // 2), [0, 1, 2])


def test_a_step_may_close_its_output(run):
    assert run.steps["close_its_output"].state is State.COMPLETED


def test_a_failure_by_death_knows_what_the_step_was_given(run):
    assert run.failures["leave"].inputs == (("code", "3"),)


def test_steps_after_a_death_run_in_a_new_process(run):
    assert run.steps["where"].result() not in (os.getpid(), None)


def test_no_process_is_left_after_a_run(run):
    since = run.record.started
    ours = [one for one in psutil.Process().children(recursive=True) if one.create_time() >= since]
    assert not [process for process in ours if "penstock-worker" in " ".join(process.cmdline())]


def test_the_drivers_output_is_untouched(run, capfd_of_module):
    assert b"".join(capfd_of_module) == b""


# The executor alone.


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor(1, lambda event: None)
    yield made
    made.close()


def test_a_further_attempt_adds_to_the_log_of_the_one_before(executor, tmp_path, monkeypatch):
    (tmp_path / "greeting.py").write_text("def greet():\n    print('hello')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for attempt in (1, 2):
        assert isinstance(executor.submit(task(tmp_path, "greeting.greet", attempt=attempt)).result(20), Completed)
    assert (tmp_path / "run/logs/greet.log").read_text() == "hello\nhello\n"


def test_a_step_for_which_no_process_can_be_started_fails_and_says_so(tmp_path):
    def refuse(*_place: object) -> NoReturn:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    executor = LocalExecutor(1, lambda event: None, start=refuse)
    executor.warm()
    outcome = executor.submit(task(tmp_path, f"{__name__}.kept")).result(60)
    executor.close()
    assert "no process can be started for it: [Errno 11] Resource temporarily" in outcome.failure.message


def test_where_no_process_can_be_started_any_more_what_waits_behind_a_dead_one_fails_too(tmp_path):
    def start_once(*place: Any) -> WorkerProcess:
        starts.append(1)
        if len(starts) > 1:
            raise RuntimeError("can't start new thread")
        return start_here(*place)

    starts: list[int] = []
    executor = LocalExecutor(1, lambda event: None, start=start_once)
    slot, ended = executor._slots[0], queue.Queue[Failed]()
    for _ in range(2):
        slot.start(task(tmp_path, "os.abort"), ended.put)
    failures = {ended.get(timeout=20).failure.message.partition(":")[0] for _ in range(2)}
    executor.close()
    assert len(failures) == 2 and "no process can be started for it" in failures


def task(folder: Path, function: str, timeout: float | None = None, attempt: int = 1) -> Task:
    module, _, name = function.rpartition(".")
    return Task(
        run="r",
        step=name,
        name=name,
        function=FunctionRef(module, name),
        inputs={},
        outputs=("output",),
        root=str(folder),
        store=str(folder / "store"),
        run_folder=str(folder / "run"),
        attempt=attempt,
        options=NodeOptions(timeout=timeout),
    )


def test_a_worker_is_kept_for_the_next_task_and_replaced_when_it_died(executor, tmp_path):
    first, second = (executor.submit(task(tmp_path, "os.getpid")).result(60) for _ in range(2))
    assert first.pid == second.pid
    os.kill(first.pid, signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(first.pid).wait(10)
    third = executor.submit(task(tmp_path, "os.getpid")).result(60)
    assert isinstance(third, Completed) and third.pid != first.pid


def test_a_worker_that_the_system_does_not_fork_was_never_there(tmp_path):
    failed = died("[Errno 11] Resource temporarily unavailable", task(tmp_path, "os.getpid"), 0.0)
    assert "no process can be started for it: [Errno 11]" in failed.failure.message


def test_the_end_of_a_worker_is_told_where_nothing_can_be_cleared_up_behind_it(executor, tmp_path, monkeypatch):
    def fail(*_given: object) -> NoReturn:
        raise MemoryError

    for place, name in ((handles, "end_marked"), (handles, "recover"), (slots, "remove_scratch")):
        monkeypatch.setattr(place, name, fail)
    assert executor.submit(task(tmp_path, "os.abort")).result(20).failure.kind == "WorkerDied"
    late = executor.submit(task(tmp_path, "signal.pause", timeout=0.05)).result(20)
    assert late.failure.kind == "StepTimedOut"


def test_more_tasks_than_slots_are_refused(executor, tmp_path):
    running = executor.submit(task(tmp_path, "os.getpid"))
    with pytest.raises(RuntimeError, match="all 1 slots are taken"):
        executor.submit(task(tmp_path, "os.getpid"))
    running.result(60)


def test_closing_ends_what_runs(executor, tmp_path):
    running = executor.submit(task(tmp_path, "signal.pause"))
    executor.close()
    assert isinstance(running.result(60), Failed)
    executor.close()


def test_a_time_out_does_not_hit_the_next_task(executor, tmp_path):
    late = executor.submit(task(tmp_path, "signal.pause", timeout=0.05)).result(60)
    assert (late.failure.kind, late.failure.step) == ("StepTimedOut", "pause") and late.duration >= 0.05
    assert isinstance(executor.submit(task(tmp_path, "os.getpid", timeout=30)).result(60), Completed)


def test_a_task_that_cannot_be_sent_fails_its_step(executor, tmp_path):
    import attrs

    unsendable = attrs.evolve(task(tmp_path, "os.getpid"), run=(character for character in "r"))
    outcome = executor.submit(unsendable).result(60)
    assert isinstance(outcome, Failed) and "could not take the task" in outcome.failure.message
    assert isinstance(executor.submit(task(tmp_path, "os.getpid")).result(60), Completed)


def test_cancelling_from_another_thread_stops_running_steps(tmp_path):
    @pipeline
    def endless(note: str) -> int:
        return hang.options(timeout=600)(note)

    run = Local(jobs=1, workspace=tmp_path, display="none").submit(endless, str(tmp_path / "note"))
    while not (tmp_path / "note").exists() or not (tmp_path / "note").read_text():
        time.sleep(0.02)
    run.cancel("seen enough")
    with pytest.raises(RunCancelled):
        run.result()
    assert run.state is State.CANCELLED and run.record.problem == "seen enough"
    assert gone(*(tmp_path / "note").read_text().split())


def test_a_failure_that_stands_in_is_a_step_failed(run):
    assert all(isinstance(cause(run, name), StepFailed) for name in ("leave", "crash", "kill_itself", "hang"))


def test_tiny_steps_are_sent_ahead_and_each_gives_its_result(tmp_path):
    @pipeline
    def many() -> list[str]:
        return [quick(str(number)) for number in range(200)]

    run = Local(jobs=2, workspace=tmp_path, display="none").run(many)
    assert run.result() == [str(number) for number in range(200)]


@step
def note_or_wait(number: int, folder: str) -> int:
    """Leave a note; one step waits for those of all others, which others must leave who were sent behind it."""
    if number == WAITING:
        deadline = time.monotonic() + 60
        while len(list(Path(folder).iterdir())) < NOTED and time.monotonic() < deadline:
            time.sleep(0.02)
    (Path(folder) / str(number)).touch()
    return len(list(Path(folder).iterdir()))


WAITING, NOTED = 40, 99


def test_what_waits_behind_a_step_that_takes_its_time_runs_elsewhere(tmp_path):
    @pipeline
    def many(folder: str) -> list[int]:
        return [note_or_wait(number, folder) for number in range(NOTED + 1)]

    (tmp_path / "notes").mkdir()
    run = Local(jobs=2, workspace=tmp_path, display="none").run(many, str(tmp_path / "notes"))
    assert run.result()[WAITING] == NOTED + 1 and {one.attempts for one in run.steps.values()} == {1}


def test_a_task_that_was_sent_ahead_runs_in_another_process_when_the_worker_dies(executor, tmp_path):
    assert isinstance(executor.submit(task(tmp_path, "os.getpid")).result(60), Completed)
    slot, outcomes = executor._slots[0], []
    slot.start(task(tmp_path, "os.abort"), outcomes.append)
    slot.start(task(tmp_path, "os.getpid"), outcomes.append)
    deadline = time.monotonic() + 30
    while len(outcomes) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Completed", "Failed"]


def test_a_slot_takes_more_tasks_only_behind_one_that_is_known_to_be_quick(executor, tmp_path):
    assert executor.capacity == 1
    executor.submit(task(tmp_path, "os.getpid")).result(60)
    slow = executor.submit(task(tmp_path, "signal.pause"))
    assert executor.capacity == 1
    executor.close()
    slow.result(10)


def test_closing_has_every_worker_killed_before_it_waits_for_one(tmp_path, monkeypatch):
    def noted(name: str) -> None:
        original = getattr(handles.WorkerHandle, name)
        monkeypatch.setattr(handles.WorkerHandle, name, lambda self: (calls.append(name), original(self))[1])

    calls: list[str] = []
    noted("condemn"), noted("kill")
    executor = LocalExecutor(2, lambda event: None)
    running = [executor.submit(task(tmp_path, "signal.pause")) for _ in range(2)]
    executor.close()
    assert calls == ["condemn", "condemn", "kill", "kill"]
    assert all("it was stopped with its run" in one.result(60).failure.message for one in running)
