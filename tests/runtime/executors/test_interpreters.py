"""How a worker starts as an interpreter of its own, and what is told of its end."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from penstock import Local, pipeline, step
from penstock.runtime.channels import WorkerListener
from penstock.runtime.executors.interpreters import Interpreter, start_interpreter


class Started:
    """A worker, what was told of its end, and whom it talks to."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.listener = WorkerListener()
        self.ends: queue.Queue[str] = queue.Queue()
        self.connections: queue.Queue[None] = queue.Queue()
        self.listener.expect("w", self._converse)
        self.worker = start_interpreter(self.listener, "w", environment, self.ends.put)

    def _converse(self, connection) -> None:
        self.connections.put(None)
        connection.poll(None)


def has_ended(pid: int) -> bool:
    """Wait for the end of a process that was killed, whoever takes note of it."""
    for _ in range(500):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def starter(**environment: str) -> Started:
        started.append(Started(environment))
        return started[-1]

    yield starter
    for one in started:
        one.worker.kill()
        one.listener.close()


def test_a_worker_connects_and_leads_a_process_group(start):
    one = start()
    one.connections.get(timeout=30)
    assert one.worker.alive and os.getpgid(one.worker.pid) == one.worker.pid


def test_killing_ends_a_worker_for_good_and_is_told_once(start):
    one = start()
    one.worker.kill()
    one.worker.kill()
    assert one.ends.get(timeout=10) == "SIGKILL(-9)" and one.ends.empty() and not one.worker.alive


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGABRT])
def test_a_signal_that_ends_a_worker_is_named(start, number):
    one = start()
    one.connections.get(timeout=30)
    os.kill(one.worker.pid, number)
    assert one.ends.get(timeout=10) == f"{number.name}({-number})"


def test_a_worker_whose_python_is_broken_is_told_to_have_ended(start, capfd):
    assert start(PYTHONHOME="/nowhere").ends.get(timeout=30) == "EXIT(1)"
    assert "encodings" in capfd.readouterr().err


def test_what_a_worker_has_started_ends_with_it_even_outside_of_its_group():
    ends: queue.Queue[str] = queue.Queue()
    program = "import subprocess, time; print(subprocess.Popen(['sleep', '60'], start_new_session=True).pid, flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, process_group=0)
    worker = Interpreter(process, ends.put)
    child = int(process.stdout.readline())
    worker.kill()
    process.stdout.close()
    assert ends.get(timeout=10) == "SIGKILL(-9)"
    assert has_ended(child)


def test_a_worker_finds_modules_where_its_driver_does(tmp_path, monkeypatch):
    (tmp_path / "only_here_is_one.py").write_text("from penstock import step\n@step\ndef one() -> int:\n    return 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here_is_one

    @pipeline
    def ones() -> int:
        return only_here_is_one.one()

    assert Local(jobs=1, workspace=tmp_path, display="none").run(ones).result() == 1


@step(modules=["os"])
def imported() -> list[str]:
    return sorted({"joblib", "numpy", "rich"} & set(sys.modules))


def test_a_worker_imports_nothing_heavy_of_its_own(tmp_path):
    assert Local(jobs=1, workspace=tmp_path, display="none").run(imported).result() == []


def test_joblib_starts_the_workers_where_it_is_asked_to(tmp_path):
    found = Local(jobs=1, workspace=tmp_path, display="none", executor="joblib").run(imported).result()
    assert "joblib" in found
