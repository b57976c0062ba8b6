"""Store torch tensors and state dicts by safetensors, where that package is installed."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from .protocols import Unsuitable, module_of

if TYPE_CHECKING:
    from torch import Tensor

_FILE = "tensors.safetensors"
_SINGLE = "tensor"
_NOTE = "penstock"


@frozen(eq=False)
class TensorCodec:
    """Keeps dense tensors of the CPU, alone or in a dict by name; everything else about torch goes to pickle.

    Tensors are read into memory mapped from the file. torch is never imported to find out what a value is.
    """

    @property
    def name(self) -> str:
        """How artifacts name this codec."""
        return "safetensors"

    def matches(self, value: Any) -> bool:
        """Whether a value is a plain tensor, or a dict of nothing but plain tensors by text."""
        if type(value) in (dict, OrderedDict):
            return _is_state(value) and bool(find_spec("safetensors"))
        return _is_plain(value) and bool(find_spec("safetensors"))

    def dump(self, value: Any, folder: Path) -> None:
        """Write one file. Tensors that share memory are left to pickle, which keeps them shared."""
        from safetensors.torch import save_file

        tensors = value if isinstance(value, dict) else {_SINGLE: value}
        _refuse_shared(tensors)
        ready = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(ready, folder / _FILE, {_NOTE: json.dumps(_note(value))})

    def load(self, folder: Path) -> object:
        """Read the tensors, in the order and with the version notes that a state dict has."""
        from safetensors import safe_open

        with safe_open(folder / _FILE, framework="pt") as file:
            note = json.loads(file.metadata()[_NOTE])
            tensors = {name: file.get_tensor(name) for name in note["order"]}
        return _restored(note, tensors)


def _note(value: Any) -> dict[str, object]:
    if not isinstance(value, dict):
        return {"kind": "tensor", "order": [_SINGLE], "versions": None}
    versions = getattr(value, "_metadata", None)
    return {"kind": type(value).__name__, "order": list(value), "versions": versions and list(versions.items())}


def _restored(note: Mapping[str, Any], tensors: dict[str, Tensor]) -> object:
    if note["kind"] == "tensor":
        return tensors[_SINGLE]
    if note["kind"] == "dict":
        return tensors
    state: Any = OrderedDict(tensors)
    if note["versions"] is not None:
        state._metadata = OrderedDict(note["versions"])
    return state


def _is_state(value: dict[object, object]) -> bool:
    extras = getattr(value, "__dict__", {})
    named = bool(value) and all(type(name) is str and _is_plain(item) for name, item in value.items())
    return named and extras.keys() <= {"_metadata"} and _is_json(extras)


def _is_json(extras: dict[str, object]) -> bool:
    versions = extras.get("_metadata", OrderedDict())
    return type(versions) is OrderedDict and all(
        type(name) is str and type(item) is dict and set(map(type, item.values())) <= {int}
        for name, item in versions.items()
    )


def _is_plain(value: Any) -> bool:
    if module_of(value) != "torch":
        return False
    import torch

    return (
        type(value) is torch.Tensor
        and value.device.type == "cpu"
        and value.layout is torch.strided
        and not (value.requires_grad or value.is_quantized or value.is_conj() or value.is_neg() or value.is_complex())
        and not value.__dict__
    )


def _refuse_shared(tensors: Mapping[str, Tensor]) -> None:
    storages = [tensor.untyped_storage().data_ptr() for tensor in tensors.values() if tensor.numel()]
    if len(set(storages)) < len(storages):
        raise Unsuitable("tensors that share memory would come back separate")


CODEC = TensorCodec()
