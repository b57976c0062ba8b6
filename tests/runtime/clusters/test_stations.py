"""What a worker of a cluster does with a packed task, in this process: no cluster is needed for that."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from penstock.compilers.graph import FunctionRef
from penstock.compilers.graph import Literal
from penstock.runtime.answers import Unreadable
from penstock.runtime.channels import WorkerListener
from penstock.runtime.clusters import stations
from penstock.runtime.clusters.code import digest_of
from penstock.runtime.clusters.postings import Posting
from penstock.runtime.clusters.stations import Answer, perform_posted
from penstock.runtime.errors import ClusterUnfit
from penstock.runtime.events import MetricLogged
from penstock.runtime.executors.packing import pack
from penstock.runtime.tasks import Completed, Failed, Task

MODULE = """
from penstock import log_metric

def double(n):
    log_metric("n", n)
    return 2 * n
"""


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave nothing of a station in this process."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.chdir(Path.cwd())
    yield
    for one in stations._STATIONS:
        one.close()
    stations._STATIONS.clear()


@pytest.fixture
def posting(tmp_path: Path) -> Posting:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "stationed.py").write_text(MODULE)
    folder = str(tmp_path / "project")
    return Posting(os.urandom(4).hex(), (folder,), ("driver",), folder, str(tmp_path / "run"))


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(
        run="run",
        step="double",
        name="double",
        function=FunctionRef("stationed", "double"),
        inputs={"n": Literal(4)},
        outputs=("output",),
        root=str(tmp_path / "project"),
        store=str(tmp_path / "store"),
        run_folder=str(tmp_path / "run"),
    )


def perform(posting: Posting, task: Task) -> Answer:
    return pickle.loads(perform_posted(pickle.dumps(posting), pack(task)))


def problem(posting: Posting, task: Task) -> str:
    answer = perform(posting, task)
    assert isinstance(answer.outcome, Failed) and isinstance(answer.outcome.failure.exception, ClusterUnfit)
    return answer.outcome.failure.message


def test_modules_are_found_where_the_driver_finds_them(posting, task):
    answer = perform(posting, task)
    assert isinstance(answer.outcome, Completed)
    assert answer.outcome.outputs["output"].inline == b"8"


def test_what_is_reported_comes_with_the_answer_where_no_way_leads_to_the_driver(posting, task):
    (event,) = perform(posting, task).events
    assert isinstance(event, MetricLogged) and event.value == 4


def test_an_address_where_nobody_listens_costs_no_report(posting, task):
    nowhere = attrs.evolve(posting, address="tcp:127.0.0.1:9|00ff")
    assert len(perform(nowhere, task).events) == 1


def test_what_is_reported_is_sent_at_once_and_heard_before_the_answer(posting, task):
    heard: list[object] = []
    listener = WorkerListener("127.0.0.1")

    def hear(connection):
        heard.append(connection.recv())
        assert connection.recv() is None
        connection.send_bytes(b"")

    listener.expect_others(hear)
    answer = perform(attrs.evolve(posting, address=listener.address), task)
    listener.close()
    assert [event.name for event in heard] == ["n"] and answer.events == ()


def test_another_run_gets_another_process(posting, task):
    first = perform(posting, task).outcome.pid
    again = perform(posting, task).outcome.pid
    other = perform(attrs.evolve(posting, token="other"), task).outcome.pid
    assert first == again != other


def test_a_folder_that_the_node_does_not_see_is_named(posting, task, tmp_path):
    mark = str(tmp_path / "elsewhere" / "tmp" / "mark")
    told = problem(attrs.evolve(posting, marks={"artifact store": mark}), task)
    assert f"does not see the run's artifact store: there is no {tmp_path / 'elsewhere' / 'tmp'} there" in told


def test_another_folder_of_the_same_name_is_told_from_the_drivers(posting, task, tmp_path):
    told = problem(attrs.evolve(posting, marks={"folder": str(tmp_path / "mark")}), task)
    assert f"{tmp_path} is another folder there" in told and "file system that all nodes share" in told


def test_other_packages_are_named_with_both_versions(posting, task):
    told = problem(attrs.evolve(posting, distributions={"attrs": "1.2", "no-such-thing": "3.4"}), task)
    assert f"attrs ({attrs.__version__}, 1.2 here)" in told and "no-such-thing (none, 3.4 here)" in told


def test_another_python_is_named(posting, task):
    assert "and the run was started by Python 3.4" in problem(attrs.evolve(posting, python=(3, 4)), task)


def test_a_stale_file_on_the_node_is_not_used(posting, task, tmp_path):
    copies = tmp_path / "run" / "code"
    copies.mkdir(parents=True)
    (copies / "stationed.py").write_text(MODULE.replace("2 * n", "3 * n"))
    file = tmp_path / "project" / "stationed.py"
    code = {str(file): digest_of(copies / "stationed.py")}
    assert perform(attrs.evolve(posting, code=code), task).outcome.outputs["output"].inline == b"12"


def test_a_task_that_cannot_be_read_is_answered(posting):
    answer = pickle.loads(perform_posted(pickle.dumps(posting), b"broken"))
    assert isinstance(answer.outcome, Unreadable)
