"""Values go into the store and come back; small ones never touch it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from attrs import evolve
from penstock.runtime.errors import ArtifactNotFound, CorruptArtifact, StoreError
from penstock.runtime.store import INLINE_LIMIT, LocalStore, decode, encode, encode_all, register_codec
from penstock.runtime.store.codecs import MemoryCodec, registry

VALUES = """
import sys
import numpy as np, pandas as pd
from sklearn.ensemble import RandomForestClassifier
from penstock.runtime.store import LocalStore, encode
words = [f"word {n}" for n in range(50)]
data = np.random.default_rng(0).random((200, 30))
values = [
    {"b": [1, 2.5, None], "a": "x"}, "text", b"bytes", data, np.array([("x", 1)], [("a", "U3"), ("b", "i4")]),
    pd.DataFrame({"n": range(50), "s": words}), pd.DataFrame({"c": pd.Categorical(words), "o": [object, 1] * 25}),
    RandomForestClassifier(5, random_state=0).fit(data, data[:, 0] > 0.5), set(words), {"deep": [(frozenset(words), {1, 2.5, None})]},
]
for value in values:
    artifact = encode(value, LocalStore(sys.argv[1]))
    print(artifact.codec, artifact.digest, artifact.summary)
"""


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "store")


@pytest.mark.parametrize(
    "value", [None, 1, 0.5, "text", b"x", {"a": [1]}, (1, 2), {"a"}, np.arange(3), float("nan"), print]
)
def test_small_values_never_touch_the_disk(store, value):
    artifact = encode(value, store)
    assert repr(decode(artifact, store)) == repr(value)
    assert artifact.size == len(artifact.inline)
    assert not store.root.exists()


def test_the_limit_decides_what_is_inline(store):
    assert encode("x" * INLINE_LIMIT, store).inline is not None
    artifact = encode("x" * (INLINE_LIMIT + 1), store)
    assert (artifact.inline, store.has(artifact.digest)) == (None, True)


def test_user_files_are_never_inline(store, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    assert encode(tmp_path / "a.txt", store).inline is None
    assert encode([tmp_path / "a.txt"], store).inline is None


def test_an_artifact_is_described(store):
    artifact = encode(np.zeros((30, 40)), store)
    assert (artifact.codec, artifact.type, artifact.summary) == ("numpy", "numpy.ndarray", "ndarray float64 (30, 40)")
    assert artifact.size == 30 * 40 * 8 + 128


def test_inline_and_stored_values_have_the_same_kind_of_digest(store):
    artifact = encode("text", store)
    (store.staging / "draft").mkdir(parents=True)
    (store.staging / "draft" / "value.txt").write_text("text")
    assert store.put(store.staging / "draft")[0] == artifact.digest


def test_equal_values_have_equal_bytes_in_every_process(store):
    outputs = set()
    for seed in ("0", "1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", VALUES, str(store.root)]
        outputs.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 10


def test_a_value_that_was_read_and_stored_again_is_the_same_artifact(store):
    data = np.random.default_rng(0).random((500, 400))
    for value in (
        data,
        [data, {"x"}],
        {"a": data, "b": {"c": (1, "x")}},
        "text" * 2000,
        pd.DataFrame(data).add_prefix("c"),
    ):
        artifact = encode(value, store)
        assert encode(decode(artifact, store), store).digest == artifact.digest


def test_outputs_that_share_files_are_stored_together(store, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("a")
    whole, part = encode_all([tmp_path / "out", [tmp_path / "out" / "a.txt"]], store, scratch=tmp_path)
    assert (decode(whole, store) / "a.txt").read_text() == decode(part, store)[0].read_text() == "a"


def test_outputs_that_share_nothing_are_moved(store, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    encode_all([tmp_path / "a.txt", tmp_path / "b.txt", 1], store, scratch=tmp_path)
    assert not list(tmp_path.glob("*.txt"))


def test_a_missing_artifact_is_not_found(store):
    artifact = encode("x" * 5000, store)
    store.delete(artifact.digest)
    with pytest.raises(ArtifactNotFound):
        decode(artifact, store)


def test_changed_inline_bytes_are_corrupt(store):
    with pytest.raises(CorruptArtifact, match="the bytes that it carries do not add up"):
        decode(evolve(encode([1], store), inline=b"[2]"), store)


def test_inline_bytes_for_a_codec_that_reads_folders_are_refused(store):
    with pytest.raises(StoreError, match="came without its files"):
        decode(evolve(encode([1], store), codec="path"), store)


def test_a_changed_class_is_told_from_a_corrupt_artifact(store, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "shapes.py").write_text("class Circle: pass")
    import shapes

    artifact = encode(shapes.Circle(), store)
    del shapes.Circle
    with pytest.raises(
        StoreError, match=r"\(Circle object\) is intact, but the codec 'pickle' cannot read it: Attribute"
    ):
        decode(artifact, store)


def test_a_missing_library_is_named(store, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lost_library.py").write_text("class Model: pass")
    import lost_library

    artifact = encode(lost_library.Model(), store)
    (tmp_path / "lost_library.py").unlink()
    shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
    monkeypatch.delitem(sys.modules, "lost_library")
    with pytest.raises(StoreError, match="needs 'lost_library' to be read, which cannot be imported here"):
        decode(artifact, store)


def test_a_codec_in_memory_that_fails_is_named(store, monkeypatch):
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    register_codec(MemoryCodec("odd", "odd", lambda value: value == 7, lambda value: 1 / 0, bytes))
    with pytest.raises(StoreError, match="the codec 'odd' failed to store a int: ZeroDivisionError"):
        encode(7, store)


def test_importing_the_store_loads_nothing_heavy():
    heavy = "{'numpy', 'pandas', 'fsspec', 'joblib', 'cloudpickle', 'dill', 'pyarrow', 'sklearn', 'networkx'}"
    code = f"import sys, penstock.runtime.store as s; s.decode(s.encode([1], None), None); print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
