"""What callers send to start runs: checked before anything is written down."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from penstock.runtime.bundles import read_archive
from penstock.runtime.bundles.archives import write_archive
from penstock.runtime.endpoints import Registry


def post(client, body, endpoint="fit", **how):
    return client.post(f"/api/v1/endpoints/{endpoint}/runs", json=body, **how)


def fields(answer) -> set[str]:
    return {one["field"] for one in answer.json().get("errors", [])}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"parameters": {"lr": "fast"}}, {"parameters.lr"}),
        ({"parameters": {"lr": None, "typo": 1}}, {"parameters.lr", "parameters.typo"}),
        ({"parameters": {"epochs": 1.5}}, {"parameters.epochs"}),
        ({"parameters": [1]}, {"parameters"}),
        ({"paramters": {}}, {"body"}),
        ({"tags": {"a": 1}}, {"tags[...]"}),
        ({"priority": 5000}, {"priority"}),
        ({"timeout": 0}, {"timeout"}),
        ({"idempotency_key": ""}, {"idempotency_key"}),
        ([], {"body"}),
    ],
)
def test_wrong_input_is_refused_and_the_field_is_named(client, published, body, wrong):
    answer = post(client, body)
    assert (answer.status_code, fields(answer)) == (422, wrong)
    assert client.get("/api/v1/runs").json()["runs"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"parameters": {"lr": NaN}}', b'{"a":1}x'])
def test_what_is_no_json_is_refused(client, body):
    answer = client.post("/api/v1/endpoints/fit/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert "Traceback" not in answer.text


def test_other_media_and_big_bodies_are_refused(client):
    assert (
        client.post("/api/v1/endpoints/fit/runs", content=b"a=1", headers={"Content-Type": "text/plain"}).status_code
        == 415
    )
    assert post(client, {"experiment": "x" * 2_000_000}).status_code == 413
    chunks = (b"x" * 65_536 for _ in range(32))
    assert (
        client.post(
            "/api/v1/endpoints/fit/runs", content=chunks, headers={"Content-Type": "application/json"}
        ).status_code
        == 413
    )


def test_a_repetition_with_the_same_key_is_the_same_run(client):
    first, again = (post(client, {"parameters": {"lr": 1}}, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert post(client, {"parameters": {"lr": 2}}, headers={"Idempotency-Key": "k"}).status_code == 409


def test_a_run_that_waits_is_listed_shown_and_cancelled(client):
    run = post(client, {"experiment": "mine", "tags": {"a": "b"}}).json()["id"]
    assert [one["id"] for one in client.get("/api/v1/runs?endpoint=fit&state=pending").json()["runs"]] == [run]
    assert [one["id"] for one in client.get("/api/v1/runs?experiment=mine").json()["runs"]] == [run]
    shown = client.get(f"/api/v1/runs/{run}").json()
    assert (shown["state"], shown["experiment"], shown["tags"], shown["steps"]) == ("pending", "mine", {"a": "b"}, [])
    assert client.post(f"/api/v1/runs/{run}/cancel").json()["state"] == "cancelled"
    assert client.get(f"/api/v1/runs/{run}/logs").text == ""


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "data.csv", "file:///etc/passwd", "http://169.254.169.254/", "datastore://nowhere/a.csv",
             "datastore://workspace/../../etc", "upload://" + "0" * 32 + "/a", "upload://../x", "memory://a/b", ""],
)  # fmt: skip
def test_no_path_leads_to_the_servers_own_files(client, path):
    answer = post(client, {"parameters": {"day": "2026-11-22", "file": path}}, "typed")
    assert (answer.status_code, fields(answer)) == (422, {"parameters.file"})


@pytest.mark.parametrize(
    "path",
    ["file:///etc/passwd", "http://169.254.169.254/", "a.csv", "datastore://nowhere/a", "upload://" + "0" * 32 + "/a"],
)
def test_where_data_lies_is_checked_like_a_file(client, path):
    answer = post(client, {"parameters": {"place": path}}, "placed")
    assert (answer.status_code, fields(answer)) == (422, {"parameters.place"})
    assert post(client, {"parameters": {"place": "datastore://workspace/a"}}, "placed").status_code == 201


def test_a_path_in_a_datastore_and_an_upload_are_taken(client):
    sent = client.post(
        "/api/v1/uploads?name=a.csv", content=b"1,2", headers={"Content-Type": "application/octet-stream"}
    )
    for path in (sent.json()["path"], "datastore://workspace/a.csv"):
        assert post(client, {"parameters": {"day": "2026-11-22", "file": path}}, "typed").status_code == 201


@pytest.mark.parametrize("name", ["../../x.csv", "a/b/../c.csv", "C:\\x.csv", "é.csv", "x" * 5000])
def test_an_upload_keeps_only_a_harmless_name(client, published, name):
    answer = client.post(
        "/api/v1/uploads", params={"name": name}, content=b"1", headers={"Content-Type": "application/octet-stream"}
    )
    folder, _, file = answer.json()["path"].removeprefix("upload://").partition("/")
    assert (published.folder / "uploads" / folder / file).read_bytes() == b"1"


def test_a_form_brings_a_file(client):
    data = {"request": json.dumps({"parameters": {"day": "2026-11-22"}})}
    answer = client.post("/api/v1/endpoints/typed/runs", data=data, files={"file": ("a.csv", b"1")})
    assert answer.status_code == 201, answer.text
    assert "upload://" in client.get(f"/api/v1/runs/{answer.json()['id']}").json()["parameters"]["file"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"ParameterAssignments": {"lr": "fast"}}, {"parameters.lr"}),
        ({"ParameterAssignments": "x"}, {"ParameterAssignments"}),
        ({"DataPathAssignments": {"file": {"RelativePath": "a"}}}, {"DataPathAssignments[...]"}),
    ],
)
def test_the_first_sdks_body_is_checked_too(client, body, wrong):
    answer = client.post("/api/v1/endpoints/fit", json=body)
    assert (answer.status_code, fields(answer)) == (422, wrong)


def test_a_disabled_endpoint_and_version_refuse_calls(client):
    client.patch("/api/v1/endpoints/fit", json={"enabled": False})
    assert post(client, {}).status_code == 409
    client.patch("/api/v1/endpoints/fit", json={"enabled": True})
    assert post(client, {}).status_code == 201
    client.patch("/api/v1/endpoints/fit/versions/1", json={"enabled": False})
    assert client.post("/api/v1/endpoints/fit/versions/1/runs", json={}).status_code == 409


def test_a_bundle_is_published_renamed_chosen_and_deleted(client, packed):
    def publish():
        return client.post(
            "/api/v1/endpoints/other/versions", content=packed["fit"].data, headers={"Content-Type": "application/zip"}
        )

    assert (publish().json()["new"], publish().json()["new"]) == (True, False)
    assert client.patch("/api/v1/endpoints/other", json={"name": "new", "default_version": "1"}).json()["name"] == "new"
    assert client.get("/api/v1/endpoints/new").json()["default"] == "1"
    assert client.delete("/api/v1/endpoints/new").status_code == 204
    assert client.get("/api/v1/endpoints/new").status_code == 404


def test_a_bundle_that_lies_about_itself_is_refused_and_told_why(client, packed):
    contents, files = read_archive(packed["fit"].data)
    data = write_archive(evolve(contents, content=packed["typed"].content), files)
    answer = client.post("/api/v1/endpoints/bad/versions", content=data, headers={"Content-Type": "application/zip"})
    assert (answer.status_code, client.get("/api/v1/endpoints/bad").status_code) == (422, 404)
    assert f"from its graph follows '{packed['fit'].content}'" in answer.json()["detail"]


def test_a_bundle_is_read_once_for_all_views_of_its_endpoint(client, monkeypatch):
    read = []
    monkeypatch.setattr(Registry, "bundle", lambda *args, known=Registry.bundle: read.append(args) or known(*args))
    for address in ("/endpoints/fit", "/api/v1/endpoints/fit", "/endpoints/fit", "/api/v1/endpoints/fit/openapi.json"):
        assert client.get(address).status_code == 200
    assert post(client, {}).status_code == 201
    assert len(read) == 1


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"x" * 1000])
def test_what_is_no_bundle_is_refused(client, data):
    answer = client.post("/api/v1/endpoints/bad/versions", content=data, headers={"Content-Type": "application/zip"})
    assert answer.status_code == 422
    assert client.get("/api/v1/endpoints/bad").status_code == 404


def test_the_documents_name_each_parameter(client):
    document = client.get("/api/v1/openapi.json").json()
    schema = document["components"]["schemas"]["Run_typed"]["properties"]["parameters"]
    assert schema["required"] == ["day"]
    assert schema["properties"]["colour"]["enum"] == ["RED", "BLUE"]
    assert schema["properties"]["colour"]["default"] == "RED"
    assert "/api/v1/endpoints/typed/runs" in client.get("/api/v1/endpoints/typed/openapi.json").json()["paths"]


def test_the_page_to_try_it_on_comes_from_here_alone(client):
    page = client.get("/api/v1/docs").text
    assert "://" not in page
    for file in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert client.get(f"/api/v1/docs/{file}").status_code == 200
    assert client.get("/api/v1/docs/..%2Fcore.py").status_code == 404


def test_who_watches_a_run_that_never_begins_is_told_that_it_was_cancelled(client):
    run = post(client, {}).json()["id"]
    client.post(f"/api/v1/runs/{run}/cancel")
    text = client.get(f"/api/v1/runs/{run}/events").text
    assert '"state":"cancelled"' in text
    assert text.rstrip().endswith("data: {}")


def test_the_runs_of_an_endpoint_come_page_by_page_also_where_few_pass_a_filter(client):
    runs = [post(client, {"experiment": "odd" if number % 2 else "even"}).json()["id"] for number in range(5)]
    for query, expected in (("", runs[::-1]), ("&experiment=odd", [runs[3], runs[1]])):
        found, before = [], ""
        while before is not None:
            page = client.get(f"/api/v1/runs?endpoint=fit&limit=2{query}{before and f'&before={before}'}").json()
            found += [one["id"] for one in page["runs"]]
            before = page["next"]
        assert found == expected
    for wrong in ("nope", post(client, {"parameters": {"day": "2026-11-22"}}, "typed").json()["id"]):
        assert client.get(f"/api/v1/runs?endpoint=fit&before={wrong}").status_code == 404


def test_a_body_of_the_first_sdk_is_read_whatever_its_capitals(client):
    body = {"experimentName": "old", "parameterassignments": {"epochs": "4"}, "Tags": {"a": 1}}
    run = client.get(f"/api/v1/runs/{client.post('/api/v1/endpoints/fit', json=body).json()['Id']}").json()
    assert (run["experiment"], run["parameters"]["epochs"], run["tags"]["a"]) == ("old", "4", "1")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"DataSetDefinitionValueAssignments": {"lr": {"SavedDataSetReference": {"Id": "x"}}}}, {"parameters.lr"}),
        ({"ParameterAssignments": {}, "parameterAssignments": {"lr": "1"}}, {"ParameterAssignments"}),
        ({"tags": {"a": "x" * 1001}}, {"tags[...]"}),
        ({"tags": {"a": "\0"}}, {"tags[...]"}),
        ({"DataPathAssignments": {"lr": {"datastorename": 1}}}, {"DataPathAssignments[...].DataStoreName"}),
    ],
)
def test_what_a_body_of_the_first_sdk_would_lose_is_refused(client, body, wrong):
    answer = client.post("/api/v1/endpoints/fit", json=body)
    assert (answer.status_code, fields(answer)) == (422, wrong)
    assert client.get("/api/v1/runs").json()["runs"] == []


def test_a_refusal_is_not_many_times_as_long_as_the_request(client):
    answer = post(client, {"parameters": {str(number): 1 for number in range(5000)}})
    assert (answer.status_code, len(fields(answer))) == (422, 100)
