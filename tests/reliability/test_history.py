"""Histories that are locked, damaged, or from the future: runs go on, say so, and change nothing that they cannot read."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from penstock import Run, State

RUN = ("run", "sizes.py:sizes", "--executor", "inline", "-q")


def damage(file: Path) -> None:
    """Overwrite most of a file, and cut it short."""
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xde\xad" * (len(data[4096:]) // 4)
    file.write_bytes(data)


def replace(file: Path) -> None:
    file.write_text("no database, but a text of some length\n" * 100)


def outdate(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("UPDATE schema_version SET version = 1000")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damage, "is corrupt or no SQLite database. Nothing was changed. Move it away"),
        (replace, "is corrupt or no SQLite database. Nothing was changed. Move it away"),
        (outdate, "has version 1000 and this Penstock knows versions up to"),
    ],
)
def test_a_history_that_cannot_be_read_is_left_alone_and_the_run_goes_on(project, harm, words):
    assert project.penstock(*RUN).code == 0
    file = Path(project.workspace.history_location)
    kept = file.read_bytes()
    harm(file)
    harmed, ran, listed = file.read_bytes(), project.penstock(*RUN), project.penstock("runs")
    assert (ran.code, listed.code) == (0, 1) and file.read_bytes() == harmed
    assert "part of the history is not written" in ran.err and words in ran.err
    assert listed.err.startswith(f"Error: the history {file} {words}")
    file.write_bytes(kept)
    assert project.penstock(*RUN).code == 0 and set(project.workspace.history.runs()[0].counts) == {State.REUSED}


def test_a_history_that_is_moved_away_is_begun_anew(project):
    project.penstock(*RUN)
    Path(project.workspace.history_location).unlink()
    assert project.penstock(*RUN).code == 0
    assert [run.state for run in project.workspace.history.runs()] == [State.COMPLETED]


def test_a_history_that_is_deleted_while_a_run_goes_on_is_told_of(project, wait_until):
    running = project.start("run", "waiting.py:work", "--folder", project.folder, "-q")
    project.wait_for("note")
    file = Path(project.workspace.history_location)
    wait_until(file.exists)
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()
    (project.folder / "gate").touch()
    ended = running.end()
    assert ended.code == 0 and ended.err.count("\n") == 1
    assert ended.err.startswith(
        f"Warning: part of the history is not written: the history {file} was deleted or replaced"
    )


def locked(project) -> sqlite3.Connection:
    """Keep everybody else from writing to the history, and from reading it where that is possible."""
    connection = sqlite3.connect(project.workspace.history_location, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_a_history_that_is_locked_for_a_while_loses_nothing(project):
    project.penstock(*RUN)
    connection = locked(project)
    threading.Timer(2, connection.rollback).start()
    ended = project.penstock(*RUN, "--kilobytes", 101)
    connection.close()
    assert (ended.code, ended.err) == (0, "")
    assert Run.get("last", project.workspace).record.counts == {State.REUSED: 1, State.COMPLETED: 2}


IMPATIENT = """
import sizes
from penstock.runtime.history import recorder, sqlite
sqlite.BUSY_TIMEOUT = 0.1
from penstock import Local
import functools, penstock.runtime.workspace as workspace
workspace.Recorder = functools.partial(recorder.Recorder, patience=0.2)
print(Local(executor="inline", display="none").run(sizes.sizes, 101).result())
"""
"""A run that waits for a lock less long than others."""


def test_a_history_that_stays_locked_is_told_and_the_run_goes_on(project):
    project.penstock(*RUN)
    connection = locked(project)
    ended = project.script(IMPATIENT)
    connection.close()
    assert (ended.code, ended.out) == (0, f"{100 * 1024 + 101 * 1024}\n")
    assert "Warning: part of the history is not written" in ended.err and "is locked by another process" in ended.err
    assert len(project.workspace.history.runs()) == 1
