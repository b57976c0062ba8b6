"""Files of a web server: with and without ETags and ranges, over connections that break."""

from __future__ import annotations

import threading

import pytest

from penstock import DataPath, copy_files, materialise
from penstock.runtime.datastores import identity
from penstock.runtime.datastores.places import look, place_of_url
from penstock.runtime.errors import DataNotFound, DatastoreError, TransferFailed

DATA = bytes(range(256)) * 12_000


@pytest.fixture
def served(web):
    """The path of a file on a web server."""
    web.files["/data/news.bin"] = DATA
    return DataPath.from_url(f"{web.url}/data/news.bin")


def gets(web):
    return [headers for method, _, headers in web.requests if method == "GET"]


def test_a_file_is_fetched_once(web, served, workspace):
    path = materialise(served, workspace.datastores)
    assert (path.name, path.read_bytes(), path.stat().st_mode & 0o222) == ("news.bin", DATA, 0)
    assert materialise(served, workspace.datastores) == path
    assert len(gets(web)) == 1


def test_another_etag_is_another_version(web, served, workspace):
    before = materialise(served, workspace.datastores)
    web.files["/data/news.bin"], web.headers = b"new", {"ETag": '"v2"'}
    assert materialise(served, workspace.datastores).read_bytes() == b"new"
    assert before.read_bytes() == DATA


def test_without_an_etag_size_and_time_tell_versions(web, served, workspace):
    web.headers = {"Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
    for _ in range(2):
        materialise(served, workspace.datastores)
    assert len(gets(web)) == 1
    web.headers = {"Last-Modified": "Sun, 22 Nov 2026 10:00:01 GMT"}
    materialise(served, workspace.datastores)
    assert len(gets(web)) == 2


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"v1"'}])
def test_without_anything_that_tells_versions_it_is_fetched_each_time(web, served, workspace, headers):
    web.headers = headers
    for data in (b"1", b"2"):
        web.files["/data/news.bin"] = data
        assert materialise(served, workspace.datastores).read_bytes() == data


@pytest.mark.parametrize(
    ("drops", "resumed"),
    [
        ([0], []),
        ([5], []),
        ([1 << 20], [1 << 20]),
        ([5, 100_000, 700_000], [1 << 16, 11 << 16]),
        ([len(DATA) - 1], [(len(DATA) - 1) >> 16 << 16]),
    ],
)
def test_a_broken_connection_is_taken_up_where_it_broke(web, served, workspace, drops, resumed):
    web.drops = list(drops)
    assert materialise(served, workspace.datastores).read_bytes() == DATA
    ranges = [headers for headers in gets(web) if "Range" in headers]
    assert [headers["Range"] for headers in ranges] == [f"bytes={start}-" for start in resumed]
    assert {headers["If-Range"] for headers in ranges} <= {'"v1"'}
    assert len(gets(web)) == len(drops) + 1


def test_without_ranges_what_came_before_is_thrown_away(web, served, workspace):
    web.ranges, web.drops = False, [500_000, 1_500_000]
    assert materialise(served, workspace.datastores).read_bytes() == DATA


def test_a_server_that_breaks_off_all_the_time_is_given_up_and_nothing_is_kept(web, served, workspace):
    web.drops = [0] * 100
    with pytest.raises(TransferFailed, match="news.bin"):
        materialise(served, workspace.datastores)
    assert not list((workspace.folder / "cache").glob("data/index/*"))
    web.drops = []
    assert materialise(served, workspace.datastores).read_bytes() == DATA


def test_what_was_fetched_before_giving_up_is_not_fetched_again(web, served, workspace):
    web.drops = [1 << 20, *[0] * 5]
    with pytest.raises(TransferFailed):
        materialise(served, workspace.datastores)
    web.drops, web.requests[:] = [], []
    assert materialise(served, workspace.datastores).read_bytes() == DATA
    assert [headers["Range"] for headers in gets(web)] == ["bytes=1048576-"]


def test_a_file_that_is_replaced_in_the_middle_is_fetched_whole(web, served, workspace):
    web.drops = [1_000_000]
    replaced = threading.Event()

    def send(handler, data):
        original(handler, data)
        if not replaced.is_set():
            replaced.set()
            web.files["/data/news.bin"], web.headers = DATA[::-1], {"ETag": '"v2"'}

    original = web.RequestHandlerClass.send
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web.RequestHandlerClass, "send", send)
        assert materialise(served, workspace.datastores).read_bytes() == DATA[::-1]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_that_is_busy_for_a_moment_is_asked_again(web, served, workspace, status):
    web.statuses = [status, status]
    assert materialise(served, workspace.datastores).read_bytes() == DATA


def test_a_server_that_does_not_answer_is_told_of(web, workspace):
    web.server_close()
    with pytest.raises(TransferFailed, match="127.0.0.1"):
        materialise(DataPath.from_url(f"{web.url}/x"), workspace.datastores)


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses access .HTTP 401.; register"), (403, "403"), (400, "HTTP 400")]
)
def test_a_refusal_is_told_and_not_tried_again(web, served, workspace, status, words):
    web.statuses = [status] * 20
    with pytest.raises(DatastoreError, match=words):
        materialise(served, workspace.datastores)
    assert len(web.requests) <= 2


def test_a_file_that_is_not_there_is_not_found(web, workspace):
    with pytest.raises(DataNotFound, match="/nothing"):
        materialise(DataPath.from_url(f"{web.url}/nothing"), workspace.datastores)


def test_a_server_that_knows_no_head_is_asked_otherwise(web, served, workspace):
    web.heads = False
    assert materialise(served, workspace.datastores).read_bytes() == DATA


def test_an_etag_identifies_a_file_at_its_place_without_fetching_it(web, served, workspace):
    web.files["/data/other"] = DATA
    one, other = (
        identity(DataPath.from_url(f"{web.url}/data/{name}"), workspace.datastores) for name in ("news.bin", "other")
    )
    assert one.startswith("etag:") and one != other and not gets(web)
    assert identity(served, workspace.datastores) == one
    web.headers = {"ETag": '"v2"'}
    assert identity(served, workspace.datastores) != one


def test_without_an_etag_the_contents_identify_a_file(web, served, workspace, tmp_path):
    web.headers = {}
    (tmp_path / "here").write_bytes(DATA)
    here = DataPath.from_url((tmp_path / "here").as_uri())
    assert identity(served, workspace.datastores) == identity(here, workspace.datastores)
    web.files["/data/news.bin"] = b"new"
    assert identity(served, workspace.datastores) != identity(here, workspace.datastores)


def test_a_web_server_takes_a_token_headers_and_a_query_from_the_environment(web, workspace, monkeypatch):
    monkeypatch.setenv("A_SECRET", "hunter2")
    web.files["/data/a%20b?sig=hunter2"] = b"x"
    secret = {"env": "A_SECRET"}
    monkeypatch.setenv("A_QUERY", "?sig=hunter2")
    store = workspace.register_datastore(
        "web", f"{web.url}/data", token=secret, headers={"X-Key": secret}, query={"env": "A_QUERY"}
    )
    assert materialise(store.path("a b"), workspace.datastores).read_bytes() == b"x"
    assert {(one["Authorization"], one["X-Key"]) for _, _, one in web.requests} == {("Bearer hunter2", "hunter2")}
    kept = "".join(path.read_text() for path in workspace.folder.rglob("*.json"))
    assert "hunter2" not in kept + repr(store) + repr(store.place("a b"))


def test_errors_of_a_web_server_show_no_secret(web, workspace, monkeypatch):
    monkeypatch.setenv("A_QUERY", "sig=hunter2hunter2")
    store = workspace.register_datastore("web", web.url, query={"env": "A_QUERY"})
    web.server_close()
    with pytest.raises(TransferFailed) as caught:
        store.list("x")
    assert "hunter2" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"


def test_a_web_server_is_only_read(web, served, workspace, files):
    store = workspace.register_datastore("web", web.url)
    for act in (lambda: store.upload(files), lambda: store.delete("data/news.bin")):
        with pytest.raises(DatastoreError, match="can only be read"):
            act()
    with pytest.raises(DatastoreError, match="takes token, headers, query, timeout"):
        workspace.register_datastore("web2", web.url, colour=3).list("x")


def test_a_file_is_copied_from_the_web_into_a_store(web, served, workspace, memory):
    web.drops = [1000]
    done = copy_files(served, memory.path("news.bin"), workspace.datastores)
    assert (done.copied, done.size) == (1, len(DATA))
    assert materialise(memory.path("news.bin"), workspace.datastores).read_bytes() == DATA


def test_a_name_that_leads_elsewhere_is_refused(web, workspace):
    web.files["/a/.."] = b"x"
    with pytest.raises(DatastoreError, match="cannot be a file on this machine"):
        materialise(DataPath.from_url(f"{web.url}/a/%2E%2E"), workspace.datastores)


def test_an_encoded_answer_is_decoded_and_its_length_not_believed(web, workspace):
    import gzip

    web.files["/x"], web.headers = gzip.compress(b"some text"), {"ETag": '"v1"', "Content-Encoding": "gzip"}
    path = DataPath.from_url(f"{web.url}/x")
    assert look(place_of_url(str(path), "x")).size is None
    assert materialise(path, workspace.datastores).read_bytes() == b"some text"
