"""What steps print: gigabytes and bytes that are no text."""

from __future__ import annotations

import pytest
from penstock import Run
from penstock.runtime.trimming import KEPT

MEASURED = r"""
import re
from pathlib import Path
import output
from penstock import Local
run = Local(jobs=2, display="none").run(output.loud)
# Not by getrusage(): that begins with what the process had before it became this program, a copy of the tests'.
print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def log_of(project, step: str):
    return Run.get("last", project.workspace).folder / f"logs/{step}.log"


def test_of_a_huge_log_beginning_and_end_are_kept_and_the_driver_does_not_grow(project):
    ended = project.script(MEASURED)
    log = log_of(project, "shout")
    assert int(ended.out) < 150, "MiB of memory"
    assert 2 * KEPT - 100_000 < log.stat().st_size < 2 * KEPT + 1000
    text = log.read_text()
    assert text.startswith("the first line\n") and text.endswith("the last line\n")
    assert " bytes are left out here: the first and the last 8,388,608 bytes of a log are kept" in text
    assert 150 < int(text.partition("[...")[2].partition(" bytes")[0].replace(",", "")) / 1e6 < 184


def test_binary_output_is_kept_as_it_is_and_can_be_shown(project):
    assert project.script(MEASURED.replace("output.loud", "output.print_binary")).code == 0
    assert bytes(range(256)) in log_of(project, "print_binary").read_bytes()
    shown = project.penstock("logs", "last", "print_binary")
    assert shown.code == 0 and "\\udcff and text" in shown.out


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_log_that_python_writes_is_cut_too(project, executor):
    ended = project.penstock("run", "output.py:chatter", "--millions", 20, "--executor", executor, "-j1", "-q")
    assert ended.code == 0 and log_of(project, "chatter").stat().st_size < 2 * KEPT + 1000
