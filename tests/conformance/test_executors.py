"""What every executor does with the same steps.

One pipeline is run once by each executor, to its end whatever fails; each test looks at one of its steps.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np
import pytest
from penstock import (
    Retries,
    Environment,
    Local,
    Run,
    State,
    current_step,
    log_figure,
    log_metric,
    log_text,
    pipeline,
    progress,
    step,
)
from penstock.runtime.errors import RunFailed, StepTimedOut, WorkerDied
from penstock.runtime.events import (
    FileLogged,
    MetricLogged,
    Progressed,
    RunEnded,
    RunStarted,
    StepCompleted,
    StepFailed,
    StepRetried,
    StepStarted,
)

EXECUTORS = ("inline", "local", "joblib")


class Pair(NamedTuple):
    left: int
    right: str


class Scores(TypedDict):
    rmse: float
    r2: float


class NotFound(Exception):
    """An exception that cannot be made again from its arguments."""

    def __init__(self, *, name: str) -> None:
        super().__init__("nothing here")
        self.name = name


class Unspeakable(Exception):
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("broken text")


@step
def number(n: int) -> int:
    return n


@step
def nothing() -> None:
    print("done")


@step
def two(n: int) -> tuple[int, str]:
    return n, "b" * n


@step
def named(n: int) -> Pair:
    return Pair(n, "right")


@step
def scores() -> Scores:
    return {"rmse": 0.5, "r2": 0.9}


@step
def settings() -> dict[str, int]:
    return {"depth": 3, "width": 4}


@step
def text(start: str) -> str:
    return start + "!"


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@step
def combined(
    one: int, many: dict[str, int], pair: tuple[int, str], *rest: int, scale: int = 2, **others: int
) -> list[int]:
    return [one, *many.values(), pair[0], *rest, scale, *others.values()]


@step
def add(a: int, b: int) -> int:
    return a + b


@step
def counted(limit: int) -> Iterator[int]:
    yield from range(limit)


@step
async def waited(n: int) -> int:
    await asyncio.sleep(0)
    return n * 10


@step
def big(size: int) -> np.ndarray:
    return np.arange(size, dtype="float64")


@step
def spoil(numbers: np.ndarray, items: list[int]) -> float:
    numbers[:] = -1.0
    items.append(99)
    return float(numbers.sum())


@step
def look(numbers: np.ndarray, items: list[int], _after: float) -> tuple[float, list[int]]:
    return float(numbers.sum()), items


@step
def write_file(content: str) -> Path:
    path = current_step().folder / "out.txt"
    path.write_text(content)
    return path


@step
def write_folder() -> Path:
    folder = current_step().folder / "parts"
    for name in ("a", "sub/b"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@step
def read(file: Path, folder: Path) -> list[str]:
    return [file.name, file.read_text(), *sorted(path.read_text() for path in folder.rglob("*") if path.is_file())]


@step
def who(n: int) -> list[str]:
    here = current_step()
    return [here.step, str(here.run), str(here.attempt), str(n)]


@step
def who_in_a_thread() -> str:
    names: list[str] = []
    thread = threading.Thread(target=lambda: names.append(current_step().step))
    thread.start()
    thread.join()
    return names[0]


@step
def report(rounds: int) -> int:
    for index in progress(range(rounds), label="rounds"):
        log_metric("loss", 1.0 / (index + 1), step=index)
    log_text("notes", "all well")
    log_figure("picture.svg", Drawing())
    return rounds


class Drawing:
    def savefig(self, path: Path) -> None:
        Path(path).write_text("<svg/>")


@step
def talk(n: int) -> int:
    print("printed", n)
    print("to the error stream", file=sys.stderr)
    logging.getLogger("mine").warning("logged")
    warnings.warn("warned", UserWarning, stacklevel=1)
    return n


@step(environment=Environment(variables={"PENSTOCK_TEST_VARIABLE": "set"}))
def change_surroundings(folder: str) -> str:
    found = os.environ["PENSTOCK_TEST_VARIABLE"]
    os.environ["PENSTOCK_TEST_LEAK"] = "leaked"
    os.chdir(folder)
    return found


@step
def see_surroundings(_after: str) -> tuple[str, list[str]]:
    return str(Path.cwd()), [name for name in os.environ if name.startswith("PENSTOCK_TEST_")]


class Model:
    def __init__(self, weight: int) -> None:
        self.weight = weight

    @step
    def predict(self, x: int) -> int:
        return self.weight * x


class Scaler:
    def __init__(self, by: int) -> None:
        self.by = by

    def __call__(self, x: int) -> int:
        return x * self.by

    __hash__ = None  # type: ignore[assignment]


def scaled(x: int, by: int) -> int:
    return x * by


@step(retries=Retries(3, delay=0.01))
def flaky(folder: str) -> int:
    attempts = len(list(Path(folder).iterdir()))
    Path(folder, str(attempts)).touch()
    if attempts < 2:
        raise OSError(f"attempt {attempts + 1} fails")
    return attempts + 1


@step(retries=Retries(1, delay=0.01))
def hopeless() -> int:
    print("trying", current_step().attempt)
    raise ValueError("never")


@step
def fails(kind: str) -> int:
    if kind == "exit":
        sys.exit("left")
    if kind == "interrupt":
        raise asyncio.CancelledError
    raise {"plain": ValueError("no such thing"), "keywords": NotFound(name="x"), "text": Unspeakable()}[kind]


@step
def chained() -> int:
    try:
        return 1 // 0
    except ZeroDivisionError as error:
        raise RuntimeError("it went wrong") from error


@step
def unstorable() -> object:
    return [character for character in "a"], (character for character in "b")


@step
def three_of_two() -> tuple[int, int]:
    return 1, 2, 3  # type: ignore[return-value]


def everything(given: Path, elsewhere: str) -> dict[str, object]:
    """Call every step."""
    a = number(1)
    left, right = two(3)
    pair, found, table = named(7), scores(), settings()
    array, items = big(300_000), [1, 2]
    spoilt = spoil(array, items)
    file, folder = write_file("content"), write_folder()
    local = step(lambda n: n + 1000).options(name="local")
    changed = change_surroundings(elsewhere)
    quiet = nothing()
    return {
        "number": a,
        "two": (left, right),
        "pair": pair,
        "scores": found,
        "rmse": found["rmse"],
        "item": table["depth"],
        "nested": [a, {"deep": (left, right)}],
        "nothing": quiet,
        "chain": add(add(add(a, 1), 1), 1),
        "diamond": add(add(a, 10), add(a, 20)),
        "fan": total([number(n) for n in range(2, 12)]),
        "combined": combined(a, {"k": left, "l": 5}, (left, right), 8, 9, scale=3, more=4),
        "after": text.after(quiet)("late"),
        "generator": counted(3),
        "async": waited(4),
        "array": array,
        "seen": look(array, items, spoilt),
        "read": read(file, folder),
        "file": file,
        "given": read(given, folder),
        "who": who(5),
        "thread": who_in_a_thread(),
        "report": report(3),
        "talk": talk(6),
        "surroundings": see_surroundings(changed),
        "variable": changed,
        "method": Model(6).predict(7),
        "lambda": local(1),
        "partial": step(functools.partial(scaled, by=5)).options(name="partial")(3),
        "callable": step(Scaler(4)).options(name="callable")(3),
        "flaky": flaky(elsewhere),
        "hopeless": hopeless(),
        "plain": (plain := fails("plain")),
        "skipped": add(plain, 1),
        "keywords": fails("keywords"),
        "text": fails("text"),
        "exit": fails("exit"),
        "interrupt": fails("interrupt"),
        "chained": chained(),
        "unstorable": unstorable(),
        "three": three_of_two(),
    }


def show_warning(message: Warning, category: type[Warning], file: str, line: int, *_: object) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, file, line))


class Ended(NamedTuple):
    """A finished run, what its listener heard, and what Python and the process were like before and after."""

    run: Run
    events: list[object]
    before: tuple[str, dict[str, str]]
    after: tuple[str, dict[str, str]]

    def at(self, key: str) -> object:
        """Return a part of what the pipeline returned."""
        binding = self.run.graph.output.items[self.run.graph.output.keys.index(key)]
        return self.run.steps[binding.node].outputs[binding.name]

    def failure(self, step_id: str):
        return self.run.failures[step_id]


@pytest.fixture(scope="module", params=EXECUTORS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "elsewhere").mkdir()
    (folder / "in.txt").write_text("given")
    events: list[object] = []
    local = Local(
        executor=request.param,
        jobs=2,
        workspace=folder,
        display="none",
        continue_on_failure=True,
        raise_on_failure=False,
        listeners=[events.append],
    )
    with pytest.MonkeyPatch.context() as patched, warnings.catch_warnings():
        warnings.simplefilter("default")
        patched.setattr(warnings, "showwarning", show_warning)  # as without pytest
        before = str(Path.cwd()), dict(os.environ)
        run = local.run(pipeline(everything), folder / "in.txt", str(folder / "elsewhere"))
        yield Ended(run, events, before, (str(Path.cwd()), dict(os.environ)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number", 1),
        ("chain", 4),
        ("diamond", 32),
        ("fan", sum(range(2, 12))),
        ("combined", [1, 3, 5, 3, 8, 9, 3, 4]),
        ("after", "late!"),
        ("generator", [0, 1, 2]),
        ("async", 40),
        ("method", 42),
        ("lambda", 1001),
        ("partial", 15),
        ("callable", 12),
        ("flaky", 3),
    ],
)
def test_a_step_returns_its_value(done, key, value):
    assert done.at(key) == value


def test_two_outputs_are_kept_apart(done):
    assert done.run.steps["two"].outputs == {"output_0": 3, "output_1": "bbb"} or done.run.steps["two"].result() == (
        3,
        "bbb",
    )


def test_a_named_tuple_gives_its_fields(done):
    assert dict(done.run.steps["named"].outputs) == {"left": 7, "right": "right"}


def test_a_typed_dict_gives_its_keys(done):
    assert dict(done.run.steps["scores"].outputs) == {"rmse": 0.5, "r2": 0.9}


def test_a_step_without_output_has_none(done):
    assert done.run.steps["nothing"].result() is None and done.run.steps["nothing"].state is State.COMPLETED


def test_a_big_array_comes_back_as_it_was(done):
    assert np.array_equal(done.at("array"), np.arange(300_000, dtype="float64"))


def test_what_a_step_does_to_its_inputs_is_not_seen_by_others(done):
    assert done.run.steps["look"].result() == (float(np.arange(300_000).sum()), [1, 2])


def test_files_and_folders_are_passed_as_paths(done):
    assert done.at("read") == ["out.txt", "content", "a", "sub/b"]


def test_a_path_that_is_given_is_read_where_it_is(done):
    assert done.at("given")[:2] == ["in.txt", "given"]


def test_a_file_output_outlives_the_folder_that_it_was_written_to(done):
    assert done.at("file").read_text() == "content" and "scratch" not in str(done.at("file"))


def test_nothing_is_left_of_the_folders_of_steps(done):
    assert list((done.run.folder / "scratch").iterdir()) == []


def test_a_step_knows_where_it_is(done):
    assert done.at("who") == ["who", done.run.id, "1", "5"]


def test_a_thread_of_a_step_knows_the_step(done):
    assert done.at("thread") == "who_in_a_thread"


def test_metrics_come_in_order_with_their_positions(done):
    heard = [(event.value, event.index) for event in done.events if isinstance(event, MetricLogged)]
    assert heard == [(1.0, 0.0), (0.5, 1.0), (1 / 3, 2.0)]
    assert done.run.steps["report"].metrics == {"loss": 1 / 3} and done.run.metrics["report"] == {"loss": 1 / 3}


def test_progress_is_told_to_its_end(done):
    heard = [event for event in done.events if isinstance(event, Progressed)]
    assert (heard[-1].step, heard[-1].done, heard[-1].total, heard[-1].label) == ("report", 3, 3, "rounds")


def test_texts_and_figures_are_kept_as_files(done):
    files = done.run.steps["report"].files
    assert files["notes"].read_text() == "all well" and files["picture.svg"].read_text() == "<svg/>"
    assert len([event for event in done.events if isinstance(event, FileLogged)]) == 2


def test_the_log_has_what_was_printed_logged_and_warned(done):
    log = done.run.steps["talk"].logs
    for part in ("printed 6", "to the error stream", "WARNING mine: logged", "UserWarning: warned"):
        assert part in log


def test_the_logs_of_all_attempts_are_kept(done):
    assert done.run.steps["hopeless"].logs.splitlines() == ["trying 1", "trying 2"]


def test_environment_variables_are_set_for_their_step_alone(done):
    assert done.at("variable") == "set"
    assert done.run.steps["see_surroundings"].outputs["output_1"] == []


def test_a_changed_working_folder_is_changed_back(done):
    assert done.run.steps["see_surroundings"].outputs["output_0"] == done.before[0]


def test_the_driver_is_as_it_was(done):
    environment = done.after[1] | {"KMP_INIT_AT_FORK": done.before[1].get("KMP_INIT_AT_FORK")}  # set by joblib
    assert done.after[0] == done.before[0]
    assert {name: value for name, value in environment.items() if value is not None} == done.before[1]


def test_attempts_are_counted(done):
    assert done.run.steps["flaky"].attempts == 3 and done.run.steps["number"].attempts == 1
    heard = [event for event in done.events if isinstance(event, StepRetried) and event.step == "flaky"]
    assert [(event.attempt, event.failure.message) for event in heard] == [
        (1, "attempt 1 fails"),
        (2, "attempt 2 fails"),
    ]


def test_a_step_that_fails_each_time_has_failed_for_good(done):
    assert done.failure("hopeless").attempts == 2 and "after 2 attempts" in str(done.failure("hopeless"))


def test_a_failure_names_the_exception_and_the_users_line(done):
    failure = done.failure("fails")
    assert (failure.kind, failure.message) == ("ValueError", "no such thing")
    assert "no such thing" in failure.frames and Path(__file__).name in failure.frames
    assert "invocation.py" not in failure.frames


def test_a_failure_says_what_the_step_was_given(done):
    assert done.failure("fails").inputs == (("kind", "'plain'"),)


def test_an_exception_comes_back_as_the_same_class(done):
    assert type(done.failure("fails").exception) is ValueError
    assert "no such thing" in "".join(done.failure("fails").exception.__notes__)


def test_an_exception_that_cannot_travel_is_stood_in_for(done):
    assert str(done.failure("fails-2").exception) == "step 'fails-2' failed: NotFound: nothing here"


def test_an_exception_without_a_text_is_described(done):
    assert done.failure("fails-3").message == "<its message cannot be shown: RuntimeError>"


def test_a_step_that_exits_has_failed(done):
    assert done.failure("fails-4").kind == "SystemExit"
    assert done.failure("fails-4").message == "the step called sys.exit('left'); it ends by returning or by raising"


def test_a_step_that_raises_a_base_exception_has_failed(done):
    assert done.failure("fails-5").kind == "CancelledError"


def test_the_cause_of_an_exception_is_told(done):
    frames = done.failure("chained").frames
    assert frames.index("ZeroDivisionError") < frames.index("RuntimeError: it went wrong")


def test_a_value_that_cannot_be_stored_fails_its_step(done):
    assert done.failure("unstorable").kind == "NoCodec" and "register_codec" in done.failure("unstorable").message


def test_a_wrong_number_of_outputs_fails_the_step(done):
    message = done.failure("three_of_two").message
    assert "2 outputs" in message and "tuple of length 3" in message


def test_a_consumer_of_a_failed_step_is_skipped_and_told_why(done):
    skipped = [record for record in done.run.steps.values() if record.state is State.SKIPPED]
    assert [(record.name, record.reason) for record in skipped] == [("add", "step 'fails' failed")]


def test_everything_else_has_completed(done):
    states = [record.state for record in done.run.steps.values()]
    assert len(done.run.failures) == 9 and states.count(State.SKIPPED) == 1
    assert states.count(State.COMPLETED) == len(states) - 10 and done.run.state is State.FAILED


def test_each_step_starts_before_it_ends(done):
    first, *_, last = done.events
    assert isinstance(first, RunStarted) and isinstance(last, RunEnded) and last.state is State.FAILED
    open_steps: set[str] = set()
    for event in done.events[1:-1]:
        if isinstance(event, StepStarted):
            open_steps.add(event.step)
        elif isinstance(event, StepCompleted | StepFailed):
            open_steps.remove(event.step)
        elif isinstance(event, MetricLogged | Progressed | FileLogged):
            assert event.step in open_steps
    assert not open_steps


def test_the_history_knows_what_the_run_knows(done):
    kept = Run.get(done.run.id, workspace(done.run))
    assert {key: (step.state, step.attempts) for key, step in kept.steps.items()} == {
        key: (step.state, step.attempts) for key, step in done.run.steps.items()
    }


def workspace(run: Run):
    from penstock import Workspace

    return Workspace.open(run.folder.parents[2])


# What an executor in the driver's own process cannot do.

GAPS = {
    "time-out": {"inline": "a step in the driver's own process cannot be stopped"},
    "crash": {"inline": "a crash takes the driver with it"},
}


def notyet(feature: str, raises: type[BaseException]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test with each executor; where there is a gap, the test must fail in that way."""
    marks = {
        name: [pytest.mark.xfail(reason=reason, raises=raises, strict=True)] for name, reason in GAPS[feature].items()
    }
    parameters = [pytest.param(name, marks=marks.get(name, [])) for name in EXECUTORS]
    return pytest.mark.parametrize("executor", parameters)


@step(timeout=0.05)
def slow() -> int:
    time.sleep(0.3)
    return 1


@step
def crash() -> int:
    if "PYTEST_CURRENT_TEST" in os.environ and threading.current_thread().name == "MainThread" and IN_DRIVER:
        raise RuntimeError("os._exit() here would end the tests")
    os._exit(3)


IN_DRIVER = False


@notyet("time-out", raises=pytest.fail.Exception)
def test_a_step_that_takes_too_long_is_stopped(executor, tmp_path):
    with pytest.raises(RunFailed) as failed:
        Local(executor=executor, workspace=tmp_path, display="none").run(slow)
    assert isinstance(failed.value.__cause__, StepTimedOut) and isinstance(failed.value.__cause__, TimeoutError)


@notyet("crash", raises=AssertionError)
def test_a_crash_fails_its_step_alone(executor, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "IN_DRIVER", executor == "inline")
    with pytest.raises(RunFailed) as failed:
        Local(executor=executor, workspace=tmp_path, display="none").run(crash)
    assert isinstance(failed.value.__cause__, WorkerDied)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_after_a_failure_nothing_new_starts(executor, tmp_path):
    @pipeline
    def stops() -> int:
        return add(fails("plain"), number(1))

    with pytest.raises(RunFailed, match="no such thing") as failed:
        Local(executor=executor, jobs=1, workspace=tmp_path, display="none").run(stops)
    states = {key: record.state for key, record in failed.value.run.steps.items()}
    assert states == {"fails": State.FAILED, "number": State.CANCELLED, "add": State.SKIPPED}
    assert isinstance(failed.value.__cause__, ValueError)
