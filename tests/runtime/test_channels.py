"""How reports get from workers to their driver."""

from __future__ import annotations

import threading
import time
from multiprocessing.connection import Client

from penstock.runtime.channels import Reports, ReportsListener
from penstock.runtime.events import MetricLogged


def metric(number: int, step: str = "s") -> MetricLogged:
    return MetricLogged(step, 0.0, "n", float(number))


def test_reports_arrive_in_order_and_flushing_waits_for_them():
    heard: list[MetricLogged] = []
    listener = ReportsListener(heard.append)
    reports = Reports(listener.address)
    for number in range(100):
        reports.send(metric(number))
    reports.flush()
    listener.close()
    assert heard == [metric(number) for number in range(100)]


def test_several_workers_and_threads_report_at_once():
    heard: list[MetricLogged] = []
    listener = ReportsListener(heard.append)
    workers = [Reports(listener.address) for _ in range(3)]

    def report(worker: Reports, name: str) -> None:
        for number in range(50):
            worker.send(metric(number, name))
        worker.flush()

    threads = [threading.Thread(target=report, args=(workers[i % 3], str(i))) for i in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    listener.close()
    assert all(
        [event for event in heard if event.step == name] == [metric(n, name) for n in range(50)] for name in "012345"
    )


def test_nothing_is_connected_before_the_first_report():
    reports = Reports("/nowhere.sock|00")
    reports.flush()
    assert reports._connection is None


def test_reports_to_a_driver_that_is_gone_are_dropped():
    listener = ReportsListener(lambda event: None)
    connected, late = Reports(listener.address), Reports(listener.address)
    connected.send(metric(1))
    connected.flush()
    listener.close()
    for reports in (connected, late):
        reports.send(metric(2))
    late.flush()


def test_a_stranger_is_turned_away_and_the_others_are_heard():
    heard: list[MetricLogged] = []
    listener = ReportsListener(heard.append)
    stranger = Reports(listener.address.rpartition("|")[0] + "|" + "00" * 16)
    stranger.send(metric(1))
    impatient = Client(listener._listener.address)
    impatient.close()
    reports = Reports(listener.address)
    reports.send(metric(2))
    reports.flush()
    listener.close()
    assert heard == [metric(2)]


def test_closing_ends_the_thread_and_removes_the_socket(tmp_path):
    listener = ReportsListener(lambda event: None)
    started = time.monotonic()
    listener.close()
    assert not listener._thread.is_alive() and time.monotonic() - started < 5


def test_a_long_temporary_folder_is_no_trouble(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    heard: list[MetricLogged] = []
    listener = ReportsListener(heard.append)
    reports = Reports(listener.address)
    reports.send(metric(1))
    reports.flush()
    listener.close()
    assert heard == [metric(1)]
