"""Processes that a step has left behind, in a process that stands for its worker."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest
from penstock.runtime.offspring import MARK, end_marked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere children end with their worker")

HEAD = """
import os, subprocess, sys, time
import psutil
from penstock.runtime.offspring import adopt_orphans, ForksEnded, end_children
adopt_orphans()
def left():
    return [child.name() for child in psutil.Process().children(recursive=True)]
"""


def worker(body: str) -> str:
    done = subprocess.run([sys.executable, "-c", HEAD + body], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


def test_children_and_their_children_are_ended_and_forgotten():
    body = """
subprocess.Popen(["sh", "-c", "sleep 60; true"])
subprocess.Popen(["sleep", "60"])
end_children()
print(left())
"""
    assert worker(body) == "[]\n"


def test_daemons_are_ended_too():
    body = """
subprocess.run(["sh", "-c", "setsid sleep 60 & (sleep 60 &)"])
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
end_children()
print(left())
"""
    assert worker(body) == "[]\n"


def test_the_workers_of_a_nested_joblib_stay():
    body = """
import joblib
joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(n) for n in range(2))
subprocess.Popen(["sleep", "60"])
before = len(left())
end_children()
print(before - len(left()), sum(joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(-n) for n in range(3))))
"""
    assert worker(body) == "1 3\n"


def test_without_children_there_is_nothing_to_do():
    assert worker("end_children(); print(left(), 'psutil' in sys.modules)").startswith("[]")


@pytest.mark.parametrize("leave", ["return 2", "raise ValueError", "sys.stderr.close(); return 2"])
def test_a_fork_that_comes_out_of_the_function_is_ended(leave):
    body = f"""
def function():
    with ForksEnded("s"):
        pid = os.fork()
        if pid == 0:
            {leave}
        os.waitpid(pid, 0)
        return 1
print(function(), flush=True)
"""
    assert worker(body) == "1\n"


def test_what_left_its_group_is_found_by_its_mark():
    marked = subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: "of-a-test"}, start_new_session=True)
    other = subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: "of-another"})
    end_marked("of-a-test")
    assert marked.wait(60) == -9 and psutil.Process(other.pid).is_running() and other.poll() is None
    other.kill()
    other.wait()
