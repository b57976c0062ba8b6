"""Cleaning removes what no kept run needs, and nothing else, whoever runs and whatever is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from penstock import Local, pipeline, step
from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime import cleaning, leftovers
from penstock.runtime.artifacts import Artifact
from penstock.runtime.configuration import Settings
from penstock.runtime.errors import HistoryError, WorkspaceError
from penstock.runtime.events import RunEnded, RunStarted, StepCompleted
from penstock.runtime.runs import Run
from penstock.runtime.states import State
from penstock.runtime.store import open_store
from penstock.runtime.store.staging import fresh_name
from penstock.runtime.workspace import Workspace


@step
def numbers(count: int) -> np.ndarray:
    return np.arange(count, dtype=float)


@step
def total(values: np.ndarray) -> float:
    return float(values.sum())


@pipeline
def add(count: int) -> dict[str, object]:
    values = numbers(count)
    return {"values": values, "total": total(values)}


@pipeline
def add_given(values: np.ndarray, more: object = np.ones(3000)) -> list[float]:
    return [total(values), total(more)]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def run(workspace):
    return lambda pipeline, *values: Local(executor="inline", display="none", workspace=workspace).run(
        pipeline, *values
    )


@pytest.fixture
def store(workspace):
    return open_store(workspace.store_location)


def put(store, text="junk", name="a"):
    """Put an artifact that no run has recorded."""
    folder = store.staging / f"draft-{name}"
    folder.mkdir(parents=True)
    (folder / name).write_text(text)
    return store.put(folder)[0]


def age(path, seconds):
    moment = time.time() - seconds
    for inner in [path, *path.rglob("*")]:
        os.utime(inner, (moment, moment))


def again(workspace):
    """The workspace, as another process would open it."""
    return Workspace(workspace.root, workspace.settings)


def record(workspace, run_id, digest, *, state=State.COMPLETED, started=1.0):
    """Write a run into the history that has made one artifact."""
    recorder = workspace.recorder()
    recorder(RunStarted(run_id, Graph("p", (Node("a", "a", FunctionRef("m", "a"), {}),)), "x", started))
    recorder(StepCompleted("a", started + 1, {"output": Artifact(digest, "path", 4, "Path", "file a")}, 1.0))
    recorder(RunEnded(run_id, started + 2, state))
    recorder.close()


def test_by_default_every_run_is_kept_whole(workspace, run):
    runs = [run(add, count).id for count in (1000, 2000, 2000)]
    cleaned = again(workspace).clean(grace=0)
    assert (cleaned.is_empty, cleaned.freed, cleaned.spared.count) == (True, 0, 0)
    assert [len(Run.get(one, workspace).result()["values"]) for one in runs] == [1000, 2000, 2000]


def test_what_only_forgotten_runs_need_is_removed(workspace, run, store):
    old, new = run(add, 1000), run(add, 2000)
    cleaned = workspace.clean(keep_runs=1, grace=0)
    assert (cleaned.runs, cleaned.artifacts.count, cleaned.folders.count) == ((old.id,), 1, 1)
    assert (cleaned.largest[0].summary, cleaned.largest[0].run) == ("ndarray float64 (1000,)", old.id)
    assert cleaned.freed > 8000
    assert (old.folder.exists(), new.folder.exists(), len(list(store.digests()))) == (False, True, 1)


def test_a_dry_run_tells_the_same_and_removes_nothing(workspace, run, store):
    runs = [run(add, count) for count in (1000, 2000, 3000)]
    before = sorted(store.digests())
    expected = workspace.clean(keep_runs=1, grace=0, dry_run=True)
    assert (sorted(store.digests()), len(workspace.history.runs())) == (before, 3)
    assert all(len(one.steps["numbers"].outputs) == 1 and one.folder.exists() for one in runs)
    cleaned = workspace.clean(keep_runs=1, grace=0)
    assert (cleaned.runs, cleaned.artifacts, cleaned.largest) == (expected.runs, expected.artifacts, expected.largest)


def test_a_result_that_a_kept_run_reused_is_found_again(workspace, run):
    run(add, 1000)
    run(add, 1000)
    assert len(workspace.clean(keep_runs=1, grace=0).runs) == 1
    steps = run(add, 1000).steps
    assert [one.state for one in steps.values()] == [State.REUSED, State.REUSED]
    assert len(steps["numbers"].result()) == 1000


def test_a_forgotten_result_is_computed_anew(workspace, run):
    run(add, 1000)
    run(add, 2000)
    workspace.clean(keep_runs=1, grace=0)
    steps = run(add, 1000).steps
    assert [one.state for one in steps.values()] == [State.COMPLETED, State.COMPLETED]


def test_what_a_kept_run_was_given_stays(workspace, run):
    kept = run(add_given, np.ones(2000))
    put(open_store(workspace.store_location))
    assert workspace.clean(grace=0).artifacts.count == 1
    values = Run.get(kept.id, workspace).values()
    artifacts = [one.artifact for one in (*values.parameters.values(), *values.attached.values())]
    stored = [one.digest for one in artifacts if one.inline is None]
    assert len(set(stored)) == 2
    assert all(open_store(workspace.store_location).has(digest) for digest in stored)


def test_what_was_used_within_the_grace_period_stays(workspace, run, store):
    run(add, 10)
    young, old = put(store, "young"), put(store, "old")
    age(store.root / old[:2] / old, 7200)
    cleaned = workspace.clean()
    assert (cleaned.artifacts.count, cleaned.spared.count) == (1, 1)
    assert (store.has(young), store.has(old)) == (True, False)
    assert workspace.clean(grace=timedelta(0)).artifacts.count == 1


def test_getting_an_artifact_keeps_it_for_the_grace_period(workspace, run, store):
    run(add, 10)
    digest = put(store)
    age(store.root / digest[:2] / digest, 7200)
    store.get(digest)
    assert workspace.clean().artifacts.count == 0


def test_what_was_used_since_a_running_run_began_stays(workspace, store):
    recorder = workspace.recorder()
    recorder(RunStarted("live", Graph("p", (Node("a", "a", FunctionRef("m", "a"), {}),)), "x", time.time() - 50))
    recorder.flush()
    since, before = put(store, "since"), put(store, "before")
    age(store.root / since[:2] / since, 40)
    age(store.root / before[:2] / before, 60)
    cleaned = workspace.clean(keep_runs=0, grace=0)
    recorder.close()
    assert (cleaned.runs, cleaned.running, store.has(since), store.has(before)) == ((), ("live",), True, False)


DEAD = """
import os, sys, time
from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime.events import RunStarted
from penstock.runtime.workspace import Workspace
recorder = Workspace(sys.argv[1]).recorder()
recorder(RunStarted("dead", Graph("p", (Node("a", "a", FunctionRef("m", "a"), {}),)), "x", time.time() - 50))
recorder.flush()
os._exit(1)
"""


def test_a_run_that_died_holds_nothing(workspace, store):
    subprocess.run([sys.executable, "-c", DEAD, workspace.root], check=False)
    put(store)
    time.sleep(0.02)
    cleaned = workspace.clean(keep_runs=0, grace=0)
    assert (cleaned.runs, cleaned.running, cleaned.artifacts.count) == (("dead",), (), 1)


SLOW = """
import sys, time
from pathlib import Path
import numpy as np
from penstock import Local, pipeline, step

@step
def numbers(count: int) -> np.ndarray:
    return np.arange(count, dtype=float)

@step
def wait(values: np.ndarray, flags: str) -> float:
    Path(flags, "waiting").touch()
    while not Path(flags, "go").exists():
        time.sleep(0.01)
    return float(values.sum())

@step
def last(values: np.ndarray, sum: float) -> float:
    return values.sum() + sum

@pipeline
def slow(flags: str, more: object = np.ones(3000)) -> float:
    values = numbers(5000)
    return last(more, wait(values, flags))

if __name__ == "__main__":
    root = Path(sys.argv[1])
    print(Local(workspace=root, display="none").run(slow, str(root)).result())
"""


def test_a_run_in_another_process_is_never_disturbed(workspace, run, store):
    run(add, 5000)  # whose artifact the other run stores too, and which is then forgotten
    with subprocess.Popen([sys.executable, "-c", SLOW, workspace.root], stdout=subprocess.PIPE, text=True) as process:
        while not (workspace.root / "waiting").exists():
            assert process.poll() is None
            time.sleep(0.01)
        cleaned = [workspace.clean(keep_runs=0, grace=0) for _ in range(3)]
        (workspace.root / "go").touch()
        output = process.communicate()[0]
    assert float(output) == 5000 * 4999 / 2 + 3000
    assert [len(one.runs) for one in cleaned] == [1, 0, 0]
    assert all(len(one.running) == 1 for one in cleaned)


LOOP = """
import sys, time
from pathlib import Path
import numpy as np
from penstock import Local, pipeline, step

@step
def numbers(count: int) -> np.ndarray:
    return np.arange(count, dtype=float)

@step
def total(values: np.ndarray) -> float:
    return float(values.sum())

@pipeline
def add(count: int) -> tuple[np.ndarray, float]:
    values = numbers(count)
    return values, total(values)

runs, until, states = 0, time.monotonic() + 5, set()
while time.monotonic() < until:
    count = 1000 + runs % 3
    run = Local(workspace=Path(sys.argv[1]), executor="inline", display="none").run(add, count)
    values, sum = run.result()
    assert len(values) == count and sum == values.sum()
    states |= {str(one.state) for one in run.steps.values()}
    runs += 1
    time.sleep(0.15)
print(runs, *sorted(states))
"""


def test_runs_go_on_unharmed_under_constant_cleaning(workspace):
    arguments = [sys.executable, "-c", LOOP, str(workspace.root)]
    removed = 0
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            if workspace.history.runs():
                removed += workspace.clean(keep_runs=1, grace=0.25).artifacts.count
        output, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert int(output.split()[0]) > 5
    assert removed > 2


KILLED = """
import os, signal, sys
from penstock.runtime import cleaning
from penstock.runtime.history import pruning
from penstock.runtime.workspace import Workspace
cleaning._AT_ONCE, pruning._RUNS_AT_ONCE = 1, 1

def progress(what, done, total):
    if what == sys.argv[2] and done >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

Workspace(sys.argv[1]).clean(keep_runs=1, grace=0, progress=progress)
"""


@pytest.mark.parametrize(
    ("what", "done"),
    [("forgetting runs", 1), ("forgetting runs", 2), ("removing artifacts", 1), ("removing folders of runs", 1)],
)
def test_a_cleaning_that_is_killed_loses_nothing_and_the_next_one_finishes(workspace, run, store, what, done):
    for count in (1000, 2000, 3000):
        kept = run(add, count)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(workspace.root), what, str(done)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert all(len(Run.get(one.id, workspace).result()["values"]) for one in workspace.history.runs())
    time.sleep(0.02)  # what was just looked at is in use for a tick of the clock of files
    workspace.clean(keep_runs=1, grace=0)
    assert ([one.id for one in workspace.history.runs()], len(list(store.digests()))) == ([kept.id], 1)
    assert len(Run.get(kept.id, workspace).result()["values"]) == 3000


def test_two_cleanings_at_once_remove_each_thing_once(workspace, run, store):
    for count in range(1000, 1012):
        run(add, count)
    found = []
    clean = lambda: found.append(again(workspace).clean(keep_runs=1, grace=0))  # noqa: E731
    threads = [threading.Thread(target=clean) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (sum(len(one.runs) for one in found), sum(one.artifacts.count for one in found)) == (11, 11)
    assert not any(one.problems for one in found)
    assert len(list(store.digests())) == 1


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_a_store_at_a_url_is_cleaned(tmp_path, scheme, monkeypatch):
    monkeypatch.setattr(cleaning, "SETTLING", 0.0)
    url = f"{scheme}://{tmp_path}/far"
    workspace = Workspace(tmp_path / "near", Settings(store=url))
    store = open_store(url, workspace.cache_folder)
    old, kept, junk = put(store, "old"), put(store, "kept"), put(store, "junk")
    record(workspace, "r-1", old, started=1.0)
    record(workspace, "r-2", kept, started=2.0)
    cleaned = workspace.clean(keep_runs=1, grace=0, sole_user=True)
    assert (cleaned.runs, cleaned.artifacts.count) == (("r-1",), 2)
    assert [store.has(one) for one in (old, kept, junk)] == [False, True, False]


def test_runs_with_a_store_at_a_url_survive_its_cleaning(tmp_path, monkeypatch):
    monkeypatch.setattr(cleaning, "SETTLING", 0.0)
    workspace = Workspace(tmp_path / "near", Settings(store=f"file://{tmp_path}/far"))
    local = Local(executor="inline", display="none", workspace=workspace)
    old, kept = local.run(add, 1000), local.run(add, 2000)
    time.sleep(0.02)
    assert workspace.clean(keep_runs=1, grace=0, sole_user=True).artifacts.count == 1
    assert len(Run.get(kept.id, workspace).result()["values"]) == 2000
    steps = local.run(add, 1000).steps
    assert ([one.state for one in steps.values()], old.folder.exists()) == ([State.COMPLETED] * 2, False)
    assert [one.state for one in local.run(add, 2000).steps.values()] == [State.REUSED] * 2


def test_a_store_that_others_may_use_is_left_alone(tmp_path):
    workspace = Workspace(tmp_path / "mine", Settings(store=str(tmp_path / "ours")))
    store = open_store(workspace.store_location)
    digest = put(store, "somebody else's")
    record(workspace, "r-1", "a" * 64)
    cleaned = workspace.clean(grace=0)
    assert (cleaned.artifacts.count, "others may use the store" in cleaned.note, store.has(digest)) == (0, True, True)
    assert workspace.clean(grace=0, sole_user=True).artifacts.count == 1


def test_what_runs_of_other_machines_may_have_been_given_is_left_alone(tmp_path):
    shared = Settings(store=str(tmp_path / "store"), history=str(tmp_path / "history.db"))
    mine, theirs = Workspace(tmp_path / "mine", shared), Workspace(tmp_path / "theirs", shared)
    store = open_store(mine.store_location)
    given, made = put(store, "given", "a"), put(store, "made", "b")
    record(mine, "r-1", made, started=1.0)
    record(theirs, "r-2", "c" * 64, started=2.0)
    mine.run_folder("r-1").mkdir(parents=True)
    cleaned = mine.clean(keep_runs=1, grace=0)
    assert ("left alone (1 artifact)" in cleaned.note, store.has(given), store.has(made)) == (True, True, False)


def test_an_empty_history_is_taken_for_the_wrong_one(workspace, run, store):
    run(add, 1000)
    workspace.history.close()
    other = Workspace(workspace.root, Settings(history="other.db"))
    for dry_run in (True, False):
        with pytest.raises(HistoryError, match=r"other.db knows no run.*Nothing was removed.*--keep-runs 0"):
            other.clean(grace=0, dry_run=dry_run)
    assert (len(list(store.digests())), (workspace.root / "other.db").exists()) == (1, False)


def test_keeping_no_run_removes_everything(workspace, run, store):
    run(add, 1000)
    run(add, 2000)
    cleaned = workspace.clean(keep_runs=0, grace=0)
    assert (len(cleaned.runs), cleaned.artifacts.count, list(store.digests())) == (2, 2, [])
    assert workspace.clean(keep_runs=0, grace=0).is_empty


def test_a_workspace_without_anything_is_clean_and_stays_absent(workspace):
    assert workspace.clean().is_empty
    assert not workspace.folder.exists()


def test_leftovers_of_killed_processes_are_removed(workspace, run, store):
    kept = run(add, 1000)
    junk = [
        fresh_name(store.staging),
        kept.folder / "scratch" / "numbers-x",
        workspace.folder / "memo" / "ab" / ".1-2-cd",
    ]
    junk += [workspace.run_folder("20200101-000000-aaaa"), workspace.folder / "memo" / "ab" / "cdef"]
    for path in junk:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch() if "memo" in path.parts else path.mkdir()
        age(path, 40 * 86_400)
    cleaned = workspace.clean()
    assert (cleaned.temporary.count, cleaned.folders.count, cleaned.memos.count) == (2, 1, 2)
    assert not any(path.exists() for path in junk)
    assert kept.folder.exists()


def test_young_leftovers_stay(workspace, run, store):
    run(add, 1000)
    young = [fresh_name(store.staging), workspace.run_folder("20200101-000000-aaaa")]
    [path.mkdir() for path in young]
    assert workspace.clean().is_empty
    assert all(path.exists() for path in young)


def test_what_cannot_be_removed_is_told_and_the_rest_removed(workspace, run, store, monkeypatch):
    old, _ = run(add, 1000), run(add, 2000)
    monkeypatch.setattr(
        cleaning, "remove", lambda path: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    cleaned = workspace.clean(keep_runs=1, grace=0)
    assert (cleaned.artifacts.count, cleaned.folders.count) == (1, 0)
    assert cleaned.problems == (f"{old.folder} cannot be removed: Permission denied",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep_runs": -1},
        {"keep_runs": "3"},
        {"older_than": "30d"},
        {"older_than": -1},
        {"grace": float("nan")},
        {"keep_runs": True},
    ],
)
def test_wrong_settings_are_refused_by_name(workspace, wrong):
    with pytest.raises(WorkspaceError, match=next(iter(wrong))):
        workspace.clean(**wrong)


def test_a_cut_off_file_of_inputs_keeps_what_it_names(tmp_path):
    (tmp_path / "inputs.json").write_text(json.dumps({"artifact": {"digest": "a" * 64}})[:-3])
    assert leftovers.given(tmp_path) == {"a" * 64}
    assert leftovers.given(Path(tmp_path, "absent")) == set()
