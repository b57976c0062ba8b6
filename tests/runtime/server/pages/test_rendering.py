"""Pages and what they load come small, and whole."""

from __future__ import annotations

import re

import pytest
from penstock import Local, Workspace, pipeline, step
from penstock.runtime.server import Settings, create_app
from starlette.testclient import TestClient


@step
def once(number: int, rate: float) -> float:
    return number * rate


@pipeline
def trained(number: int, rate: float = 0.25) -> float:
    return once(number, rate)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("many"))
    runner = Local(workspace=workspace, executor="inline", tags={"team": "fares", "why": "to fill a page"})
    for number in range(52):
        runner.run(trained, number=number)
    app = create_app(workspace, settings=Settings(local_readers=True, read_only=True, slots=0))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


def sent(client, path, coding):
    with client.stream("GET", path, headers={"Accept-Encoding": coding}) as answer:
        return answer.headers, b"".join(answer.iter_raw())


def test_a_full_page_with_all_that_it_loads_is_less_than_a_hundred_kilobytes_in_five_requests(reader):
    page = reader.get("/runs").text
    loads = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert page.count("row-link") == 50
    assert len(loads) <= 4
    assert sum(len(sent(reader, path, "gzip")[1]) for path in ("/runs", *loads)) < 60_000


@pytest.mark.parametrize("path", ["/runs", "/static/penstock.js", "/static/penstock.css"])
def test_what_is_sent_compressed_is_what_is_sent_plain(reader, path):
    headers, _ = sent(reader, path, "gzip")
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in sent(reader, path, "identity")[0]
    ages = re.compile(r"data-now=\S+|>[^<]*ago<")
    plain, small = (reader.get(path, headers={"Accept-Encoding": coding}).text for coding in ("identity", "gzip"))
    assert ages.sub("", plain) == ages.sub("", small)


def test_a_list_of_many_runs_goes_on_on_another_page(reader):
    older = re.search(r'href="(/runs\?[^"]*before=[^"]+)" rel="next"', reader.get("/runs").text)[1]
    page = reader.get(older).text
    assert page.count("row-link") == 2
    assert "← Newest" in page
