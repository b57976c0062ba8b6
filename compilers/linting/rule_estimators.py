"""Find estimators, splitters and samplers that take a seed and are given none."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from .examined import Called, Examined, Scene, constant, is_none, shown
from .findings import Remark
from .naming import ABSENT, parameters_of
from .seeding import NUMPY
from .tables import Names

_SEED_NAMES = frozenset({"random_state", "random_seed"})

_ONLY_IF: Mapping[str, tuple[str, tuple[object, ...]]] = {
    "KFold": ("shuffle", (True,)),
    "StratifiedKFold": ("shuffle", (True,)),
    "StratifiedGroupKFold": ("shuffle", (True,)),
    "GroupKFold": ("shuffle", (True,)),
    "fetch_covtype": ("shuffle", (True,)),
    "fetch_kddcup99": ("shuffle", (True,)),
    "fetch_rcv1": ("shuffle", (True,)),
    "LogisticRegression": ("solver", ("sag", "saga", "liblinear")),
    "LogisticRegressionCV": ("solver", ("sag", "saga", "liblinear")),
    "Ridge": ("solver", ("sag", "saga")),
    "RidgeClassifier": ("solver", ("sag", "saga")),
    "ridge_regression": ("solver", ("sag", "saga")),
    "Lasso": ("selection", ("random",)),
    "LassoCV": ("selection", ("random",)),
    "ElasticNet": ("selection", ("random",)),
    "ElasticNetCV": ("selection", ("random",)),
    "MultiTaskLasso": ("selection", ("random",)),
    "MultiTaskLassoCV": ("selection", ("random",)),
    "MultiTaskElasticNet": ("selection", ("random",)),
    "MultiTaskElasticNetCV": ("selection", ("random",)),
    "SVC": ("probability", (True,)),
    "NuSVC": ("probability", (True,)),
    "OneClassSVM": ("probability", (True,)),
    "DummyClassifier": ("strategy", ("stratified", "uniform")),
    "IterativeImputer": ("sample_posterior", (True,)),
}
"""Callables that draw nothing unless this argument has one of these values."""

_NEVER_WITH: Mapping[str, tuple[str, object]] = {
    "train_test_split": ("shuffle", False),
    "PCA": ("svd_solver", "full"),
    "TruncatedSVD": ("algorithm", "arpack"),
}
_IDLE = frozenset({"GaussianProcessRegressor", "GaussianProcessClassifier", "check_random_state"})
"""Accept a seed that matters to few: for restarts that nobody asked for."""

_LISTED = Names("sklearn.model_selection.train_test_split", "sklearn.utils.shuffle", "sklearn.utils.resample",
                "pandas.DataFrame.sample", "pandas.Series.sample", "pandas.DataFrame", "pandas.Series")  # fmt: skip
NAMES = _LISTED


def missing_random_state(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark calls that accept ``random_state`` and are given none, while nobody seeds numpy, which they then use."""
    if NUMPY in scene.seeded:
        return
    for called in code.calls:
        name = _seed_name(called)
        if (
            name is not None
            and is_none(called.bound().get(name))
            and _draws(called)
            and not _is_part(code, called.node)
        ):
            yield Remark(
                called.node,
                f"{shown(called.node.func)}() is given no {name}: each execution gives another result, and reuse keeps the first",
                f"give the step a parameter `seed` and pass {name}=seed",
            )


def _seed_name(called: Called) -> str | None:
    """Return the parameter that takes a seed, and is None unless given."""
    if not called.name or called.what.live is ABSENT or called.is_open:
        return None
    taken = (one for one in parameters_of(called.what.live) if one.name in _SEED_NAMES)
    return next((one.name for one in taken if one.default is None), None)


def _draws(called: Called) -> bool:
    """Tell whether a callable that takes a seed uses it, given its other arguments."""
    name = _short(called)
    if name in _IDLE:
        return False
    if name in _NEVER_WITH:
        keyword, value = _NEVER_WITH[name]
        return constant(called.bound().get(keyword)) != value
    if name not in _ONLY_IF:
        return True
    keyword, values = _ONLY_IF[name]
    given = called.bound().get(keyword)
    return given is not None and (not isinstance(given, ast.Constant) or given.value in values)


def _is_part(code: Examined, node: ast.AST) -> bool:
    """Tell whether an estimator is made for one around it which is given a seed, and which seeds what it holds."""
    above = code.parent(node)
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, ast.Call):
            given = (keyword.value for keyword in above.keywords if keyword.arg in _SEED_NAMES)
            if any(not is_none(value) for value in given):
                return True
        above = code.parent(above)
    return False


def _short(called: Called) -> str:
    return called.name.rpartition(".")[2]
