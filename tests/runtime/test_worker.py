"""The worker: one step from its code, its inputs as folders and text, and nothing else."""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from penstock.runtime.events import MetricLogged
from penstock.runtime.loglines import split_log
from penstock.runtime.mlflow import MetricSender
from penstock.runtime.store import LocalStore, decode
from penstock.runtime.store.portable import read_in
from penstock.runtime.worker import main

spec = importlib.util.spec_from_file_location("stand_in", Path(__file__).parent / "stand_in.py")
stand_in = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stand_in)

PROJECT = {
    "pyproject.toml": "",
    "steps.py": """
        import enum
        import os
        from pathlib import Path
        from typing import NamedTuple

        import penstock
        from penstock import Environment, Retries, each, log_figure, log_metric, pipeline, repeat, step, when
        from pkg.scaling import scaled
        import pkg.untouched


        class Kind(enum.Enum):
            SQUARE = 2


        class Pair(NamedTuple):
            left: int
            right: int


        @step
        def load(source: Path) -> tuple[list[int], dict]:
            print("penstock comes from", penstock.__file__)
            return [int(line) for line in source.read_text().split()], {"factor": 3}

        @step(hash_paths="vocabulary.txt")
        def scale(xs: list[int], factor: int, kind: Kind, note: str, more: dict | None) -> list[int]:
            assert Path("vocabulary.txt").read_text() == "words"
            assert (kind, note, more) == (Kind.SQUARE, "it's $HOME `id` ü", {"k": (1, None)})
            log_metric("largest", max(xs), step=2)
            return scaled(xs, factor)

        @step
        def write(xs: list[int], tables: list) -> Path:
            folder = penstock.current_step().folder
            (folder / "deep" / "empty").mkdir(parents=True)
            (folder / "deep" / "run.sh").write_text("#!/bin/sh")
            (folder / "deep" / "run.sh").chmod(0o755)
            (folder / "sum.txt").write_text(str(sum(xs)) + repr(tables))
            return folder

        @step
        def check(xs: list) -> None:
            print("checked", xs)

        @step(environment=Environment(variables={"COLOUR": "it's red"}))
        def pair(path: Path) -> Pair:
            assert os.environ["COLOUR"] == "it's red" and os.access(path / "deep" / "run.sh", os.X_OK)
            return Pair(len(list(path.iterdir())), int((path / "sum.txt").read_text().partition("[")[0]))

        @pipeline
        def everything(source: Path, note: str = "it's $HOME `id` ü"):
            xs, facts = load(source)
            ys = scale(xs, facts["factor"], Kind.SQUARE, note, {"k": (1, None)})
            checked = check(ys)
            return pair(write.after(checked)(ys, [xs, facts["factor"], 7]))

        @step(retries=Retries(1, delay=0.01))
        def shaky() -> int:
            if not Path("tried").exists():
                Path("tried").touch()
                raise ConnectionError("not yet")
            return 1

        @step
        def broken(x: int) -> int:
            return helper(x)

        def helper(x):
            raise ValueError(f"no {x}")

        @pipeline
        def again():
            return shaky()

        @step
        def measure() -> int:
            for epoch in range(2):
                log_metric("a", epoch + 1, step=epoch)
            penstock.log_text("note", "kept")
            return 1

        @pipeline
        def measuring():
            return measure()

        @step
        def count(n: int) -> list[int]:
            return list(range(n))

        @step
        def times(x: int, k: int) -> int:
            print("times", x)
            log_metric("x", x)
            return scaled([x], k)[0]

        @step
        def total(xs: list[int]) -> int:
            return sum(xs)

        @pipeline
        def depends(n: int = 4):
            products = times(each(count(n)), k=3)
            whole = total(products)
            chosen = when(whole > 3, lambda: total([whole, 1]), otherwise=lambda: whole)
            return repeat(lambda x: times(x, 2), chosen, until=lambda x: x > 100, limit=9)

        @pipeline
        def fails_inside():
            return broken(each(count(2)))

        @pipeline
        def failing():
            return broken(5)
    """,
    "pkg/__init__.py": "",
    "pkg/scaling.py": "from .numbers import ONE\n\ndef scaled(xs, factor):\n    return [x * factor * ONE for x in xs]\n",
    "pkg/numbers.py": "ONE = 1\n",
    "pkg/untouched.py": "import pkg.far\n",
    "pkg/far.py": "",
    "other.py": "SECRET = 1\n",
    "vocabulary.txt": "words",
    "numbers.txt": "1 2 3",
}


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """The project above, imported."""
    for name, text in PROJECT.items():
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "project"))
    before = set(sys.modules)
    yield importlib.import_module("steps")
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("steps", "pkg"):
            del sys.modules[name]


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "read")


def value(here, store, node, output="output"):
    return decode(read_in(here.place(node, output), store), store)


def test_a_pipeline_runs_step_by_step_from_what_was_sent_along(steps, tmp_path, store):
    here = stand_in.Here.of(steps.everything, tmp_path / "jobs", source=tmp_path / "project/numbers.txt")
    done = here.run()
    assert {name: process.returncode for name, process in done.items()} == dict.fromkeys(done, 0), done
    assert (value(here, store, "pair", "left"), value(here, store, "pair", "right")) == (2, 18)
    assert "checked [3, 6, 9]" in done["check"].stdout
    assert f"penstock comes from {here.folder}" in done["load"].stdout
    report = json.loads((here.place("scale", "output") / "step.json").read_text())
    assert [metric[1:] for metric in report["metrics"]] == [["largest", 3.0, 2.0]]
    assert (value(here, store, "write") / "deep/empty").is_dir()


def test_a_failure_begins_with_the_users_own_frames_and_comes_back_whole(steps, tmp_path):
    here = stand_in.Here.of(steps.failing, tmp_path / "jobs")
    process = here.run()["broken"]
    shown, failure = split_log(process.stderr)
    assert process.returncode == 1
    assert shown.startswith("step 'broken' failed: ValueError: no 5\nTraceback")
    assert 'steps.py", line' in failure.frames and "penstock/runtime" not in failure.frames
    assert isinstance(failure.exception, ValueError)
    assert not (here.place("broken", "output") / "artifact.json").exists()


def test_a_failed_attempt_is_followed_by_another(steps, tmp_path, store):
    here = stand_in.Here.of(steps.again, tmp_path / "jobs")
    process = here.run()["shaky"]
    assert "attempt 1 failed; trying again in 0.01 s" in process.stderr
    assert value(here, store, "shaky") == 1


def test_what_depends_on_values_runs_inside_one_job(steps, tmp_path, store):
    here = stand_in.Here.of(steps.depends, tmp_path / "jobs")
    done = here.run()
    assert not any(process.returncode for process in done.values()), done
    assert [value(here, store, node) for node in ("times", "total", "when", "repeat")] == [[0, 3, 6, 9], 18, 19, 152]
    assert "==> times[2] <==\ntimes 2" in done["times"].stdout
    report = json.loads((here.place("times", "output") / "step.json").read_text())
    assert sorted(metric[2] for metric in report["metrics"]) == [0, 1, 2, 3]


def test_a_failure_inside_is_the_failure_of_the_job(steps, tmp_path):
    process = stand_in.Here.of(steps.fails_inside, tmp_path / "jobs").run()["broken"]
    _, failure = split_log(process.stderr)
    assert (process.returncode, failure.kind) == (1, "ValueError")
    assert failure.message in ("no 0", "no 1")  # whichever is first


def test_a_program_of_one_file_travels_by_value(tmp_path):
    program = tmp_path / "program.py"
    (tmp_path / "beside.py").write_text("def twice(x):\n    return 2 * x\n")
    program.write_text(textwrap.dedent(f"""
        import importlib.util, sys
        from pathlib import Path
        from penstock import pipeline, step
        from beside import twice

        @step
        def double(x: int) -> int:
            return twice(x)

        @pipeline
        def quadruple(x: int = 3):
            return double(double(x))

        if __name__ == "__main__":
            spec = importlib.util.spec_from_file_location("stand_in", {str(stand_in.__file__)!r})
            stand_in = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(stand_in)
            here = stand_in.Here.of(quadruple, Path({str(tmp_path / "jobs")!r}))
            print([process.stderr for process in here.run().values()])
    """))  # fmt: skip
    printed = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert printed.stdout == "['', '']\n", printed
    store = LocalStore(tmp_path / "read")
    assert decode(read_in(tmp_path / "jobs/outputs/double-2/output", store), store) == 12


class Tracking(BaseHTTPRequestHandler):
    """Takes what is posted, and remembers it."""

    posted: list = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.posted.append((self.path, self.headers.get("Authorization"), body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def tracking():
    server = HTTPServer(("127.0.0.1", 0), Tracking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_metrics_go_to_mlflow(steps, tmp_path, tracking):
    here = stand_in.Here.of(steps.measuring, tmp_path / "jobs")
    url = f"http://127.0.0.1:{tracking.server_port}/mlflow"
    done = here.run(MLFLOW_TRACKING_URI=url, MLFLOW_RUN_ID="r1", MLFLOW_TRACKING_TOKEN="t")
    assert done["measure"].returncode == 0
    ((path, token, body),) = Tracking.posted
    assert (path, token, body["run_id"]) == ("/mlflow/api/2.0/mlflow/runs/log-batch", "Bearer t", "r1")
    assert [(one["key"], one["value"], one["step"]) for one in body["metrics"]] == [("a", 1.0, 0), ("a", 2.0, 1)]
    assert (here.folder / "code" / here.plan.jobs[0].component.code / "outputs/note.txt").read_text() == "kept"


def test_a_tracking_server_that_is_away_stops_no_step():
    sender = MetricSender("http://127.0.0.1:9/mlflow", "r1")
    sender.take(MetricLogged("fit", 0.0, "a", 1.0))
    with pytest.warns(UserWarning, match="metrics cannot be sent to MLflow"):
        sender.flush()
    sender.take(MetricLogged("fit", 0.0, "a", 2.0))
    sender.flush()  # says nothing more


@pytest.mark.parametrize(("variables", "url"), [
    ({"MLFLOW_TRACKING_URI": "azureml://x.azureml.ms/mlflow/v1.0/ws?a=b", "MLFLOW_RUN_ID": "r"}, "https://x.azureml.ms/mlflow/v1.0/ws/api"),
    ({"MLFLOW_TRACKING_URI": "https://x/mlflow/", "AZUREML_RUN_ID": "r"}, "https://x/mlflow/api"),
    ({"MLFLOW_TRACKING_URI": "file:///tmp/mlruns", "MLFLOW_RUN_ID": "r"}, None),
    ({"MLFLOW_TRACKING_URI": "https://x"}, None),
    ({}, None),
])  # fmt: skip
def test_where_metrics_go_is_what_azure_or_mlflow_says(variables, url, monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "AZUREML_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    sender = MetricSender.from_environment()
    assert (sender and sender._url.startswith(url)) or (sender is None and url is None)


@pytest.mark.parametrize(("arguments", "problem"), [
    (["--call", "{"], "the document is not JSON"),
    (["--call", '{"schema":1,"name":"p","nodes":[{"id":"f","name":"f","function":{"module":"m","qualname":"f"},"inputs":{"x":{"parameter":"x"}}}],"parameters":[{"name":"x","type":"number"}]}', "--value", "x=many"], "'many' is no number"),
    (["--call", '{"schema":1,"name":"p","nodes":[{"id":"f","name":"f","function":{"module":"m","qualname":"f"},"inputs":{"x":{"parameter":"x"}}}],"parameters":[{"name":"x"}]}', "--artifact", "x=/nowhere"], "holds no artifact"),
])  # fmt: skip
def test_a_call_that_makes_no_sense_is_told_in_a_sentence(arguments, problem, capsys):
    assert main(arguments) == 1
    assert problem in capsys.readouterr().err


def test_the_command_line_is_checked(capsys):
    with pytest.raises(SystemExit):
        main(["--call", "{}", "--value", "x"])
    assert "expected NAME=TEXT" in capsys.readouterr().err
