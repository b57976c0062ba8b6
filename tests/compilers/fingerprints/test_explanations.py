"""Clause E: each kind of edit is told in one line that names it, the way that leads there, and what it was before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import frozen
from fingerprint_pairs import Edit, Pair, rerun, step_with
from penstock.runtime.bases import Basis
from penstock.runtime.explanations import explain

from penstock.compilers.fingerprints import Manifest
from penstock.compilers.fingerprints.differences import Difference, differences
from penstock.compilers.fingerprints.declared import DeclaredPaths

MAIN = "from features import prepare\n"
FEATURES = """
import conf
from conf import Config, Scaler, registry

CUTS = [1, 2]
CONFIG = Config(0.1)


def prepare(x, kind="fast"):
    \"\"\"Prepare.\"\"\"
    return scale(x), CUTS, CONFIG, registry


def scale(x, factor=0.5, *, base=2):
    total = 0  # a comment
    for value in x:
        total += value * factor
    return conf.times(total) + conf.K + len(x) + Scaler().scale(x) + base + conf.guarded(x)
"""
CONF = """
import colorsys
import dataclasses
import functools

K = 2
NAMES = {"a": 1}


def multiplying(by):
    def multiply(x):
        return x * by
    return multiply


def careful(limit):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(x):
            return function(x) if len(x) < limit else 0
        return wrapper
    return decorate


times = multiplying(3)


@careful(10)
def guarded(x):
    return colorsys.rgb_to_hls(0, 0, 0)


@dataclasses.dataclass
class Config:
    lr: float
    steps: int = 5


class Scaler:
    size = 1

    def scale(self, x):
        return self.size


registry = {"scaler": Scaler}
"""
FILES = step_with(MAIN, "return prepare(rows)", features=FEATURES, conf=CONF)


@frozen
class Told:
    """An edit, and the lines that tell it."""

    name: str
    edits: tuple[Edit, ...]
    lines: tuple[str, ...]
    diff: tuple[str, ...] = ()
    """Lines of the small diff that go with the first."""

    def __str__(self) -> str:
        return self.name


SCALE = "train -> prepare -> scale"
EDITS = [
    Told(
        "the body of a helper",
        (("features.py", "value * factor", "value + factor"),),
        (f"features.scale (features.py:14) changed, reached by {SCALE}",),
        ("-        total += value * factor", "+        total += value + factor"),
    ),
    Told(
        "the step itself",
        (("return prepare(rows)", "return prepare(rows[1:])"),),
        ("main.train (main.py:5) changed",),
        ("-    return prepare(rows)", "+    return prepare(rows[1:])"),
    ),
    Told("a constant", (("conf.py", "K = 2", "K = 3"),), (f"constant conf.K 2 -> 3, reached by {SCALE} -> K",)),
    Told(
        "the type of a constant",
        (("conf.py", "K = 2", "K = '2'"),),
        (f"constant conf.K 2 -> '2', reached by {SCALE} -> K",),
    ),
    Told(
        "a list",
        (("features.py", "[1, 2]", "[1, 2, 3]"),),
        ("constant features.CUTS [1, 2] -> [1, 2, 3], reached by train -> prepare -> CUTS",),
    ),
    Told(
        "an attribute of an object",
        (("features.py", "Config(0.1)", "Config(0.2)"),),
        ("constant features.CONFIG.lr 0.1 -> 0.2, reached by train -> prepare -> CONFIG",),
    ),
    Told(
        "a method",
        (("conf.py", "return self.size", "return -self.size"),),
        (f"conf.Scaler.scale (conf.py:42) changed, reached by {SCALE} -> Scaler -> scale",),
        ("-    return self.size", "+    return -self.size"),
    ),
    Told(
        "a class attribute",
        (("conf.py", "size = 1", "size = 2"),),
        (f"conf.Scaler (conf.py:39) changed, reached by {SCALE} -> Scaler",),
        ("-    size = 1", "+    size = 2"),
    ),
    Told(
        "a field of a dataclass",
        (("conf.py", "    steps: int = 5", "    steps: int = 6"),),
        (
            "constant features.CONFIG.steps 5 -> 6, reached by train -> prepare -> CONFIG",
            "conf.Config (conf.py:34) changed, reached by train -> prepare -> CONFIG -> Config",
        ),
    ),
    Told(
        "what a closure holds",
        (("conf.py", "multiplying(3)", "multiplying(4)"),),
        (f"closure by of conf.multiplying.multiply 3 -> 4, reached by {SCALE} -> multiply",),
        ("-#: closure by = 3", "+#: closure by = 4"),
    ),
    Told(
        "what a decorator was given",
        (("conf.py", "@careful(10)", "@careful(20)"),),
        (f"closure limit of conf.guarded 10 -> 20, reached by {SCALE} -> guarded",),
    ),
    Told(
        "a default of a helper",
        (("features.py", "factor=0.5", "factor=0.7"),),
        (f"default factor of features.scale 0.5 -> 0.7, reached by {SCALE}",),
        ("-#: default factor = 0.5", "+#: default factor = 0.7"),
    ),
    Told(
        "a default by keyword",
        (("features.py", "base=2", "base=3"),),
        (f"default base of features.scale 2 -> 3, reached by {SCALE}",),
    ),
    Told(
        "a builtin that the project shadows",
        (("features.py", "import conf\n", "import conf\nfrom conf import len\n"), ("conf.py", "K = 2", "K = 2\nlen = str\n")),
        (f"features.scale: builtin len is now builtin str (features.py:15), reached by {SCALE}",),
    ),
    Told(
        "a helper that is called now",
        (("features.py", "return scale(x)", "return conf.careful(scale(x))"),),
        (
            "features.prepare (features.py:9) changed, reached by train -> prepare",
            "conf.careful (conf.py:16) is reached now, reached by train -> prepare -> careful",
        ),
    ),
    Told(
        "a helper that is called no more",
        (("features.py", "scale(x), CUTS", "CUTS"), ("features.py", "CONFIG, registry", "CONFIG")),
        ("features.prepare (features.py:9) changed, reached by train -> prepare",),
    ),
    Told(
        "what a dict leads to",
        (("conf.py", 'registry = {"scaler": Scaler}', 'registry = {"scaler": Scaler, "one": len}'),),
        ("conf.registry reaches builtin len now (conf.py:46), reached by train -> prepare -> registry",),
    ),
]  # fmt: skip


def comparison(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Pass both manifests through JSON, as the history does, and compare them."""
    old, new = (Manifest.from_json(json.loads(json.dumps(side["manifest"]))) for side in (before, after))
    return differences(old, new)


PAIRS = [rerun(told.name, FILES, *told.edits, manifest=True) for told in EDITS]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Told], tuple[Difference, ...]]:
    """Return how one of the edits is told."""
    from fingerprint_pairs import fingerprint_all

    results = fingerprint_all(PAIRS, tmp_path_factory.mktemp("explained"))
    named: dict[str, Pair] = {pair.name: pair for pair in PAIRS}
    return lambda told: comparison(*results[str(named[told.name])])


@pytest.mark.parametrize("told", EDITS, ids=str)
def test_an_edit_is_told_in_one_line(told: Told, compared: Callable[[Told], tuple[Difference, ...]]) -> None:
    assert tuple(map(str, compared(told)))[: len(told.lines)] == told.lines


@pytest.mark.parametrize("told", [told for told in EDITS if told.diff], ids=str)
def test_an_edit_of_code_comes_with_a_small_diff(
    told: Told, compared: Callable[[Told], tuple[Difference, ...]]
) -> None:
    lines = compared(told)[0].diff.splitlines()
    assert tuple(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")) == told.diff


# -- what is not code -----------------------------------------------------------------------------------------------------


def manifest(python: str = "3.11", **distributions: str) -> Manifest:
    entry = ["function", "main.train", "main.py", 1, "00", "def train(): ...", []]
    return Manifest.from_json({"definitions": [entry], "distributions": list(distributions.items()), "python": python})


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (manifest("3.11"), manifest("3.12"), "Python 3.11 -> 3.12"),
        (manifest(numpy="2.3.1"), manifest(numpy="2.4.6"), "numpy 2.3.1 -> 2.4.6"),
        (manifest(), manifest(numpy="2.4.6"), "numpy absent -> 2.4.6"),
        (manifest(numpy="2.4.6"), manifest(), "numpy 2.4.6 -> absent"),
    ],
)
def test_what_is_installed_is_told(old: Manifest, new: Manifest, line: str) -> None:
    assert [str(found) for found in differences(old, new)] == [line]


def basis(inputs: Mapping[str, tuple[str, str]] | None = None, **declared: str) -> Basis:
    return Basis("key", "code", dict(inputs or {}), declared)


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        (basis({"lr": ("0.1", "0.1")}), basis({"lr": ("0.2", "0.2")}), "input lr changed: 0.1 -> 0.2"),
        (
            basis({"rows": ("a", "DataFrame 100 x 3")}),
            basis({"rows": ("b", "DataFrame 120 x 3")}),
            "input rows changed: DataFrame 100 x 3 -> DataFrame 120 x 3",
        ),
        (
            basis({"rows": ("a", "DataFrame 100 x 3")}),
            basis({"rows": ("b", "DataFrame 100 x 3")}),
            "input rows changed: DataFrame 100 x 3, with other content",
        ),
        (basis(version="1"), basis(version="2"), "version changed: '1' -> '2'"),
    ],
)
def test_what_is_given_and_declared_is_told(before: Basis, now: Basis, line: str) -> None:
    assert explain(before, now, lambda _: None) == line


def test_the_file_in_a_declared_folder_is_told(tmp_path: Any) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "stop.txt").write_text("the")
    paths = DeclaredPaths()
    before = paths.digest(tmp_path / "words")
    (tmp_path / "words" / "stop.txt").write_text("a")
    paths.forget()
    assert paths.changes(before, paths.digest(tmp_path / "words")) == ("stop.txt changed",)
