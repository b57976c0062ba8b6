"""A workspace is found where people expect it, and writes nothing before it must."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime.configuration import Settings
from penstock.runtime.errors import WorkspaceError, WorkspaceNotFound
from penstock.runtime.events import RunEnded, RunStarted
from penstock.runtime.history import HistoryWarning
from penstock.runtime.states import State
from penstock.runtime.workspace import VARIABLE, Workspace


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a folder in which somebody works."""
    root = tmp_path / "project"
    (root / "src" / "deep").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\nname = 'p'\n")
    monkeypatch.chdir(root / "src" / "deep")
    return root


def record(workspace, run="r-1"):
    recorder = workspace.recorder()
    recorder(RunStarted(run, Graph("p", (Node("a", "a", FunctionRef("m", "a"), {}),)), "x", 1.0))
    recorder(RunEnded(run, 2.0, State.COMPLETED))
    recorder.close()


def test_without_configuration_the_root_is_that_of_the_project(project):
    assert Workspace.open() == Workspace(project, Settings())


def test_without_a_project_the_root_is_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Workspace.open().root == tmp_path


def test_a_configuration_above_the_project_counts(project):
    (project.parent / "penstock.toml").write_text("jobs = 2")
    assert Workspace.open() == Workspace(project.parent, Settings(jobs=2))


def test_a_folder_that_is_named_is_the_root(project):
    assert Workspace.open(project / "src").root == project / "src"


def test_a_named_folder_is_configured_by_its_own_file_only(project):
    (project / "penstock.toml").write_text("jobs = 2")
    assert Workspace.open(project / "src").settings == Settings()
    assert Workspace.open(str(project)).settings == Settings(jobs=2)


def test_the_environment_names_the_root(project, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(project / "src"))
    assert Workspace.open().root == project / "src"
    assert Workspace.open(project).root == project


@pytest.mark.parametrize("where", ["src/deep", ".", "penstock.toml"])
def test_from_config_looks_upward(project, where):
    (project / "penstock.toml").write_text("jobs = 2")
    assert Workspace.from_config(project / where) == Workspace(project, Settings(jobs=2))


def test_from_config_begins_at_the_working_folder(project):
    (project / "penstock.toml").write_text("jobs = 2")
    assert Workspace.from_config().root == project


def test_from_config_without_any_is_an_error(project):
    with pytest.raises(
        WorkspaceNotFound, match=f"was found in {project / 'src' / 'deep'} or above it; `penstock init`"
    ):
        Workspace.from_config()


def test_a_folder_that_is_not_there_yet_is_made_when_something_is_kept(tmp_path):
    workspace = Workspace.open(tmp_path / "later")
    assert not (tmp_path / "later").exists()
    workspace.prepare()
    assert (tmp_path / "later" / ".penstock" / ".gitignore").exists()


@pytest.mark.parametrize("opening", [Workspace.open, Workspace.from_config])
def test_a_file_that_is_no_configuration_is_an_error(tmp_path, opening):
    (tmp_path / "notes").touch()
    with pytest.raises(WorkspaceError, match="notes is no workspace: expected a folder"):
        opening(tmp_path / "notes")


def test_an_environment_that_names_a_file_says_so(tmp_path, monkeypatch):
    (tmp_path / "nowhere").touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(WorkspaceError, match=f"^{VARIABLE}=.*nowhere is no workspace"):
        Workspace.open()


def test_everything_is_in_the_folder_by_default(tmp_path):
    workspace = Workspace(tmp_path)
    assert workspace.folder == tmp_path / ".penstock"
    assert workspace.store_location == tmp_path / ".penstock" / "store"
    assert workspace.history_location == tmp_path / ".penstock" / "history.db"
    assert workspace.run_folder("r-1") == tmp_path / ".penstock" / "runs" / "r-1"


def test_settings_move_things(tmp_path):
    workspace = Workspace(tmp_path, Settings(store="s3://b/x", history="../h.db", folder="state", name="n"))
    assert (workspace.store_location, workspace.name) == ("s3://b/x", "n")
    assert (workspace.history_location, workspace.folder) == (tmp_path / "../h.db", tmp_path / "state")


def test_a_tilde_is_the_home_folder(tmp_path):
    assert Workspace(tmp_path, Settings(store="~/store")).store_location == Path.home() / "store"


def test_looking_writes_nothing(tmp_path):
    workspace = Workspace.open(tmp_path)
    assert workspace.history.runs() == ()
    workspace.recorder().close()
    assert list(tmp_path.iterdir()) == []


def test_recording_makes_a_folder_that_git_ignores(tmp_path):
    workspace = Workspace.open(tmp_path)
    record(workspace)
    assert (tmp_path / ".penstock" / ".gitignore").read_text() == "*\n"
    assert workspace.history.run("last").facts["python"]
    assert workspace.history.packages("r-1")["pytest"] == pytest.__version__


def test_a_reader_sees_what_is_recorded_after_it_looked(tmp_path):
    workspace = Workspace.open(tmp_path)
    assert workspace.history.runs() == ()
    record(workspace)
    assert len(workspace.history.runs()) == 1


def test_a_folder_of_somebody_elses_is_not_hidden_from_git(tmp_path):
    (tmp_path / "data").mkdir()
    Workspace(tmp_path, Settings(folder="data")).prepare()
    assert not (tmp_path / "data" / ".gitignore").exists()


def test_a_gitignore_that_is_there_is_kept(tmp_path):
    (tmp_path / ".penstock").mkdir()
    (tmp_path / ".penstock" / ".gitignore").write_text("store\n")
    Workspace(tmp_path).prepare()
    assert (tmp_path / ".penstock" / ".gitignore").read_text() == "store\n"


def test_new_runs_have_folders_of_their_own(tmp_path):
    workspace, ids = Workspace(tmp_path), []
    threads = [threading.Thread(target=lambda: ids.extend(workspace.new_run(1.0) for _ in range(20))) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(set(ids)) == 80 == len([folder for folder in (workspace.folder / "runs").iterdir() if folder.is_dir()])


def test_an_id_that_another_process_took_is_not_given_again(tmp_path, monkeypatch):
    given = iter(["taken", "taken", "free"])
    monkeypatch.setattr("penstock.runtime.history.new_run_id", lambda now: next(given))
    workspace = Workspace(tmp_path)
    assert [workspace.new_run(), workspace.new_run()] == ["taken", "free"]


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / ".penstock").write_text("a file")
    with pytest.raises(
        WorkspaceError, match=r"cannot write .*\.penstock: .* Allow writing there, or set `folder` in penstock.toml"
    ):
        Workspace(tmp_path).new_run()


def test_a_history_that_cannot_be_made_does_not_stop_a_run(tmp_path):
    (tmp_path / ".penstock").write_text("a file")
    with pytest.warns(HistoryWarning, match=r"cannot write .*\.penstock"):
        record(Workspace(tmp_path))


def test_a_workspace_can_be_sent_to_another_process(tmp_path):
    workspace = Workspace(tmp_path, Settings(jobs=2))
    assert workspace.history.runs() == ()
    assert pickle.loads(pickle.dumps(workspace)) == workspace


def test_a_relative_root_is_made_absolute(project):
    assert Workspace("..").root.is_absolute()


def test_importing_it_loads_nothing_heavy():
    code = (
        "import sys; import penstock.runtime.history, penstock.runtime.workspace;"
        "print([name for name in ('yoyo', 'psycopg', 'psutil', 'click', 'rich', 'tomllib', 'subprocess') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
