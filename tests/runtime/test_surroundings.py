"""What a step may change in its process, and how that is undone."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from penstock.runtime import surroundings as surrounding
from penstock.runtime.surroundings import Surroundings


def test_variables_are_set_and_unset():
    with Surroundings({"PENSTOCK_TEST_A": "1"}):
        assert os.environ["PENSTOCK_TEST_A"] == "1"
    assert "PENSTOCK_TEST_A" not in os.environ


def test_changes_are_undone_also_after_an_error(monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST_B", "before")
    monkeypatch.setenv("PENSTOCK_TEST_C", "before")
    before = dict(os.environ)
    with pytest.raises(ValueError), Surroundings({"PENSTOCK_TEST_B": "set"}):
        os.environ["PENSTOCK_TEST_D"] = "new"
        del os.environ["PENSTOCK_TEST_C"]
        raise ValueError
    assert dict(os.environ) == before


def test_the_working_folder_is_changed_back(tmp_path):
    before = Path.cwd()
    with Surroundings({}):
        os.chdir(tmp_path)
    assert Path.cwd() == before


def test_a_working_folder_that_was_removed_is_no_trouble(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with Surroundings({}):
        gone.rmdir()
        os.chdir(tmp_path)
    with Surroundings({}):
        os.chdir("/")


def test_the_mask_and_the_limits_are_as_before():
    resource = pytest.importorskip("resource")
    mask, limits = os.umask(0o022), resource.getrlimit(resource.RLIMIT_NOFILE)
    with Surroundings({}):
        os.umask(0o777)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0] - 1, limits[1]))
    assert (os.umask(mask), resource.getrlimit(resource.RLIMIT_NOFILE)) == (0o022, limits)


def test_a_hard_limit_that_was_lowered_is_no_trouble(monkeypatch):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Surroundings({}):
        monkeypatch.setattr(resource, "getrlimit", lambda number: (10, 10))
        monkeypatch.setattr(resource, "setrlimit", lambda number, limits: (_ for _ in ()).throw(ValueError("too high")))
    monkeypatch.undo()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_a_system_without_limits_is_not_asked_for_any(monkeypatch):
    monkeypatch.setattr(surrounding, "_LIMITS", ())
    monkeypatch.delattr(surrounding, "resource", raising=False)
    before = Path.cwd()
    with Surroundings({}):
        os.chdir("/")
    assert Path.cwd() == before


def test_where_modules_are_found_and_how_deep_calls_may_nest_are_as_before():
    before = sys.path.copy(), sys.getrecursionlimit()
    with Surroundings({}):
        sys.path.clear()
        sys.setrecursionlimit(before[1] + 100)
    assert (sys.path, sys.getrecursionlimit()) == before


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
def test_a_timer_that_was_left_is_stopped_and_its_signal_handled_as_before():
    before = signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGPIPE)
    running = signal.setitimer(signal.ITIMER_REAL, 0)  # that of the tests, perhaps
    with Surroundings({}):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.alarm(60)
    left = signal.setitimer(signal.ITIMER_REAL, *running)
    assert left[0] == 0 and (signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGPIPE)) == before


def test_what_is_kept_stays_but_for_the_variables_of_the_step(monkeypatch):
    monkeypatch.setenv("PENSTOCK_TEST_E", "before")
    monkeypatch.setenv("PENSTOCK_TEST_F", "before")  # it is removed again after the test
    with Surroundings({"PENSTOCK_TEST_E": "set", "PENSTOCK_TEST_A": "1"}) as around:
        os.environ["PENSTOCK_TEST_F"] = "by a module"
        around.keep()
        os.environ["PENSTOCK_TEST_F"] = "by the step"
    assert (os.environ["PENSTOCK_TEST_E"], os.environ["PENSTOCK_TEST_F"]) == ("before", "by a module")
    assert "PENSTOCK_TEST_A" not in os.environ


def test_in_a_process_of_its_own_one_look_is_enough_until_a_module_is_imported(monkeypatch):
    looks: list[int] = []
    monkeypatch.setattr(surrounding, "_SHARED", [(lambda: looks.append(1), lambda _before: None)])
    monkeypatch.setattr(surrounding, "_KNOWN", {})
    for name in (None, None, "a module", None):
        if name:
            monkeypatch.setitem(sys.modules, name, sys)
        with Surroundings({}, is_own=True):
            pass
    assert len(looks) == 2
