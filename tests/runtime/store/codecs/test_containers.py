"""Containers keep their files beside them, and their sets in an order that is the same everywhere."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from penstock.runtime.store import LocalStore, decode, encode
from penstock.runtime.store.codecs.containers import CODEC

SCALARS = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text() | some.binary()
Files = namedtuple("Files", "model report")


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "scratch"
    (folder / "out").mkdir(parents=True)
    (folder / "out" / "a.txt").write_text("a")
    (folder / "b.txt").write_text("b")
    return folder


def test_files_in_nested_containers_come_back_as_files(store, files):
    value = {"all": [files / "b.txt", (1, files / "out")], "n": 3}
    back = decode(encode(value, store, scratch=files), store)
    assert back["all"][0].read_text() == "b"
    assert (back["all"][1][1] / "a.txt").read_text() == "a"
    assert (type(back["all"][1]), back["n"], list(files.iterdir())) == (tuple, 3, [])


def test_classes_of_containers_are_kept(store, files):
    value = OrderedDict(files=Files(files / "b.txt", None))
    back = decode(encode(value, store), store)
    assert (type(back), type(back["files"]), back["files"].model.name) == (OrderedDict, Files, "b.txt")


def test_a_file_named_twice_or_inside_a_folder_is_copied_not_moved(store, files):
    back = decode(encode([files / "out", files / "out" / "a.txt", files / "out"], store, scratch=files), store)
    assert (back[0] / "a.txt").read_text() == back[1].read_text() == "a"
    assert back[0] == back[2]
    assert (files / "out" / "a.txt").exists()


def test_equal_files_make_equal_artifacts(store, files, tmp_path):
    first = encode([files / "out"], store)
    (files / "out").rename(files / "other")
    assert encode([files / "other"], store).digest == first.digest


@given(
    some.sets(SCALARS) | some.frozensets(SCALARS) | some.lists(some.sets(SCALARS)) | some.tuples(some.sets(some.text()))
)
def test_sets_come_back(value):
    back = CODEC.unpack({name: memoryview(b"".join(chunks)) for name, chunks in CODEC.pack(value).items()})
    assert (back, type(back)) == (value, type(value))


def test_a_set_known_by_two_names_stays_one(store):
    one = {"a"}
    back = decode(encode([one, one, {"a"}], store), store)
    assert back[0] is back[1]
    assert back[0] is not back[2]


def test_containers_that_contain_themselves_come_back(store):
    value = [{"a"}]
    value.append(value)
    back = decode(encode(value, store), store)
    assert (back[0], back[1] is back) == ({"a"}, True)


@pytest.mark.parametrize("value", [[1], {"a": (1, 2)}, {(1, 2)}, [{frozenset()}], 1, "a", [b"x"]])
def test_other_values_are_left_to_others(value):
    assert not CODEC.matches(value)


def test_paths_inside_objects_of_other_classes_are_values(store):
    assert not CODEC.matches(Exception(Path("/nowhere")))
