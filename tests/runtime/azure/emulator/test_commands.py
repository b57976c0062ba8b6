"""Commands of steps: their values written in, run apart, stopped with all they started."""

import sys
import threading
import time

import psutil
import pytest

from penstock.runtime.azure.emulator.commands import Command, command_line, run_command


@pytest.mark.parametrize(
    ("template", "inputs", "line"),
    [
        ("a ${{inputs.x}} > ${{outputs.y}}", {"x": "1"}, "a 1 > /o"),
        ("a $[[--n ${{inputs.n}}]] b", {}, "a  b"),
        ("a $[[--n ${{inputs.n}}]] b", {"n": "5"}, "a --n 5 b"),
        ("a ${{inputs.x}}", {"x": "${{inputs.x}}"}, "a ${{inputs.x}}"),
    ],
)
def test_values_are_written_once(template, inputs, line):
    assert command_line(template, inputs, {"y": "/o"}) == line


@pytest.fixture
def run(tmp_path):
    def run(line, stopping=None, **more):
        return run_command(Command(line, tmp_path, tmp_path / "log", **more), stopping or threading.Event())

    return run


def test_both_streams_are_logged_and_the_code_is_told_with_the_last_lines(run, tmp_path):
    problem = run("echo out; echo err >&2; exit 7")
    assert "status code 7" in problem
    assert (tmp_path / "log").read_text() == "out\nerr\n"
    assert problem.endswith("out\nerr")


def test_a_step_sees_its_own_variables_and_no_secrets_of_this_process(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "hunter2")
    assert run("echo $MINE-$MY_SECRET", variables={"MINE": "x"}) == ""
    assert (tmp_path / "log").read_text() == "x-\n"


def test_python_is_the_python_of_this_process(run, tmp_path):
    run("python -c 'import sys; print(sys.prefix)'")
    assert (tmp_path / "log").read_text().strip() == sys.prefix


def test_what_takes_too_long_is_stopped_with_all_it_started(run, tmp_path):
    assert "longer than its limit of 0.3 s" in run("sleep 600 & echo $! > child; wait", timeout=0.3)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while psutil.pid_exists(child) and psutil.Process(child).status() != "zombie" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


def test_a_stop_is_heard(run):
    stopping = threading.Event()
    threading.Timer(0.1, stopping.set).start()
    assert run("sleep 600", stopping) == "it was canceled"
