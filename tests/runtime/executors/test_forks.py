"""How workers are forked from one interpreter, and what is told of their ends."""

from __future__ import annotations

import gc
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from penstock import Local, pipeline, step
from penstock.runtime.channels import WorkerListener
from penstock.runtime.executors.forks import Fork, Forks, can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="workers are forked on Linux from version 5.3 on")


class Born:
    """A worker, what was told of its end, and whom it talks to."""

    def __init__(self, forks: Forks, listener: WorkerListener, name: str, environment: dict[str, str]) -> None:
        self.ends: queue.Queue[str] = queue.Queue()
        self.connections: queue.Queue[None] = queue.Queue()
        listener.expect(name, self._converse)
        self.worker: Fork = forks(listener, name, environment, self.ends.put)

    def _converse(self, connection) -> None:
        self.connections.put(None)
        connection.poll(None)

    def connected(self) -> psutil.Process:
        self.connections.get(timeout=30)
        assert eventually(lambda: self.worker.pid is not None)  # its origin may tell a moment later
        return psutil.Process(self.worker.pid)


@pytest.fixture
def bear() -> Iterator[Callable[..., Born]]:
    forks, listener, born = Forks(), WorkerListener(), []

    def one(**environment: str) -> Born:
        born.append(Born(forks, listener, f"w{len(born)}", environment))
        return born[-1]

    yield one
    for each in born:
        each.worker.kill()
    forks.close()
    listener.close()


def test_workers_have_one_parent_that_is_a_child_of_the_driver(bear):
    first, second = (one.connected() for one in (bear(), bear()))
    assert first.ppid() == second.ppid() != os.getpid() and first.parent().ppid() == os.getpid()


def test_an_origin_keeps_no_end_of_a_connection_of_its_workers(bear):
    origin = bear().connected().ppid()
    count = len(os.listdir(f"/proc/{origin}/fd"))
    bear().connected()
    assert len(os.listdir(f"/proc/{origin}/fd")) == count


def test_a_worker_leads_a_process_group(bear):
    worker = bear().connected()
    assert os.getpgid(worker.pid) == worker.pid


def test_killing_ends_one_worker_for_good_and_is_told_once(bear):
    one, other = bear(), bear()
    one.connected(), other.connected()
    one.worker.kill()
    one.worker.kill()
    assert one.ends.get(timeout=10) == "SIGKILL(-9)" and one.ends.empty()
    assert not one.worker.alive and other.worker.alive


def test_a_worker_may_be_killed_before_it_is_there(bear):
    one = bear()
    one.worker.kill()
    assert one.ends.get(timeout=10) == "SIGKILL(-9)"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGABRT])
def test_a_signal_that_ends_a_worker_is_named(bear, number):
    one = bear()
    os.kill(one.connected().pid, number)
    assert one.ends.get(timeout=10) == f"{number.name}({-number})"


def test_a_worker_that_has_just_died_is_known_to_be_dead_before_that_is_told(bear):
    one = bear()
    process = one.connected()
    parent = process.parent()
    parent.suspend()
    process.kill()
    try:
        assert eventually(lambda: not one.worker.alive) and one.ends.empty()
    finally:
        parent.resume()


def test_workers_whose_origin_is_killed_end_and_the_next_one_gets_another(bear):
    one = bear()
    worker = one.connected()
    worker.parent().kill()
    assert one.ends.get(timeout=10) == "SIGKILL(-9)" and eventually(lambda: not worker.is_running())
    assert bear().connected().is_running()


def test_a_worker_is_killed_even_where_its_origin_does_not_answer(bear, monkeypatch):
    monkeypatch.setattr("penstock.runtime.executors.forks._PATIENCE", 0.1)
    one = bear()
    worker = one.connected()
    worker.parent().suspend()
    one.worker.kill()
    assert eventually(lambda: not worker.is_running())


def test_an_interpreter_that_is_broken_is_told_to_have_ended(bear, capfd):
    assert bear(PYTHONHOME="/nowhere").ends.get(timeout=30) == "EXIT(1)"
    assert "encodings" in capfd.readouterr().err


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait until something holds, which takes a moment."""
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


@step
def daemon_of_a_dead_worker(place: str) -> None:
    if os.fork() == 0:
        os.setsid()
        with open(place, "w") as file:
            file.write(str(os.getpid()))
        time.sleep(60)
    while not os.path.exists(place) or not os.path.getsize(place):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


@pipeline
def leaving(place: str) -> None:
    daemon_of_a_dead_worker(place)


def test_what_a_dead_worker_has_forked_ends_with_it_wherever_it_has_gone(tmp_path):
    place = tmp_path / "daemon"
    Local(jobs=1, workspace=tmp_path, display="none", raise_on_failure=False).run(leaving, str(place))
    assert eventually(lambda: not psutil.pid_exists(int(place.read_text())))


@step
def environment(name: str) -> str | None:
    return os.environ.get(name)


@pipeline
def asking(name: str) -> str | None:
    return environment(name)


def test_a_worker_has_the_environment_that_its_driver_has_when_it_starts(tmp_path, monkeypatch):
    monkeypatch.setenv("SET_BY_A_TEST", "yes")
    assert Local(jobs=1, workspace=tmp_path, display="none").run(asking, "SET_BY_A_TEST").result() == "yes"


@step
def collects_garbage() -> tuple[bool, int]:
    return gc.isenabled(), gc.get_freeze_count()


@pipeline
def collecting() -> tuple[bool, int]:
    return collects_garbage()


def test_a_worker_collects_its_own_garbage_and_leaves_alone_what_its_origin_has_imported(tmp_path):
    enabled, frozen = Local(jobs=1, workspace=tmp_path, display="none").run(collecting).result()
    assert enabled and frozen > 1_000
