"""A process is told from others that have had its number."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from penstock.runtime.history import processes


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_running_process_is_alive(sleeper):
    assert processes.alive(sleeper.pid, processes.identity(sleeper.pid)) is True


def test_a_process_keeps_its_identity():
    assert processes.identity(os.getpid()) == processes.identity(os.getpid())


def test_two_processes_differ(sleeper):
    assert processes.identity(sleeper.pid) != processes.identity(os.getpid())


def test_an_ended_process_is_not_alive(sleeper):
    identity = processes.identity(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    assert processes.alive(sleeper.pid, identity) is False


def test_a_killed_process_that_its_parent_has_not_asked_after_is_not_alive(sleeper):
    identity = processes.identity(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert processes.alive(sleeper.pid, identity) is False


def test_a_later_process_with_the_number_is_another_one():
    place, _, started = processes.identity(os.getpid()).rpartition("/")
    assert processes.alive(os.getpid(), f"{place}/{started}0") is False


@pytest.mark.parametrize("recorded", ["", "another-boot/pid:[1]/77"])
def test_a_process_of_another_container_or_boot_cannot_be_seen(recorded):
    assert processes.alive(os.getpid(), recorded) is None


def test_psutil_sees_what_linux_sees(sleeper, monkeypatch):
    monkeypatch.setattr(processes, "_LINUX", False)
    identity = processes.identity(sleeper.pid)
    assert processes.alive(sleeper.pid, identity) is True
    sleeper.kill()
    sleeper.wait()
    assert processes.alive(sleeper.pid, identity) is False


def test_a_number_that_was_never_given_has_no_identity():
    assert processes.identity(2**30) is None


def test_the_host_has_a_name():
    assert processes.host()
