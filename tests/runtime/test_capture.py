"""Where the output of a step goes."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from penstock.runtime.capture import leave, process_output, python_output
from penstock.runtime.logfiles import Spare, recover


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs/group/step.log"


@contextlib.contextmanager
def bare_logging() -> Iterator[logging.Logger]:
    """Take away the log handlers that pytest installs."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        yield root
    finally:
        root.handlers[:] = kept
        root.setLevel(level)


def test_what_is_printed_is_shown_and_kept(log, capsys):
    with python_output(log):
        print("one")
        print("two", file=sys.stderr)
    assert log.read_text() == "one\ntwo\n"
    assert capsys.readouterr() == ("one\n", "two\n")


def test_a_second_attempt_adds_to_the_log(log):
    for attempt in (1, 2):
        with python_output(log):
            print("attempt", attempt)
    assert log.read_text() == "attempt 1\nattempt 2\n"


def test_the_streams_are_as_before_also_after_an_error(log):
    before = sys.stdout, sys.stderr
    with pytest.raises(ValueError), python_output(log):
        raise ValueError
    assert (sys.stdout, sys.stderr) == before


def test_text_that_has_no_encoding_is_kept_escaped(log, capfd):
    with process_output(log):
        print("caf\u00e9 \udcff")
    assert log.read_text(encoding="utf-8") == "caf\u00e9 \\udcff\n"


def test_the_copied_stream_is_like_the_shown_one(log, capfd):
    with python_output(log):
        assert (sys.stdout.encoding, sys.stdout.isatty()) == (sys.__stdout__.encoding, False)
        sys.stdout.buffer.write(b"\xff")
        sys.stdout.flush()
    assert not log.exists()


def test_output_of_the_whole_process_is_sent_to_the_log(log, capfd):
    with process_output(log):
        print("python")
        os.write(1, b"native \xff\n")
        subprocess.run(["echo", "child"], check=True)
        print("error", file=sys.stderr)
    print("after")
    assert log.read_bytes() == b"python\nnative \xff\nchild\nerror\n"
    assert capfd.readouterr().out == "after\n"


def test_descriptors_are_not_used_up(log):
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(5):
        with process_output(log):
            pass
    assert before in (0, len(os.listdir("/proc/self/fd")))


def test_a_step_may_close_its_streams(log, capfd):
    with process_output(log):
        sys.stdout.close()
    print("still here")
    assert capfd.readouterr().out == "still here\n"


@pytest.mark.parametrize("capture", [python_output, process_output])
def test_log_records_from_info_upward_are_kept(capture, log, capfd):
    with bare_logging() as root:
        with capture(log):
            logging.getLogger("mine").info("told")
            logging.getLogger("mine").debug("not told")
        assert root.handlers == []
        assert (root.level == logging.INFO) is (capture is process_output)  # a worker does nothing else
    assert log.read_text() == "INFO mine: told\n"


def test_a_step_may_set_up_logging_itself(log, capfd):
    with bare_logging(), process_output(log):
        logging.basicConfig(format="mine: %(message)s", level=logging.DEBUG)
        logging.getLogger("x").debug("details")
    assert log.read_text() == "mine: details\n"


def test_where_the_program_has_set_up_logging_records_are_copied(log, capsys):
    shown = logging.StreamHandler(sys.stderr)
    with bare_logging() as root:
        root.addHandler(shown)
        with python_output(log):
            logging.getLogger("mine").warning("told")
        assert root.handlers == [shown]
    assert log.read_text() == "WARNING mine: told\n"
    assert capsys.readouterr().err == "told\n"


@pytest.fixture
def spares(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    leave()


def spare_files(folder: Path) -> list[str]:
    return [path.name for path in folder.glob(".spare-*")]


def test_a_step_that_says_nothing_has_no_log(log, spares, capfd):
    with process_output(log, spares), python_output(log):
        pass
    assert not log.exists() and len(spare_files(spares)) == 1


def test_a_log_gets_its_name_when_there_is_something_in_it(log, spares, capfd):
    for name in ("a", "b", "c"):
        with process_output(log.with_name(f"{name}.log"), spares):
            if name != "b":
                print(name)
    assert {path.name: path.read_text() for path in log.parent.iterdir()} == {"a.log": "a\n", "c.log": "c\n"}


def test_a_log_can_be_followed_while_its_step_runs(log, spares, capfd):
    with process_output(log, spares):
        os.write(1, b"soon\n")
        deadline = time.monotonic() + 10
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert log.read_text() == "soon\n"


def test_what_is_said_between_two_steps_belongs_to_neither(log, spares, capfd):
    with process_output(log.with_name("silent.log"), spares):
        pass
    os.write(1, b"a thread that was left\n")
    sys.stdout.write("no end of a line")
    with process_output(log, spares):
        print("mine")
    assert log.read_text() == "mine\n" and not log.with_name("silent.log").exists()


@pytest.mark.parametrize(
    "harm",
    [
        "sys.stdout = None",
        "sys.stdout.close()",
        "sys.stdout.detach()",
        "sys.stdout.write = len",
        "sys.stdout.reconfigure(encoding='ascii', errors='strict')",
        "sys.stdout.reconfigure(newline='\\r')",
        "os.dup2(os.open(os.devnull, 1), 1)",
        "os.close(2)",
        "logging.lastResort.setLevel(logging.CRITICAL)",
    ],
)
def test_what_a_step_does_to_its_output_is_not_the_next_ones_concern(log, spares, capfd, harm):
    with bare_logging(), process_output(log.with_name("harm.log"), spares):
        exec(harm)  # noqa: S102 - one line of this test
    with bare_logging(), process_output(log, spares):
        print("all is well — so far")
        os.write(2, b"here too\n")
        logging.getLogger("step").info("and here")
    assert log.read_text() == "all is well — so far\nhere too\nINFO step: and here\n"


def test_a_child_that_a_step_starts_can_say_something_whatever_the_step_before_let_children_have(log, spares, capfd):
    with process_output(log.with_name("selfish.log"), spares):
        os.set_inheritable(1, False)
    with process_output(log, spares):
        os.system("echo from a child")  # noqa: S605, S607 - a fixed command
    assert log.read_text() == "from a child\n"


def test_where_no_thread_can_be_started_no_file_stays_open(log, spares, capfd, monkeypatch):
    def no_thread(_self: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("penstock.runtime.trimming.LogLimit.watch", no_thread)
    before = os.fstat(1).st_ino
    with pytest.raises(RuntimeError, match="new thread"), process_output(log, spares):
        pass
    assert os.fstat(1).st_ino == before


def test_leaving_removes_an_empty_file_only(log, spares, capfd):
    with process_output(log, spares):
        os.write(1, b"last words")
        leave()
    assert (log.read_text(), spare_files(spares)) == ("last words", [])
    with process_output(log.with_name("silent.log"), spares):
        pass
    leave()
    assert spare_files(spares) == []


@pytest.mark.parametrize(("words", "kept"), [(b"crashed here", True), (b"", False)])
def test_what_a_worker_has_left_becomes_the_log_of_its_step(tmp_path, words, kept):
    spare = Spare(tmp_path)
    os.write(spare.descriptor, words)
    os.close(spare.descriptor)
    recover(tmp_path, os.getpid(), "logs/g/fit.log")
    assert (tmp_path / "logs/g/fit.log").exists() is kept and spare_files(tmp_path) == []
