"""Find randomness that nobody seeds."""

from __future__ import annotations

from collections.abc import Iterator

from .examined import Called, Examined, Scene, constant, is_none, shown
from .findings import Remark
from .flowing import is_only_told
from .seeding import NUMPY, RANDOM, TENSORFLOW, TORCH
from .tables import Names

_PYTHON = Names(
    *(f"random.{name}" for name in (
        "betavariate", "binomialvariate", "choice", "choices", "expovariate", "gammavariate", "gauss", "getrandbits",
        "lognormvariate", "normalvariate", "paretovariate", "randbytes", "randint", "random", "randrange", "sample",
        "shuffle", "triangular", "uniform", "vonmisesvariate", "weibullvariate",
    ))
)  # fmt: skip
_NUMPY = Names(
    *(f"numpy.random.{name}" for name in (
        "beta", "binomial", "bytes", "chisquare", "choice", "dirichlet", "exponential", "f", "gamma", "geometric", "gumbel",
        "hypergeometric", "laplace", "logistic", "lognormal", "logseries", "multinomial", "multivariate_normal",
        "negative_binomial", "noncentral_chisquare", "noncentral_f", "normal", "pareto", "permutation", "poisson", "power",
        "rand", "randint", "randn", "random", "random_integers", "random_sample", "ranf", "rayleigh", "sample", "shuffle",
        "standard_cauchy", "standard_exponential", "standard_gamma", "standard_normal", "standard_t", "triangular",
        "uniform", "vonmises", "wald", "weibull", "zipf",
    ))
)  # fmt: skip
_TORCH = Names(
    *(f"torch.{name}" for name in (
        "bernoulli", "multinomial", "normal", "poisson", "rand", "rand_like", "randint", "randint_like", "randn",
        "randn_like", "randperm", "utils.data.random_split", "utils.data.RandomSampler",
    )),
    *(f"torch.nn.{name}" for name in (
        "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Dropout",
        "Embedding", "EmbeddingBag", "GRU", "GRUCell", "LSTM", "LSTMCell", "Linear", "MultiheadAttention", "RNN", "RNNCell",
        "Transformer", "TransformerEncoderLayer", "TransformerDecoderLayer", "functional.dropout",
    )),
    "torch.nn.init.kaiming_*", "torch.nn.init.normal_", "torch.nn.init.uniform_", "torch.nn.init.xavier_*",
    "torch.nn.init.trunc_normal_", "torch.nn.init.orthogonal_",
)  # fmt: skip
_TENSORFLOW = Names(
    *(f"tensorflow.random.{name}" for name in ("categorical", "gamma", "normal", "poisson", "shuffle", "uniform")),
    *(f"{home}.layers.{name}" for home in ("keras", "tensorflow.keras") for name in (
        "Conv1D", "Conv2D", "Conv3D", "Dense", "Dropout", "Embedding", "GRU", "LSTM", "MultiHeadAttention", "SimpleRNN",
    )),
)  # fmt: skip
_LOADERS = Names("torch.utils.data.DataLoader")

_GENERATORS = Names(
    "random.Random", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.SeedSequence",
    "numpy.random.PCG64", "numpy.random.PCG64DXSM", "numpy.random.MT19937", "numpy.random.Philox", "numpy.random.SFC64",
)  # fmt: skip
"""Generators of one's own, which a first argument seeds."""

_SHARED = ((_PYTHON, RANDOM), (_NUMPY, NUMPY), (_TORCH, TORCH), (_TENSORFLOW, TENSORFLOW))
_SEED = {
    RANDOM: "random.Random(seed)",
    NUMPY: "numpy.random.default_rng(seed)",
    TORCH: "torch.manual_seed(seed) first",
    TENSORFLOW: "tensorflow.random.set_seed(seed) first",
}

NAMES = _PYTHON | _NUMPY | _TORCH | _TENSORFLOW | _LOADERS | _GENERATORS


def unseeded_random(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark calls of generators that start anywhere."""
    for called in code.calls:
        family = _family(called)
        if family is not None and family not in scene.seeded:
            yield Remark(
                called.node,
                f"{called.name}() draws from a generator that this step does not seed: each execution gives another "
                "result, and reuse keeps the first",
                f"give the step a parameter `seed` and use {_SEED[family]}",
            )
        elif called.name in _GENERATORS and not called.is_open and is_none(called.argument(0, "seed", "x", "entropy")):
            yield Remark(
                called.node,
                f"{called.name}() without a seed starts anywhere: each execution gives another result",
                f"give the step a parameter `seed` and pass it: {called.name}(seed)",
            )


def _family(called: Called) -> str | None:
    if called.name in _LOADERS:
        shuffles = constant(called.argument(2, "shuffle")) is True
        return TORCH if shuffles and is_none(called.argument(-1, "generator")) else None
    if not is_none(called.argument(-1, "generator")):
        return None
    return next((family for names, family in _SHARED if called.name in names), None)


_ENTROPY = Names(
    "uuid.uuid1", "uuid.uuid4", "os.urandom", "secrets.choice", "secrets.randbelow", "secrets.randbits",
    "secrets.token_bytes", "secrets.token_hex", "secrets.token_urlsafe", "secrets.SystemRandom", "random.SystemRandom",
)  # fmt: skip

ENTROPY_NAMES = _ENTROPY


def entropy(code: Examined, _scene: Scene) -> Iterator[Remark]:
    """Remark values that are meant never to come again."""
    for called in code.calls_of(_ENTROPY):
        if not is_only_told(code, called.node):
            yield Remark(
                called.node,
                f"{shown(called.node)} can never give the same again, so that the step's result differs each time",
                "derive it from the inputs, or take it as a parameter",
            )
