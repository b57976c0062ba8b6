"""What Linux says about the numbers of processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from penstock.runtime import pids

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux is asked")


def test_a_process_has_a_time_of_its_start_until_it_is_gone():
    sleeper = subprocess.Popen(["sleep", "60"])
    assert pids.started(os.getpid()).isdigit() and pids.started(sleeper.pid).isdigit()
    sleeper.kill()
    sleeper.wait()
    assert pids.started(sleeper.pid) is None


def test_a_process_that_nobody_has_asked_after_is_gone():
    sleeper = subprocess.Popen(["true"])
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert pids.started(sleeper.pid) is None
    sleeper.wait()


def test_a_process_that_may_not_be_seen_is_there(monkeypatch):
    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(pids.os, "kill", refuse)
    assert pids.started(2**30) == ""


def test_a_place_names_the_boot_and_the_namespace():
    boot, _, namespace = pids.place().partition("/")
    assert len(boot) == 36 and namespace.startswith("pid:[")
