"""A server that really listens, with its processes: runs from request to result, limits, crashes, restarts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from click.testing import CliRunner
from penstock import Client, EndpointError
from penstock.runtime.cli import main
from penstock.runtime.endpoints import Queue
from penstock.runtime.errors import RunNotFound
from penstock.runtime.server.hosts.orders import Order, read_report, written
from penstock.runtime.states import State


def until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(client, endpoint: str, **parameters) -> str:
    answer = client.post(f"endpoints/{endpoint}/runs", json={"parameters": parameters})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def hosts_of(server) -> list[psutil.Process]:
    return [one for one in psutil.Process(server.process.pid).children() if "hosts.child" in " ".join(one.cmdline())]


def test_the_first_start_prints_a_token_that_works_and_the_second_none(serve):
    server = serve()
    token = server.said[0].split()[-1]
    assert server.client(token).get("tokens").status_code == 200
    assert server.stop() in (0, -signal.SIGTERM)
    assert len(serve().said) == 1


def test_a_run_goes_from_request_to_result(serve, token, ended):
    with serve().client(token("run")) as client:
        run = start(client, "fit", lr=2, epochs=2)
        found = ended(client, run)
        assert (found["state"], found["endpoint"], found["parameters"]["lr"]) == ("completed", "fit", "2.0")
        assert client.get(f"runs/{run}/outputs").json()["steps"]["describe"]["output"]["value"] == {"score": 4.0}
        assert client.get(f"runs/{run}/logs?step=train").text == "epoch 0\nepoch 1\n"


def test_values_become_what_the_parameters_are_and_a_file_can_be_sent(serve, token, ended):
    with serve().client(token("run")) as client:
        request = '{"parameters": {"day": "2026-11-22", "colour": "BLUE", "pair": [2, "b"]}}'
        answer = client.post(
            "endpoints/typed/runs", data={"request": request}, files={"file": ("../../a b.txt", b"sent")}
        )
        assert answer.status_code == 201, answer.text
        run = ended(client, answer.json()["id"])
        assert run["state"] == "completed", run
        made = client.get(f"runs/{run['id']}/outputs").json()["steps"]["told"]["output"]["value"]
    assert made == {
        "colour": "<Colour.BLUE: 2>",
        "day": "datetime.date(2026, 11, 22)",
        "pair": "(2, 'b')",
        "file": "sent",
    }


def test_callers_of_the_first_sdk_are_understood(serve, token, ended):
    with serve().client(token("run")) as client:
        body = {
            "ExperimentName": "old",
            "ParameterAssignments": {"lr": "0.5", "epochs": "4"},
            "RunSource": "SDK",
            "tags": {"a": "b"},
        }
        answer = client.post("endpoints/fit", json=body)
        found = ended(client, answer.json()["Id"])
    assert (found["experiment"], found["tags"]["a"], found["parameters"]) == ("old", "b", {"lr": "0.5", "epochs": "4"})


def test_a_run_is_cancelled_where_it_waits_and_where_it_runs(serve, token, ended, tmp_path):
    with serve("--slots", "1").client(token("run")) as client:
        running, waiting = (start(client, "signal", marker=str(tmp_path / name)) for name in "ab")
        until((tmp_path / "a").exists)
        assert client.post(f"runs/{waiting}/cancel").json()["state"] == "cancelled"
        client.post(f"runs/{running}/cancel")
        assert ended(client, running)["state"] == "cancelled"
    assert not (tmp_path / "b").exists()


def test_limits_hold_in_all_and_for_one_endpoint(serve, token, ended, tmp_path):
    with serve("--slots", "2", "--per-endpoint", "1").client(token("run")) as client:
        first, second = (start(client, "signal", marker=str(tmp_path / name)) for name in "ab")
        until((tmp_path / "a").exists)
        assert ended(client, start(client, "fit"))["state"] == "completed"
        assert not (tmp_path / "b").exists()
        (tmp_path / "a").unlink()
        until((tmp_path / "b").exists)
        (tmp_path / "b").unlink()
        assert [ended(client, run)["state"] for run in (first, second)] == ["completed"] * 2


def test_a_run_that_takes_too_long_is_stopped_and_says_so(serve, token, ended, tmp_path):
    with serve().client(token("run")) as client:
        body = {"parameters": {"marker": str(tmp_path / "a")}, "timeout": 0.5}
        found = ended(client, client.post("endpoints/signal/runs", json=body).json()["id"])
    assert (found["state"], found["problem"]) == ("cancelled", "it took longer than its time-out of 0.5 s")


def test_a_run_whose_host_is_killed_is_taken_up_again_and_who_watches_sees_its_end(serve, token, ended, tmp_path):
    server, marker = serve("--slots", "1"), tmp_path / "a"
    with server.client(token("run")) as client, ThreadPoolExecutor(1) as pool:
        run = start(client, "signal", marker=str(marker))
        until(marker.exists)
        watched = pool.submit(lambda: client.get(f"runs/{run}/events").text)
        marker.unlink()
        marker.mkdir()  # whatever of the old process may be left must not take it for its own
        for host in hosts_of(server):
            os.kill(host.pid, signal.SIGKILL)
        marker.rmdir()
        until(marker.exists)
        marker.unlink()
        assert ended(client, run)["state"] == "completed"
        last = [line for line in watched.result(20).splitlines() if line.startswith('data: {"id"')][-1]
    assert '"state":"completed"' in last


def test_a_run_of_a_killed_server_goes_on_and_the_next_one_knows(serve, token, ended, tmp_path):
    server = serve("--slots", "1")
    run = start(server.client(token("run")), "signal", marker=str(tmp_path / "a"))
    until((tmp_path / "a").exists)
    server.stop(signal.SIGKILL)
    with serve("--slots", "1").client(token("run")) as client:
        assert client.get(f"runs/{run}").json()["state"] == "running"
        (tmp_path / "a").unlink()
        assert ended(client, run)["state"] == "completed"


def test_a_run_of_a_killed_server_is_cancelled_through_the_next_one(serve, token, ended, tmp_path):
    server = serve("--slots", "1")
    run = start(server.client(token("run")), "signal", marker=str(tmp_path / "a"))
    until((tmp_path / "a").exists)
    server.stop(signal.SIGKILL)
    with serve("--slots", "1").client(token("run")) as client:
        until(lambda: client.get(f"runs/{run}").json()["state"] == "running")
        assert client.post(f"runs/{run}/cancel").status_code == 202
        found = ended(client, run)
    assert (found["state"], found["problem"]) == ("cancelled", "somebody cancelled the run")
    assert (tmp_path / "a").exists()


def test_a_time_out_holds_for_a_run_of_a_killed_server_too(serve, token, ended, tmp_path):
    server = serve("--slots", "1")
    body = {"parameters": {"marker": str(tmp_path / "a"), "seconds": 60}, "timeout": 2}
    run = server.client(token("run")).post("endpoints/signal/runs", json=body).json()["id"]
    until((tmp_path / "a").exists)
    server.stop(signal.SIGKILL)
    with serve("--slots", "1").client(token("run")) as client:
        assert ended(client, run)["state"] == "cancelled"


@pytest.mark.parametrize("how", ["penstock stop", "penstock stop without a server", "SIGTERM"])
def test_what_a_person_stopped_is_not_begun_again(serve, token, workspace, tmp_path, how):
    server, history, marker = serve("--slots", "1"), workspace.history, tmp_path / "a"
    run = start(server.client(token("run")), "signal", marker=str(marker), seconds=60)
    until(marker.exists)
    if how == "SIGTERM":
        os.kill(history.driver(run).pid, signal.SIGTERM)
    else:
        if "without" in how:
            server.stop(signal.SIGKILL)
        found = CliRunner().invoke(main, ["stop", run, "--workspace", str(workspace.root)])
        assert "was cancelled (somebody cancelled the run)" in found.output
    until(lambda: history.run(run).state is State.CANCELLED)
    marker.unlink()
    serve("--slots", "1")
    until(lambda: Queue(workspace.database).get(run).state == "ended")
    assert (history.run(run).state, marker.exists()) == (State.CANCELLED, False)


def test_whoever_signals_all_processes_stops_the_server_and_not_its_runs(serve, token, ended, workspace, tmp_path):
    server, marker = serve("--slots", "1"), tmp_path / "a"
    run = start(server.client(token("run")), "signal", marker=str(marker), seconds=60)
    until(marker.exists)
    os.kill(server.process.pid, signal.SIGTERM)
    os.kill(workspace.history.driver(run).pid, signal.SIGTERM)
    server.stop()
    assert Queue(workspace.database).get(run).state == "queued"
    marker.unlink()
    with serve("--slots", "1").client(token("run")) as client:
        until(marker.exists)
        marker.unlink()
        assert ended(client, run)["state"] == "completed"


def test_a_server_that_is_stopped_leaves_no_process_and_waits_for_short_runs(serve, token, workspace):
    server = serve()
    run = start(server.client(token("run")), "fit")
    below = psutil.Process(server.process.pid).children(recursive=True)
    server.stop()
    assert workspace.history.run(run).state == "completed"
    assert psutil.wait_procs(below, 10)[1] == []


@pytest.mark.parametrize("option", [["--entra-tenant", "x"], ["--slots", "-1"], ["--port", "70000"]])
def test_wrong_options_are_refused(option, published):
    result = CliRunner().invoke(main, ["serve", "--workspace", str(published.root), *option])
    assert result.exit_code == 2


def test_a_bundle_is_sent_to_a_server_and_called_from_python(serve, token, packed):
    url = serve().url
    endpoint = Client(url, token("publish", "run")).publish_packed(packed["fit"], "sent")
    assert endpoint.run(lr=2, epochs=1).state == "completed"
    with pytest.raises(EndpointError, match="lr expected a number"):
        endpoint.run(lr="fast")
    with pytest.raises(EndpointError, match="403"):
        Client(url, token("run")).publish_packed(packed["fit"], "sent")


def test_what_a_killed_server_had_taken_and_not_begun_is_begun_by_the_next_one_at_once(serve, token, ended, published):
    client = serve("--slots", "0").client(token("run"))
    run = start(client, "fit")
    code = (
        "import sys; from penstock import Workspace; from penstock.runtime.endpoints import Queue; from penstock.runtime.endpoints.owners import new_owner;"
        "print(Queue(Workspace(sys.argv[1]).database).take(new_owner()).id, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(published.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline().strip() == run
        os.kill(other.pid, signal.SIGKILL)
    began = time.monotonic()
    assert ended(serve("--slots", "1").client(token("run")), run)["state"] == "completed"
    assert time.monotonic() - began < 20  # the lease is 30 seconds


def test_a_host_whose_server_is_gone_begins_nothing_that_the_next_server_will_begin(published, packed):
    run = published.new_run()
    order = written(Order("run", run, packed["fit"].digest, {"lr": 1.0, "epochs": 1}))
    command = [sys.executable, "-m", "penstock.runtime.server.hosts.child", str(published.root)]
    host = subprocess.run(command, input=order, capture_output=True, timeout=60, cwd=published.root, check=True)
    assert [read_report(line).news for line in host.stdout.splitlines()] == ["ready"]
    with pytest.raises(RunNotFound):
        published.history.run(run)
