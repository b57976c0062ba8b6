"""Find out which random generators a step seeds itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .examined import Called, Examined, is_none
from .tables import Names

RANDOM, NUMPY, TORCH, TENSORFLOW = "random", "numpy", "torch", "tensorflow"
_EVERY = frozenset({RANDOM, NUMPY, TORCH, TENSORFLOW})

_SEEDS: Mapping[str, frozenset[str]] = {
    "random.seed": frozenset({RANDOM}),
    "random.setstate": frozenset({RANDOM}),
    "numpy.random.seed": frozenset({NUMPY}),
    "numpy.random.set_state": frozenset({NUMPY}),
    "torch.manual_seed": frozenset({TORCH}),
    "torch.random.manual_seed": frozenset({TORCH}),
    "torch.set_rng_state": frozenset({TORCH}),
    "tensorflow.random.set_seed": frozenset({TENSORFLOW}),
    "keras.utils.set_random_seed": _EVERY,
    "tensorflow.keras.utils.set_random_seed": _EVERY,
    "lightning.seed_everything": _EVERY,
    "lightning.pytorch.seed_everything": _EVERY,
    "lightning.fabric.seed_everything": _EVERY,
    "pytorch_lightning.seed_everything": _EVERY,
    "transformers.set_seed": _EVERY,
    "accelerate.utils.set_seed": _EVERY,
}

SEEDERS = Names(*_SEEDS)


def seeded_by(codes: Iterable[Examined]) -> frozenset[str]:
    """Return the generators that some function of a step seeds with a value."""
    return frozenset(family for code in codes for called in code.calls_of(SEEDERS) for family in _families(called))


def _families(called: Called) -> Iterator[str]:
    given = [*called.node.args, *(keyword.value for keyword in called.node.keywords)]
    if given and not is_none(given[0]):
        yield from _SEEDS[called.name]
