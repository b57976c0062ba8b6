"""Any object comes back by pickle, its big arrays mapped; what cannot be pickled is refused with the reason."""

from __future__ import annotations

import io
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from penstock.runtime.artifacts import Artifact
from penstock.runtime.errors import NoCodec
from penstock.runtime.store import LocalStore, decode, encode
from penstock.runtime.store.codecs import pickles
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import SGDClassifier

MAIN = """
import sys
from penstock.runtime.store import LocalStore, encode
class Model:
    def predict(self): return 42
artifact = encode(Model(), LocalStore(sys.argv[1]))
print(artifact.digest, artifact.codec, artifact.size, artifact.inline.hex())
"""


class Holder:
    def __init__(self, **fields: object) -> None:
        self.__dict__ |= fields


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path)


@given(some.lists(some.binary(max_size=300)))
def test_buffers_are_laid_out_aligned_and_found_again(chunks):
    data = b"".join(pickles._joined([memoryview(chunk) for chunk in chunks]))
    found = list(pickles._split(memoryview(data)))
    assert [bytes(one) for one in found] == chunks


def test_big_arrays_in_an_object_keep_type_order_and_writability(store):
    frozen = np.ones(100_000)
    frozen.flags.writeable = False
    held = Holder(
        a=np.asfortranarray(np.ones((300, 400))), b=frozen, c=np.ma.array([1, 2], mask=[1, 0]), d=np.arange(3)
    )
    back = decode(encode(held, store), store)
    assert [type(array) for array in vars(back).values()] == [type(array) for array in vars(held).values()]
    assert (back.a.flags.f_contiguous, back.a.flags.writeable, back.b.flags.writeable) == (True, True, False)
    assert all(np.array_equal(one, other) for one, other in zip(vars(back).values(), vars(held).values(), strict=True))


def test_writing_into_an_object_changes_this_copy_only(store):
    artifact = encode(Holder(a=np.zeros(500_000)), store)
    decode(artifact, store).a[:] = 1
    assert decode(artifact, store).a.sum() == 0


def test_an_array_known_by_two_names_stays_one(store):
    array = np.zeros(100_000)
    back = decode(encode(Holder(a=array, b=array), store), store)
    assert back.a is back.b


@pytest.mark.parametrize("estimator", [RandomForestClassifier(20, random_state=0), SGDClassifier(random_state=0)])
def test_estimators_predict_the_same_and_can_be_trained_further(store, estimator):
    rng = np.random.default_rng(0)
    data, target = rng.random((500, 400)), rng.integers(0, 2, 500)
    back = decode(encode(estimator.fit(data, target), store), store)
    assert np.array_equal(back.predict(data), estimator.predict(data))
    again = back.partial_fit if hasattr(back, "partial_fit") else back.fit
    assert again(data, target) is back


def test_lambdas_and_local_classes_come_back(store):
    class Local:
        answer = 42

    assert decode(encode(lambda number: number + 1, store), store)(1) == 2
    assert decode(encode(Local(), store), store).answer == 42


def test_an_instance_of_a_class_in_a_script_can_be_read_elsewhere(tmp_path, store):
    command = [sys.executable, "-c", MAIN, str(tmp_path)]
    digest, codec, size, inline = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    back = decode(Artifact(digest, codec, int(size), inline=bytes.fromhex(inline)), store)
    assert back.predict() == 42


def test_what_only_dill_can_store_is_stored_by_dill(store):
    value = [threading.Lock()]
    artifact = encode(value, store)
    assert artifact.codec == "dill"
    assert decode(artifact, store)[0].acquire(blocking=False)


def test_special_numbers_keep_every_bit(store):
    values = [float("nan"), -float("nan"), float("inf"), 10**5000]
    assert [repr(decode(encode(value, store), store)) for value in values[:3]] == ["nan", "nan", "inf"]
    assert decode(encode(values[3], store), store) == values[3]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ((number for number in ()), "cannot pickle 'generator' object"),
        (open(__file__), "it is an open file, and lives in its process only; return the file's Path"),  # noqa: SIM115
    ],
    ids=["generator", "open file"],
)
def test_what_nothing_can_store_is_refused_with_the_reason(store, value, reason):
    with pytest.raises(NoCodec, match=reason):
        encode(value, store)
    getattr(value, "close", lambda: None)()
    assert not store.staging.exists()


def test_files_in_memory_are_values(store):
    assert decode(encode(io.BytesIO(b"x"), store), store).getvalue() == b"x"


def test_tables_inside_containers_come_back(store):
    value = {"train": pd.DataFrame({"a": range(50_000)}), "test": [pd.Series(["x"], dtype="category")]}
    back = decode(encode(value, store), store)
    pd.testing.assert_frame_equal(back["train"], value["train"])
    pd.testing.assert_series_equal(back["test"][0], value["test"][0])


def test_running_out_of_memory_is_no_reason_to_try_another_codec(store):
    class Huge:
        def __reduce__(self):
            raise MemoryError

    with pytest.raises(MemoryError):
        encode(Huge(), store)
