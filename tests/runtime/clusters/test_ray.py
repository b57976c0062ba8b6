"""What a cluster of Ray makes of a run: two nodes on this machine, of which the second one has a GPU, if only by its word."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from penstock import Local, Ray, Resources, Run, State, Static, log_metric, log_text, pipeline, step
from penstock.runtime.clusters.connecting import connect
from penstock.runtime.errors import ClusterUnfit, RunError, StepTimedOut, WorkerDied
from penstock.runtime.events import MetricLogged, StepCompleted

pytestmark = [
    pytest.mark.xdist_group("ray"),
    pytest.mark.filterwarnings("ignore:.*subprocess .* is still running:ResourceWarning"),  # Ray's own servers
]


@step
def told(n: int) -> int:
    print(f"told {n}")
    log_metric("n", n)
    return n * 10


@step
def total(numbers: list[int]) -> int:
    log_text("note", "added")
    return sum(numbers)


@step
def refuse(n: int) -> int:
    raise ValueError(f"not {n}")


@step
def leave(n: int) -> int:
    print("about to leave")
    os._exit(n)


@step
def kill_its_ray_worker(n: int) -> int:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)
    return n


@step(timeout=0.5)
def hang(n: int) -> int:
    time.sleep(60)
    return n


@step(resources=Resources(gpus=1))
def devices() -> str:
    return os.environ["CUDA_VISIBLE_DEVICES"]


@step(resources=Resources(gpus=3))
def greedy() -> int:
    return 3


@step(resources=Resources(gpus=1))
def wait_for_the_end(note: str) -> int:
    Path(note).write_text(str(os.getpid()))
    time.sleep(60)
    return 0


@step
def wait_with_a_child(note: str) -> int:
    child = subprocess.Popen(["sleep", "60"]).pid
    Path(note).write_text(f"{os.getpid()} {child}")
    time.sleep(60)
    return 0


@pipeline
def adding(n: Static[int]) -> int:
    return total([told(number) for number in range(n)])


@pipeline
def troubles() -> tuple[int, ...]:
    return refuse(1), leave(3), kill_its_ray_worker(1), hang(1), greedy(), told(7)


@pipeline
def on_a_gpu() -> str:
    return devices()


@pipeline
def long(note: str) -> int:
    return wait_with_a_child(note)


@pipeline
def long_on_a_gpu(note: str) -> tuple[int, int]:
    return wait_for_the_end(note), told(5)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") != "1":
        pytest.importorskip("ray", reason="Ray is not installed")
    import ray
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    nodes.with_gpu = nodes.add_node(num_cpus=1, num_gpus=1)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ray")


def local(cluster: Any, workspace: Path, **settings: Any) -> Local:
    return Local(executor=Ray(address=cluster.address), workspace=workspace, display="none", **settings)


@pytest.fixture(scope="module")
def added(cluster: Any, workspace: Path) -> tuple[Run, list[object]]:
    events: list[object] = []
    return local(cluster, workspace, listeners=[events.append]).run(adding, 4), events


@pytest.fixture(scope="module")
def troubled(cluster: Any, workspace: Path) -> Run:
    return local(cluster, workspace, continue_on_failure=True, raise_on_failure=False).run(troubles)


def wait_for(note: Path) -> list[int]:
    deadline = time.monotonic() + 30
    while not note.exists() or not note.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(number) for number in note.read_text().split()]


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_steps_run_on_the_cluster_and_their_values_come_back(added):
    run, _ = added
    assert run.result() == 60
    assert {record.state for record in run.steps.values()} == {State.COMPLETED}


def test_what_steps_print_and_log_is_kept_with_the_run(added):
    run, _ = added
    assert run.steps["told-3"].logs == "told 2\n"
    assert run.steps["told-3"].metrics["n"] == 2
    assert [path.name for path in (run.folder / "files" / "total").iterdir()] == ["note.txt"]


def test_what_a_step_reports_comes_before_its_end(added):
    _, events = added
    told = [
        event
        for event in events
        if getattr(event, "step", "") == "told" and isinstance(event, MetricLogged | StepCompleted)
    ]
    assert [type(event) for event in told] == [MetricLogged, StepCompleted]


def test_the_same_calls_are_reused_without_a_cluster(added, workspace):
    run = Local(executor=Ray(address="127.0.0.1:1"), workspace=workspace, display="none").run(adding, 4)
    assert {record.state for record in run.steps.values()} == {State.REUSED}


def test_a_failure_shows_the_line_of_the_user(troubled):
    failure = troubled.steps["refuse"].failure
    assert isinstance(failure.exception, ValueError)
    assert 'raise ValueError(f"not {n}")' in failure.frames
    assert failure.frames.count("File ") == 1


def test_a_process_that_ends_early_fails_its_step_and_its_log_is_kept(troubled):
    assert "EXIT(3)" in str(troubled.steps["leave"].failure)
    assert troubled.steps["leave"].logs == "about to leave\n"


def test_a_killed_worker_of_ray_fails_one_step_which_is_named(troubled):
    failure = troubled.steps["kill_its_ray_worker"].failure
    assert isinstance(failure.exception, WorkerDied)
    assert "step 'kill_its_ray_worker' failed: WorkerDied: the worker of Ray that it ran in was killed" in str(failure)
    assert troubled.steps["told"].state is State.COMPLETED


def test_a_time_out_is_kept(troubled):
    assert isinstance(troubled.steps["hang"].failure.exception, StepTimedOut)


def test_what_no_node_has_is_refused_at_once(troubled):
    failure = troubled.steps["greedy"].failure
    assert isinstance(failure.exception, ClusterUnfit)
    assert "it asks for gpus=3, and no node of the Ray cluster has that" in str(failure) and "1 GPUs" in str(failure)


def test_a_step_with_a_gpu_runs_where_one_is(cluster, workspace):
    assert local(cluster, workspace).run(on_a_gpu).result() == "0"


def test_cancelling_ends_a_running_step_with_its_children(cluster, workspace, tmp_path):
    run = local(cluster, workspace).submit(long, str(tmp_path / "note"))
    pids = wait_for(tmp_path / "note")
    run.cancel()
    assert run.wait(10) and run.state is State.CANCELLED
    assert [pid for pid in pids if is_running(pid)] == []


def test_a_process_has_one_cluster_at_a_time(cluster, added):
    with pytest.raises(RunError, match="is connected to the cluster of Ray at .* at 127.0.0.1:1. A process has one"):
        connect("127.0.0.1:1")


def test_a_lost_node_fails_the_step_that_ran_there(cluster, workspace, tmp_path):
    run = local(cluster, workspace, continue_on_failure=True, raise_on_failure=False).submit(
        long_on_a_gpu, str(tmp_path / "note")
    )
    (pid,) = wait_for(tmp_path / "note")
    cluster.remove_node(cluster.with_gpu, allow_graceful=False)
    assert run.wait(60) and run.steps["told"].state is State.COMPLETED
    failure = run.steps["wait_for_the_end"].failure
    assert "step 'wait_for_the_end' failed: WorkerDied" in str(failure) and "or its node was lost" in str(failure)
    deadline = time.monotonic() + 20  # it looks once a second whether its parent is there
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)
