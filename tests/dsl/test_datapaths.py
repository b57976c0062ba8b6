"""Data paths are plain values: they name data, hold no secrets, and are refused where they lead elsewhere."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import DataPath, PenstockError
from penstock.dsl.errors import InvalidDataPath

SEGMENT = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text not in (".", "..")
)


def test_it_is_a_value():
    path = DataPath("blob", "20newsgroups/news.pkl")
    assert (path.datastore, path.path, path.name, path.url) == ("blob", "20newsgroups/news.pkl", "news.pkl", None)
    assert path == DataPath("blob", "20newsgroups//./news.pkl") and len({path, DataPath("blob", path.path)}) == 1
    assert repr(path) == "DataPath('blob', '20newsgroups/news.pkl')"
    assert path != DataPath("blob2", "20newsgroups/news.pkl")


def test_it_cannot_be_changed():
    with pytest.raises(AttributeError):
        DataPath("blob", "a").path = "b"


def test_all_of_a_datastore_has_its_name():
    assert (DataPath("blob").path, DataPath("blob").name, str(DataPath("blob"))) == ("", "blob", "datastore://blob/")


def test_what_lies_below_is_named_with_a_slash():
    assert DataPath("blob") / "a" / "b/c" == DataPath("blob", "a/b/c")
    assert DataPath.from_url("s3://bucket/a") / "b" == DataPath.from_url("s3://bucket/a/b")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host.org/data/a%20b.csv?download=1", "a b.csv"),
        ("https://host.org/", "host.org"),
        ("s3://bucket/key.parquet", "key.parquet"),
        ("abfs://container@account.dfs.core.windows.net/dir", "dir"),
        ("gs://bucket", "bucket"),
        ("file:///tmp/x.csv", "x.csv"),
        ("memory://a/b", "b"),
        ("https://host.org/a%2F..%2Fb", "b"),
    ],
)
def test_a_url_names_data(url, name):
    path = DataPath.from_url(url)
    assert (path.name, path.url, path.datastore) == (name, url.rstrip("/"), "")
    assert eval(repr(path)) == path == pickle.loads(pickle.dumps(path)) == DataPath.from_url(str(path))


@given(st.lists(SEGMENT, max_size=4))
def test_its_text_and_its_pickle_are_read_back(segments):
    path = DataPath("blob", "/".join(segments))
    assert DataPath.from_url(str(path)) == path == pickle.loads(pickle.dumps(path))


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("../x", "lead upward"),
        ("a/../../x", "lead upward"),
        ("/etc", "write 'etc'"),
        ("a\\b", "written with '/'"),
        ("a\0", "'/'"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path, problem):
    with pytest.raises(InvalidDataPath, match=problem):
        DataPath("blob", path)
    with pytest.raises(InvalidDataPath):
        DataPath("blob") / path


@pytest.mark.parametrize("name", ["", "c", "1st", "with space", "a/b", "ä1", "x" * 65, "-a"])
def test_a_name_that_no_datastore_can_have_is_refused(name):
    with pytest.raises(InvalidDataPath, match="2 to 64 letters"):
        DataPath(name, "x")


@pytest.mark.parametrize("text", ["data.csv", "", "C:\\x", "://x", None, 5])
def test_what_is_no_url_is_refused(text):
    with pytest.raises(InvalidDataPath, match="for a file here, pass a Path"):
        DataPath.from_url(text)


@pytest.mark.parametrize("wrong", [None, 5, b"x"])
def test_what_is_no_text_is_refused(wrong):
    with pytest.raises(InvalidDataPath, match="is a text"):
        DataPath("blob", wrong)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@host/x",
        "https://hunter2@host/x",
        "s3://key:hunter2@bucket/x",
        "https://a.blob.core.windows.net/c/x?sv=1&sig=hunter2",
        "https://b.s3.amazonaws.com/x?X-Amz-Signature=hunter2",
        "https://host/x?access_token=hunter2",
        "https://host/x?api-key=hunter2",
    ],
)
def test_a_url_with_a_secret_is_refused_without_showing_it(url):
    with pytest.raises(InvalidDataPath, match="Register a datastore") as caught:
        DataPath.from_url(url)
    assert "hunter2" not in str(caught.value) + repr(caught.value)
    assert isinstance(caught.value, PenstockError)
