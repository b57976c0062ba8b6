"""Hostile and damaged archives: each is refused, with what is wrong, and nothing outside is ever written."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.runtime.bundles import open_bundle
from penstock.runtime.bundles.archives import digest_of, read_archive, write_archive
from penstock.runtime.bundles.contents import CONTENTS, GRAPH, MANIFESTS, PARAMETERS, Contents
from penstock.runtime.errors import BundleError

FILES = {GRAPH: b"{}", PARAMETERS: b"{}", MANIFESTS: b"{}", "code/a.py": b"A = 1\n"}
GOOD = write_archive(Contents("p", "c", "3.11"), FILES)


def archive(
    *entries: tuple[str, bytes], mode: int = stat.S_IFREG | 0o644, compression: int = zipfile.ZIP_STORED
) -> bytes:
    """Return an archive with a document that names whatever entries there are."""
    files = {**FILES, **dict(entries)}
    listed = {name: {"size": len(data), "digest": digest_of(data)} for name, data in files.items()}
    document = {
        "schema": 1,
        "name": "p",
        "content": "c",
        "python": "3.11",
        "distributions": {},
        "values": {},
        "files": listed,
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(CONTENTS, json.dumps(document))
        for name, data in (*FILES.items(), *entries):
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = (mode if (name, data) in entries else 0o644) << 16, compression
            made.writestr(info, data)
    return stream.getvalue()


def test_what_was_written_is_read():
    contents, files = read_archive(GOOD)
    assert (contents.name, files) == ("p", FILES)


def test_a_plain_archive_of_ours_is_read():
    assert read_archive(archive(("code/b.py", b"")))[1]["code/b.py"] == b""


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "code/../../x",
        "/etc/x",
        "code//x",
        "code/./x",
        "C:/x",
        "code\\x",
        "code/x\ny",
        "other/x",
        "code/",
        "code/" + "a" * 1001,
        "code/" + "a" * 256,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(name):
    with pytest.raises(BundleError, match="leads out|no file has|none that a bundle has|no plain file"):
        read_archive(archive((name, b"x")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind):
    with pytest.raises(BundleError, match="is no plain file"):
        read_archive(archive(("code/link", b"/etc/passwd"), mode=kind | 0o777))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["code/a.py", "code/A.PY"])
def test_a_name_that_is_there_twice_is_refused(name):
    with pytest.raises(BundleError, match="is there twice"):
        read_archive(archive((name, b"x")))


def test_a_file_that_is_a_folder_too_is_refused():
    with pytest.raises(BundleError, match="'code/b' is a folder too"):
        read_archive(archive(("code/b", b""), ("code/b/c.py", b"")))


@pytest.mark.parametrize("folder", ["../../etc", "/etc", "values/0", "code"])
def test_a_value_that_lies_elsewhere_is_refused(folder):
    with pytest.raises(BundleError, match="its value .* is not there"):
        read_archive(write_archive(Contents("p", "c", "3.11", values={"k": folder}), FILES))


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"schema": 1}', b"\xff", b"[" * 100_000])
def test_a_graph_that_says_no_parameters_is_told(tmp_path: Path, text):
    bundle = open_bundle(write_archive(Contents("p", "c", "3.11"), {**FILES, GRAPH: text}), tmp_path)
    with pytest.raises(BundleError, match="its graph.json cannot be read"):
        _ = bundle.signature


def test_what_unfolds_is_refused():
    with pytest.raises(BundleError, match="is compressed|larger than the whole archive"):
        read_archive(archive(("code/bomb.py", b"0" * 10_000_000), compression=zipfile.ZIP_DEFLATED))


def test_too_many_files_are_refused(monkeypatch):
    monkeypatch.setattr("penstock.runtime.bundles.archives.MOST_FILES", 4)
    with pytest.raises(BundleError, match="holds 5 files, and at most 4"):
        read_archive(GOOD)


def test_a_changed_file_is_refused():
    with pytest.raises(BundleError, match="damaged|was changed"):
        read_archive(GOOD.replace(b"A = 1", b"A = 2"))


def test_a_file_that_no_document_names_is_refused():
    stream = io.BytesIO(GOOD)
    with zipfile.ZipFile(stream, "a") as made:
        made.writestr("code/hidden.py", "x")
    with pytest.raises(BundleError, match="does not name the file 'code/hidden.py'"):
        read_archive(stream.getvalue())


@pytest.mark.parametrize("missing", [GRAPH, PARAMETERS, MANIFESTS])
def test_a_missing_file_is_named(missing):
    files = {name: data for name, data in FILES.items() if name != missing}
    with pytest.raises(BundleError, match=f"the file '{missing}' is missing"):
        read_archive(write_archive(Contents("p", "c", "3.11"), files))


@pytest.mark.parametrize(
    "document",
    ["", "{", "[]", "null", "{}", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "files": 5}', "[" * 100_000],
)
def test_a_document_that_cannot_be_understood_is_refused(document):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(CONTENTS, document)
    with pytest.raises(BundleError):
        read_archive(stream.getvalue())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data):
    with pytest.raises(BundleError):
        read_archive(data)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_one_changed_byte_gives_the_same_or_an_error(place, byte):
    data = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    try:
        assert read_archive(data)[1] == FILES
    except BundleError:
        pass


@given(st.integers(0, len(GOOD) - 1))
def test_what_was_cut_off_is_refused(length):
    with pytest.raises(BundleError):
        read_archive(GOOD[:length])


def test_a_graph_that_is_none_is_told(tmp_path: Path):
    with pytest.raises(BundleError, match="its graph.json cannot be read"):
        _ = open_bundle(GOOD, tmp_path).graph


def test_nothing_is_laid_out_of_a_hostile_archive(tmp_path: Path):
    with pytest.raises(BundleError):
        open_bundle(archive(("../x", b"x")), tmp_path / "place")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("before", "behind"), [(b"MZ", b""), (b"", b"x" * 100), (b"", b"\0")])
def test_what_stands_around_an_archive_is_refused(before, behind):
    with pytest.raises(BundleError, match="before or behind"):
        read_archive(before + GOOD + behind)
