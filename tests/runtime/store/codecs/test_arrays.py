"""Arrays come back with dtype, shape, order and every bit; what .npy cannot say goes elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from penstock.runtime.store import LocalStore, decode, encode
from penstock.runtime.store.codecs.arrays import CODEC

DTYPES = arrays.scalar_dtypes() | arrays.array_dtypes() | arrays.nested_dtypes()


def there_and_back(value):
    return CODEC.unpack({name: memoryview(bytearray(b"".join(chunks))) for name, chunks in CODEC.pack(value).items()})


@given(
    arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)), some.sampled_from("CF")
)
def test_what_matches_comes_back_exactly(value, order):
    value = np.asarray(value, order=order)
    assume(CODEC.matches(value) and str(value.dtype).isascii())
    back = there_and_back(value)
    assert (type(back), repr(back.dtype), back.shape) == (np.ndarray, repr(value.dtype), value.shape)
    assert back.tobytes() == value.tobytes()
    assert back.flags.f_contiguous == value.flags.f_contiguous


@pytest.mark.parametrize("view", [np.s_[::2], np.s_[::-1], np.s_[:, 1], np.s_[1:3, ::-2], np.s_[..., None], ()])
def test_views_come_back_as_arrays_of_their_own(view):
    value = np.arange(24.0).reshape(4, 6)[view]
    assert CODEC.matches(value)
    assert np.array_equal(there_and_back(value), value)


REFUSED = [
    np.array([None, {}]), np.ma.array([1, 2], mask=[0, 1]), np.array([1]).view(np.recarray), np.float64(1), np.empty(1, "V0"),
    np.dtype("i4"), np.array([1], np.dtype("i4", metadata={"unit": "m"})), np.array(["a"], np.dtypes.StringDType()),
    np.zeros(1, np.dtype([("a", "i1"), ("b", "i8")], align=True)),
    [1, 2], "text",
]  # fmt: skip


@pytest.mark.parametrize("value", REFUSED, ids=range(len(REFUSED)))
def test_what_the_format_cannot_say_does_not_match_and_is_kept_all_the_same(value, tmp_path):
    store = LocalStore(tmp_path)
    back = decode(encode(value, store), store)
    assert not CODEC.matches(value)
    assert type(back) is type(value)
    assert repr(getattr(back, "dtype", back)) == repr(getattr(value, "dtype", value))


def test_long_headers_and_names_beyond_latin_go_to_pickle(tmp_path):
    store = LocalStore(tmp_path)
    for names in (["日本"], [f"a_rather_long_name_{number}" for number in range(2000)]):
        value = np.ones(2, [(name, "i4") for name in names])
        artifact = encode(value, store)
        assert (artifact.codec, decode(artifact, store).dtype) == ("pickle", value.dtype)


@pytest.mark.parametrize("count", [10, 1_000_000])
def test_consumers_may_write_and_nobody_else_sees_it(tmp_path, count):
    store = LocalStore(tmp_path)
    artifact = encode(np.zeros(count), store)
    decode(artifact, store)[:] = 1
    assert decode(artifact, store).sum() == 0


def test_a_big_array_is_mapped(tmp_path):
    store = LocalStore(tmp_path)
    back = decode(encode(np.arange(1_000_000), store), store)
    (mapped,) = (line for line in Path("/proc/self/maps").read_text().splitlines() if "value.npy" in line)
    assert (type(back), mapped.split()[1]) == (np.ndarray, "rw-p")
    assert back.ctypes.data % 64 == 0


def test_a_memmap_becomes_an_array(tmp_path):
    store = LocalStore(tmp_path / "store")
    value = np.memmap(tmp_path / "raw", "f8", "w+", shape=(10,))
    assert type(decode(encode(value, store), store)) is np.ndarray
