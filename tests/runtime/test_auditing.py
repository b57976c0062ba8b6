"""What a step reads while it runs."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from penstock.compilers.graph import Environment, FunctionRef, Literal, NodeOptions
from penstock.runtime.auditing import AuditWarning, warn_undeclared
from penstock.runtime.invocation import invoke
from penstock.runtime.tasks import Completed, Failed, Task

CODE = """
import glob, os, socket, sqlite3, subprocess, threading
from pathlib import Path

def nothing(path): return 1
def given(path): return path.read_text()
def file(path): return Path("data.txt").read_text()
def missing(path):
    try: open("missing.txt")
    except OSError: pass
def listing(path): return os.listdir("folder")
def globbing(path): return glob.glob("folder/*")
def database(path): sqlite3.connect("data.db").close()
def writing(path):
    Path("out.txt").write_text("x")
    return Path("out.txt").read_text()
def own(path):
    from penstock import current_step, log_text
    (current_step().folder / "x").write_text("1")
    log_text("note", "x")
    return (current_step().folder / "x").read_text()
def threaded(path):
    thread = threading.Thread(target=file, args=(path,))
    thread.start(); thread.join()
def variable(path): return os.environ.get("AUDIT_A"), os.getenv("AUDIT_B"), "AUDIT_C" in os.environ
def library(path): return os.path.expanduser("~"), subprocess.list2cmdline(["x"])
def everything(path): return len(dict(os.environ))
def setting(path): os.environ["AUDIT_D"] = "1"
def connecting(path):
    with socket.socket() as s:
        try: s.connect(("127.0.0.1", 1))
        except OSError: pass
def program(path): subprocess.run(["true", "one"], check=True)
def importing(path):
    import audited_helper
    import json.tool
    return audited_helper.VALUE
def failing(path): raise ValueError(Path("data.txt").read_text())
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project in the working folder, some seconds old."""
    (tmp_path / "audited_flow.py").write_text(CODE)
    (tmp_path / "audited_helper.py").write_text("from pathlib import Path\nVALUE = Path('data.txt').read_text()\n")
    (tmp_path / "folder").mkdir()
    for name in ("data.txt", "data.db", "folder/x.txt", "input/given.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - 60,) * 2)
    os.utime(tmp_path / "folder", (time.time() - 60,) * 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    for name in ("audited_flow", "audited_helper"):
        sys.modules.pop(name, None)


@pytest.fixture
def perform(project: Path) -> Callable[..., Completed | Failed]:
    """Perform a function of the project as an audited step."""

    def call(function: str, **changes: object) -> Completed | Failed:
        task = Task(
            run="r", step="s", name="s", function=FunctionRef("audited_flow", function),
            inputs={"path": Literal(project / "input" / "given.txt")}, outputs=("output",), root=str(project),
            store=str(project / "kept" / "store"), run_folder=str(project / "kept" / "run"), audit=True,
        )  # fmt: skip
        return invoke(attrs.evolve(task, **changes), lambda path: contextlib.nullcontext(), lambda event: None)

    return call


@pytest.mark.parametrize(
    ("function", "beginning"),
    [
        ("file", "read data.txt, which is not an input"),
        ("listing", "read folder"),
        ("globbing", "read folder"),
        ("database", "read data.db"),
        ("threaded", "read data.txt"),
        ("connecting", "connected to 127.0.0.1:1"),
        ("program", "ran 'true one'"),
    ],
)
def test_what_is_read_and_not_declared_is_listed(perform, function, beginning):
    (found,) = perform(function).undeclared
    assert found.startswith(beginning)


@pytest.mark.parametrize(
    "function", ["nothing", "given", "missing", "writing", "own", "library", "setting", "importing"]
)
def test_inputs_the_steps_own_files_and_what_libraries_look_up_are_not_listed(perform, function):
    assert perform(function).undeclared == ()


def test_variables_are_listed_by_name_unless_declared(perform):
    environment = Environment(variables={"AUDIT_C": "1"})
    (found,) = perform("variable", options=NodeOptions(env=("AUDIT_A",), environment=environment)).undeclared
    assert found.startswith('read the environment variable AUDIT_B: declare env=["AUDIT_B"]')


def test_a_step_that_reads_all_variables_is_told_once(perform, monkeypatch):
    for number in range(12):
        monkeypatch.setenv(f"AUDIT_{number}", "x")
    (found,) = perform("everything").undeclared
    assert found.startswith("read the whole environment")


def test_declared_files_and_a_version_for_services_are_not_listed(perform):
    assert perform("file", options=NodeOptions(hash_paths=("data.txt",))).undeclared == ()
    assert perform("listing", options=NodeOptions(hash_paths=(".",))).undeclared == ()
    assert perform("connecting", options=NodeOptions(version="1")).undeclared == ()


@pytest.mark.parametrize(
    ("covered", "count"), [(("audited_flow.py",), 1), (("audited_flow.py", "audited_helper.py"), 0)]
)
def test_a_module_that_the_fingerprint_does_not_cover_is_listed(perform, covered, count):
    found = perform("importing", covered=covered).undeclared
    assert [text.partition(",")[0] for text in found] == ["imported audited_helper"] * count


def test_without_an_audit_nothing_is_watched(perform):
    assert perform("file", audit=False).undeclared == ()
    assert type(os.environ).__name__ == "_Environ"


def test_the_list_stands_in_the_log(perform, capsys):
    perform("file")
    assert capsys.readouterr().err.startswith("step 's' depends on what is not declared")


def test_a_step_that_fails_leaves_the_environment_as_it_was(perform):
    assert isinstance(perform("failing"), Failed)
    assert type(os.environ).__name__ == "_Environ"


def test_each_step_is_warned_of_once():
    with pytest.warns(AuditWarning, match=r"step 'a' depends .*\n  - read x\n  - read y"):
        warn_undeclared({"a": ("read x", "read y")})
