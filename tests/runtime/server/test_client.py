"""A server used from Python: as its documentation shows, and when things go wrong."""

from __future__ import annotations

import html
import logging
import re
import signal
import threading
import time
from datetime import date
from enum import Enum

import httpx2
import pytest
from penstock import Client, EndpointError, MissingInput, RunCancelled, RunFailed, State
from penstock.runtime.client import EndpointNotOnServer, RunNotOnServer, ServerRefused, ServerUnreachable


class Colour(Enum):
    RED = 1
    BLUE = 2


@pytest.fixture
def server(serve):
    return serve("--slots", "2")


@pytest.fixture
def penstock_client(server, token) -> Client:
    return Client(server.url, token("admin"))


def test_a_run_is_called_waited_for_and_read(penstock_client):
    run = penstock_client.endpoint("fit").run(lr=2, epochs=2)
    assert (run.status, run.result(), run.steps["train"].result()) == (State.COMPLETED, {"score": 4.0}, 4.0)
    assert (run.metrics, run.steps["train"].metrics) == ({"train": {"loss": 0.5}}, {"loss": 0.5})
    assert run.steps["train"].logs == "epoch 0\nepoch 1\n"
    assert "==> train <==\nepoch 0\nepoch 1\n" in run.logs
    assert run.record.parameters == {"lr": "2.0", "epochs": "2"}
    assert [event.kind for event in run.events()][-1] == "end"
    assert list(run.follow()) == ["train | epoch 0", "train | epoch 1"]


def test_enum_members_dates_tuples_and_local_files_are_sent(penstock_client, tmp_path):
    file = tmp_path / "a b.txt"
    file.write_text("sent")
    run = penstock_client.endpoint("typed").run(day=date(2026, 11, 22), colour=Colour.BLUE, pair=(2, "b"), file=file)
    assert run.steps["told"].result() == {
        "colour": "<Colour.BLUE: 2>",
        "day": "datetime.date(2026, 11, 22)",
        "pair": "(2, 'b')",
        "file": "sent",
    }


def test_wrong_parameters_read_as_they_do_in_a_workspace(penstock_client, published, tmp_path):
    from penstock import Endpoint

    with pytest.raises(MissingInput) as here:
        Endpoint.get("fit", published).run(lr="fast", rate=1)
    with pytest.raises(MissingInput) as there:
        penstock_client.endpoint("fit").run(lr="fast", rate=1)
    assert str(here.value) == str(there.value)
    assert set(there.value.errors) == {"parameters.lr", "parameters.rate"}


def test_nothing_is_sent_for_a_call_that_cannot_be(penstock_client, published, tmp_path):
    endpoint, file = penstock_client.endpoint("typed"), tmp_path / "a.txt"
    file.write_text("1")
    for wrong in (
        {"file": file, "dya": 1},
        {"file": tmp_path / "no"},
        {"file": tmp_path},
        {"day": float("nan")},
        {"day": object()},
    ):
        with pytest.raises(MissingInput):
            endpoint.invoke(**wrong)
    assert not (published.folder / "uploads").exists()


def test_a_run_is_followed_while_it_goes_on_and_cancelled(penstock_client, tmp_path):
    marker = tmp_path / "marker"
    run = penstock_client.endpoint("signal").invoke(marker=str(marker), _how={"tags": {"a": "b"}, "priority": 3})
    with pytest.raises(TimeoutError):
        run.wait(0.3)
    run.cancel()
    with pytest.raises(RunCancelled):
        run.wait(20).check()
    assert run.document["tags"]["a"] == "b"


def test_a_run_that_fails_says_what_went_wrong(penstock_client, tmp_path):
    run = penstock_client.endpoint("signal").invoke(marker=str(tmp_path / "no" / "folder"))
    with pytest.raises(RunFailed, match="No such file"):
        run.result()
    assert run.failures["linger"].kind == "FileNotFoundError"
    with pytest.raises(RunFailed):
        penstock_client.endpoint("signal").run(marker=str(tmp_path / "no" / "folder"))


def test_endpoints_are_looked_after(penstock_client, packed):
    from penstock.runtime.bundles import Packed

    endpoint = penstock_client.publish_packed(
        Packed.received(packed["fit"].data), "other", version="one", description="It fits."
    )
    assert (endpoint.record.description, endpoint.default.version) == ("It fits.", "one")
    assert [parameter.name for parameter in endpoint.parameters()] == ["lr", "epochs"]
    endpoint.disable("one")
    with pytest.raises(EndpointNotOnServer):
        endpoint.default
    endpoint.enable("one")
    endpoint.set_default("one")
    endpoint.disable()
    assert "other" not in [one.name for one in penstock_client.endpoints()]
    assert "other" in [one.name for one in penstock_client.endpoints(disabled=True)]
    endpoint.enable()
    renamed = endpoint.rename("newer")
    assert [one.version for one in renamed.versions] == ["one"]
    renamed.set_default(None)
    renamed.delete("one")
    renamed.delete()
    with pytest.raises(EndpointNotOnServer, match="newer"):
        penstock_client.endpoint("newer")


def test_schedules_are_made_changed_and_deleted(penstock_client):
    fit = penstock_client.endpoint("fit")
    schedule = fit.schedule("nightly", cron="30 6 * * 1-5", _how={"time_zone": "Europe/Berlin"}, lr=0.2)
    assert (schedule.record.rule, schedule.record.parameters) == ({"cron": "30 6 * * 1-5"}, {"lr": 0.2})
    schedule.disable()
    schedule.update(parameters={"lr": 0.3}, missed="once")
    assert (schedule.record.enabled, schedule.record.parameters, schedule.problem) == (False, {"lr": 0.3}, None)
    schedule.enable()
    assert [one.name for one in fit.schedules()] == [one.name for one in penstock_client.schedules()] == ["nightly"]
    with pytest.raises(ServerRefused) as caught:
        fit.schedule("broken", cron="no")
    assert "cron" in caught.value.errors
    schedule.delete()
    assert penstock_client.schedules() == ()


def test_tokens_are_made_and_revoked_and_shown_only_to_who_asks(penstock_client, server):
    made = penstock_client.create_token("ci", ["run"], endpoint="fit", days=1)
    assert made.text.startswith("pst_")
    assert made.text not in repr(made)
    assert made.id in [one.id for one in penstock_client.tokens()]
    confined = Client(server.url, made.text)
    assert [one.name for one in confined.endpoints()] == ["fit"]
    with pytest.raises(ServerRefused, match="403"):
        confined.endpoint("typed")
    penstock_client.revoke_token(made)
    with pytest.raises(ServerRefused, match="401.*PENSTOCK_TOKEN"):
        confined.endpoints()


def test_runs_are_listed_page_by_page(penstock_client):
    fit = penstock_client.endpoint("fit")
    runs = [fit.invoke(lr=number, epochs=0).id for number in range(3)]
    for run in runs:
        penstock_client.run(run).wait(30)
    assert [run.id for run in fit.runs()] == runs[::-1]
    assert {run.id for run in penstock_client.runs(state=State.COMPLETED)} == set(runs)
    with pytest.raises(RunNotOnServer, match="nope"):
        penstock_client.run("nope")


def test_where_runs_are_carried_out_is_chosen_by_name(penstock_client):
    fit = penstock_client.endpoint("fit")
    fit.set_compute("local")
    assert (list(penstock_client.computes()), fit.record.compute) == (["local"], "local")
    assert fit.invoke(_how={"compute": "local"}).document["compute"] == "local"
    with pytest.raises(ServerRefused, match="nowhere") as caught:
        fit.invoke(_how={"compute": "nowhere"})
    assert "compute" in caught.value.errors


def test_a_request_that_is_repeated_starts_one_run(penstock_client):
    fit = penstock_client.endpoint("fit")
    assert fit.invoke(lr=1, _how={"idempotency_key": "k"}).id == fit.invoke(lr=1, _how={"idempotency_key": "k"}).id
    with pytest.raises(ServerRefused, match="409"):
        fit.invoke(lr=2, _how={"idempotency_key": "k"})


def test_the_token_comes_from_the_environment_and_is_never_shown(server, token, monkeypatch, caplog):
    secret = token("read")
    monkeypatch.setenv("PENSTOCK_TOKEN", f" {secret}\n")
    caplog.set_level(logging.DEBUG)
    client = Client(server.url)
    client.endpoints()
    with pytest.raises(ServerRefused) as caught:
        client.endpoint("fit").invoke()
    shown = [
        repr(client),
        repr(client.endpoint("fit")),
        repr(client._connection),
        str(caught.value),
        repr(caught.value),
        caplog.text,
    ]
    assert not [text for text in shown if secret in text]


@pytest.mark.parametrize("wrong", ["pst_a b", "pst_é", "pst_a\nX-Evil: 1", "pst_\0"])
def test_a_token_that_cannot_be_is_refused_without_being_shown(wrong):
    with pytest.raises(EndpointError) as caught:
        Client("http://localhost:1", wrong)
    assert wrong not in str(caught.value)


@pytest.mark.parametrize("url", ["localhost:8075", "ftp://x", "http://", "http://x:port", "", "http://ada:secret@host"])
def test_what_is_no_address_of_a_server_is_refused(url):
    with pytest.raises(EndpointError) as caught:
        Client(url)
    assert "secret" not in str(caught.value)


def test_a_netrc_does_not_take_the_place_of_the_token(server, token, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert Client(server.url, token("read")).endpoints()


def test_a_credential_is_asked_for_the_audience(server):
    from penstock.runtime.azure.credentials import Offline

    with pytest.raises(EndpointError, match="audience"):
        Client(server.url, Offline())
    with pytest.raises(ServerRefused, match="401"):  # the server knows no directory
        Client(server.url, Offline(), audience="api://penstock").endpoints()
    with pytest.raises(EndpointError, match="a int"):
        Client(server.url, 5)


def test_where_nobody_listens_that_is_said(unused_port):
    with pytest.raises(ServerUnreachable, match=f"127.0.0.1:{unused_port} cannot be reached"):
        Client(f"http://127.0.0.1:{unused_port}", "pst_x").endpoints()


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_run_is_watched_over_a_restart_of_the_server(serve, token, tmp_path):
    first, marker = serve("--slots", "1"), tmp_path / "marker"
    port = first.url.rpartition(":")[2]
    run = Client(first.url, token("run")).endpoint("signal").invoke(marker=str(marker))
    while not marker.exists():
        time.sleep(0.01)
    done = []
    watcher = threading.Thread(target=lambda: done.append(run.wait(40).result()))
    watcher.start()
    first.stop(signal.SIGKILL)
    serve("--slots", "1", "--port", port)
    marker.unlink()
    watcher.join(40)
    assert done == ["over"]


@pytest.mark.parametrize(("endpoint", "printed"), [("fit", "{'score': "), ("typed", "{'colour': '<Colour.RED: 1>'")])
def test_the_lines_on_the_page_of_an_endpoint_call_it(server, token, monkeypatch, capsys, endpoint, printed):
    page = httpx2.get(f"{server.url}/endpoints/{endpoint}", cookies=session(server, token("admin"))).text
    (lines,) = re.findall(r"<h3>Python</h3>.*?<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    monkeypatch.setenv("PENSTOCK_TOKEN", token("run"))
    exec(html.unescape(lines), {})
    assert capsys.readouterr().out.startswith(printed)


def session(server, token: str) -> dict[str, str]:
    answer = httpx2.post(f"{server.url}/api/v1/session", json={"token": token})
    return dict(answer.cookies)
