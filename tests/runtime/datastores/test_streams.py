"""Bytes arrive whole, however often the connection breaks, or not at all."""

from __future__ import annotations

import pytest
from attrs import define, field
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.datastores import faults
from penstock.runtime.datastores.entries import Entry
from penstock.runtime.datastores.streams import Checked, checksum_of, unbroken
from penstock.runtime.errors import DatastoreError, TransferFailed


@define
class Flaky:
    """A store with one file, whose connections break after so many bytes each."""

    data: bytes
    breaks: list[int] = field(factory=list)
    url: str = "flaky://here"

    def read(self, entry, start=0):
        length = self.breaks.pop(0) if self.breaks else None
        rest = self.data[start:] if length is None else self.data[start : start + length]
        yield from (rest[at : at + 3] for at in range(0, len(rest), 3))
        if length is not None:
            raise TransferFailed("flaky://here/x", "the connection broke")


@pytest.fixture(scope="module", autouse=True)
def no_waiting_at_all():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "FIRST_WAIT", 0)
        yield


@given(st.binary(min_size=1, max_size=50), st.lists(st.integers(1, 20), max_size=30))
def test_a_file_is_read_whole_as_long_as_each_connection_brings_something(data, breaks):
    assert b"".join(unbroken(Flaky(data, breaks), Entry("x", len(data)))) == data


@given(st.binary(min_size=1, max_size=50), st.data())
def test_reading_begins_where_it_is_told(data, draw):
    start = draw.draw(st.integers(0, len(data)))
    assert b"".join(unbroken(Flaky(data, [2]), Entry("x", len(data)), start)) == data[start:]


def test_a_store_that_brings_nothing_is_given_up():
    store = Flaky(b"abc", [0] * 9)
    with pytest.raises(TransferFailed):
        list(unbroken(store, Entry("x", 3)))
    assert len(store.breaks) == 4


def test_more_bytes_than_announced_are_refused():
    with pytest.raises(TransferFailed, match="3 bytes came where 2 were announced"):
        list(unbroken(Flaky(b"abc"), Entry("x", 2)))


def test_fewer_bytes_than_announced_are_refused():
    with pytest.raises(TransferFailed, match="ended after 3 of 4 bytes"):
        list(unbroken(Flaky(b"abc"), Entry("x", 4)))


def test_without_a_size_a_broken_connection_is_not_taken_up():
    with pytest.raises(TransferFailed):
        list(unbroken(Flaky(b"abc", [1]), Entry("x", None)))


@given(st.binary(max_size=50))
def test_what_passes_is_hashed_and_counted(data):
    counts = []
    stream = Checked(Flaky(data), Entry("x", len(data)), counts.append)
    assert b"".join(stream) == data
    assert (stream.blake3, sum(counts), stream.size) == (f"blake3:{blake3(data).hexdigest()}", len(data), len(data))
    assert checksum_of(Flaky(data), Entry("x", len(data)), "blake3") == stream.blake3


def test_what_does_not_add_up_to_its_record_is_refused():
    with pytest.raises(DatastoreError, match="is not what was put there"):
        list(Checked(Flaky(b"abc"), Entry("x", 3, checksum="blake3:00")))
