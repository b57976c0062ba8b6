"""Reuse: a result is taken again exactly when nothing that it follows from has changed."""

import os
import time
from pathlib import Path

import pytest


from penstock import Local, Run, State, explain, log_metric, pipeline, step
from penstock.runtime.reuse import ReuseWarning


@pytest.fixture
def run(tmp_path):
    """Run a pipeline inline in a workspace of its own."""

    def go(pipeline, *args, **kwargs):
        how = {name: kwargs.pop(name) for name in ("regenerate_outputs", "raise_on_failure") if name in kwargs}
        return Local(workspace=tmp_path, executor="inline", display="none", **how).run(pipeline, *args, **kwargs)

    return go


@pytest.fixture(autouse=True)
def log(tmp_path, monkeypatch):
    """Let steps leave a letter for each execution."""
    monkeypatch.setenv("PENSTOCK_TEST_LOG", str(tmp_path / "executed"))


def note(name):
    with Path(os.environ["PENSTOCK_TEST_LOG"]).open("a") as log:
        log.write(name)


def noted():
    """Return which steps were executed since this was last asked."""
    path = Path(os.environ["PENSTOCK_TEST_LOG"])
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


@step
def double(x: int) -> int:
    note("d")
    log_metric("seen", x)
    return 2 * x


@step
def sign(x: int) -> int:
    note("s")
    return (x > 0) - (x < 0)


@step
def show(x: int) -> None:
    note("w")


@step
def size(path: Path) -> int:
    note("p")
    return path.stat().st_size if path.is_file() else len(list(path.iterdir()))


@pipeline
def chain(x: int = 1) -> int:
    return sign(double(x))


def test_a_second_run_executes_nothing(run):
    assert (run(chain, 3).result(), noted()) == (1, "ds")
    again = run(chain, 3)
    assert (again.result(), noted()) == (1, "")
    assert {record.state for record in again.steps.values()} == {State.REUSED}


def test_another_parameter_executes_again(run):
    run(chain, 3)
    noted()
    run(chain, -4)
    assert noted() == "ds"


def test_a_step_that_reran_with_the_same_outcome_does_not_rerun_its_consumers(run):
    run(chain, 3)
    noted()
    run(chain, 3, regenerate_outputs=["double"])
    assert noted() == "d"


def test_a_number_with_and_without_a_fraction_is_one_input_where_a_float_is_asked_for(run):
    @step
    def half(x: float) -> float:
        note("h")
        return x / 2

    run(half, 5)
    run(half, 5.0)
    assert noted() == "h"


def test_two_equal_calls_of_one_run_execute_once(run):
    @pipeline
    def twice() -> list[int]:
        return [double(4), double(4)]

    assert (run(twice).result(), noted()) == ([8, 8], "d")


def test_an_equal_call_after_a_failed_one_does_not_wait_for_it(tmp_path):
    @step
    def fragile(x: int) -> int:
        note("f")
        raise ValueError("broken")

    @pipeline
    def again() -> list[int]:
        return [double(double(fragile(1))), fragile.after(double(4))(1)]  # what has more to follow starts first

    how = Local(workspace=tmp_path, executor="inline", display="none", continue_on_failure=True, raise_on_failure=False)
    assert set(how.run(again).failures) == {"fragile", "fragile-2"}
    assert noted() == "fdf"


def test_a_result_older_than_its_step_allows_is_not_reused(run, monkeypatch):
    aged = double.options(max_age="1h")

    @pipeline
    def once() -> int:
        return aged(4)

    run(once), run(once)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7_200)
    last = run(once)
    assert noted() == "dd"
    assert "is 2h 00m old, and max_age is 1h 00m" in last.steps["double"].reason


def test_allow_reuse_false_executes_each_call_each_time(run):
    @pipeline
    def twice() -> list[int]:
        return [double.options(allow_reuse=False)(4), double.options(allow_reuse=False)(4)]

    run(twice)
    run(twice)
    assert noted() == "dddd"


def test_a_step_without_output_is_executed_each_time(run):
    @pipeline
    def effect() -> None:
        show(double(1))

    run(effect)
    run(effect)
    assert noted() == "dww"


def test_a_step_without_output_is_reused_when_it_says_so(run):
    @pipeline
    def effect() -> None:
        show.options(allow_reuse=True)(double(1))

    run(effect)
    run(effect)
    assert noted() == "dw"


def test_regenerating_executes_everything_and_later_runs_take_the_new_results(run):
    run(chain, 3)
    fresh = run(chain, 3, regenerate_outputs=True)
    assert noted() == "dsds"
    assert run(chain, 3).steps["double"].reused_from == fresh.id


def test_a_failed_result_is_never_reused(run, tmp_path):
    @step
    def fragile() -> int:
        note("f")
        if not (tmp_path / "mended").exists():
            raise ValueError("broken")
        return 1

    run(fragile, raise_on_failure=False)
    (tmp_path / "mended").touch()
    assert (run(fragile).result(), noted()) == (1, "ff")


def test_a_file_counts_by_its_content_and_a_folder_by_names_and_contents(run, tmp_path):
    file, folder = tmp_path / "data.txt", tmp_path / "folder"
    folder.mkdir()
    file.write_text("abc")
    for path in (file, folder):
        run(size, path)
        os.utime(path, (1, 1))
        run(size, path)
    assert noted() == "pp"
    file.write_text("abd")
    (folder / "new").touch()
    run(size, file)
    run(size, folder)
    assert noted() == "pp"


def test_declared_files_variables_and_versions_count(run, tmp_path, monkeypatch):
    declared = tmp_path / "rules.txt"
    declared.write_text("1")

    def go(version="1"):
        run(double.options(hash_paths=[declared], env="PENSTOCK_TEST_MODE", version=version), 1)
        return noted()

    assert (go(), go()) == ("d", "")
    declared.write_text("2")
    assert (go(), go()) == ("d", "")
    monkeypatch.setenv("PENSTOCK_TEST_MODE", "x")
    assert (go(), go(), go(version="2")) == ("d", "", "d")


def test_the_metrics_of_a_reused_step_come_along(run):
    run(chain, 3)
    assert run(chain, 3).metrics["double"] == {"seen": 3.0}


@pytest.mark.parametrize("damage", ["delete", "truncate", "change"])
def test_a_damaged_artifact_is_a_miss_that_is_healed(run, tmp_path, damage):
    @step
    def text() -> str:
        note("t")
        return "words " * 2000

    run(text)
    (stored,) = (path for path in (tmp_path / ".penstock/store").rglob("value.txt"))
    stored.chmod(0o644)
    content = {"truncate": stored.read_bytes()[:100], "change": b"x" * stored.stat().st_size}.get(damage)
    stored.unlink() if content is None else stored.write_bytes(content)
    mended = run(text)
    assert (mended.result(), noted()) == ("words " * 2000, "tt")
    assert "cannot be used" in mended.steps["text"].reason
    assert (run(text).result(), noted()) == ("words " * 2000, "")


def test_an_input_that_cannot_be_identified_is_never_reused(run):
    @step
    def count(items: object) -> int:
        note("c")
        return len(items)

    class Opaque:
        def __init__(self):
            self.handle = memoryview(b"abc")

        def __len__(self):
            return 3

        def __reduce__(self):
            return (Opaque, ())

    for _ in range(2):
        with pytest.warns(ReuseWarning, match="whatever takes the parameter 'items' is never reused"):
            assert run(count, Opaque()).result() == 3
    assert noted() == "cc"


def test_explaining_names_what_changed_after_and_before_a_run(run, tmp_path):
    run(chain, 3)
    assert [verdict.decision for verdict in explain(chain, 3, workspace=str(tmp_path))] == ["reused", "reused"]
    ahead = explain(chain, 4, workspace=str(tmp_path))
    assert [verdict.decision for verdict in ahead] == ["runs", "depends"]
    assert ahead[0].reason == "input x changed: 3 -> 4"
    after = explain(run(chain, 4))
    assert after[0].reason == "input x changed: 3 -> 4"
    assert after[1].decision == "reused" or after[1].reason == "input x changed: 6 -> 8"


def test_a_run_out_of_the_history_is_explained_too(run, tmp_path):
    from penstock import Workspace

    run(chain, 3)
    run(chain, 3)
    told = explain(Run.get("last", Workspace.open(tmp_path)))
    assert [verdict.decision for verdict in told] == ["reused", "reused"]
