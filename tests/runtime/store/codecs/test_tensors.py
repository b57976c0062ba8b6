"""Tensors and state dicts go to safetensors where that loses nothing; run where torch is installed."""

from __future__ import annotations

import pytest
from penstock.runtime.store import LocalStore, decode, encode

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

KINDS = ["float16", "bfloat16", "float32", "float64", "int8", "int64", "uint8", "bool"]


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (0, 3), (3, 4), (500, 600)])
def test_a_tensor_comes_back(store, kind, shape):
    value = torch.ones(shape).to(getattr(torch, kind))
    artifact = encode(value, store)
    back = decode(artifact, store)
    assert (artifact.codec, back.dtype, back.shape) == ("safetensors", value.dtype, value.shape)
    assert torch.equal(back, value)


def test_writing_into_a_tensor_changes_this_copy_only(store):
    artifact = encode(torch.zeros(1000, 1000), store)
    decode(artifact, store).fill_(1)
    assert decode(artifact, store).sum() == 0


def test_a_state_dict_keeps_order_and_versions(store):
    state = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)).state_dict()
    artifact = encode(state, store)
    back = decode(artifact, store)
    assert (artifact.codec, list(back), back._metadata) == ("safetensors", list(state), state._metadata)
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_tensors_that_share_memory_keep_sharing_it(store):
    tensor = torch.ones(3)
    artifact = encode({"a": tensor, "b": tensor}, store)
    back = decode(artifact, store)
    assert (artifact.codec, back["a"].data_ptr()) == ("pickle", back["b"].data_ptr())


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.ones(3, requires_grad=True),
        lambda: torch.nn.Parameter(torch.ones(3)),
        lambda: torch.ones(3).to_sparse(),
        lambda: torch.ones(3, dtype=torch.complex64).conj(),
        lambda: {"a": torch.ones(3), "epoch": 1},
    ],
)
def test_what_safetensors_would_change_goes_to_pickle(store, make):
    value = make()
    artifact = encode(value, store)
    back = decode(artifact, store)
    assert (artifact.codec, type(back), repr(back)) == ("pickle", type(value), repr(value))
