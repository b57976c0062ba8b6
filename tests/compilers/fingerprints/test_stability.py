"""Clause S3: nothing but the code and its values moves a digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fingerprint_pairs import Pair, fingerprint_all, reuse, step_with

LARGE = step_with(
    """
import collections, dataclasses, enum, functools, json, logging, re, helpers, other
LOG = logging.getLogger(__name__)
WORDS = {"a", "b", "c", "d"}
NESTED = {"x": [1, {"y": frozenset("abc")}], "z": (helpers.scale, {1.5, "t"})}
PATTERN = re.compile("a+")

class Kind(enum.Enum):
    A = "a"
    B = {"x", "y"}

@dataclasses.dataclass(frozen=True)
class Conf:
    kind: Kind = Kind.A
    words: frozenset = frozenset({"p", "q", "r"})

CONF = Conf()
""",
    "LOG.info('x')\nreturn CONF, WORDS, NESTED, PATTERN, Kind.B, other.go(rows), rows in {'u', 'v', 'w'}",
    helpers="def scale(x):\n    return x * 2\n",
    other="from helpers import scale\n\ndef go(x):\n    return scale(x)\n",
)
SCRIPT = {"script": True}
MAIN_GUARD = {"main.py": LARGE["main.py"] + "\n\nif __name__ == '__main__':\n    print('run')\n"}

PAIRS = [
    reuse("hash seed and folder", LARGE, twice=True),
    reuse("as a script, hash seed and folder", LARGE, **SCRIPT),
    reuse("order of imports", LARGE, ("helpers, other", "other, helpers")),
    reuse("another module imported first", LARGE, ("import collections", "import zipfile, collections")),
    reuse("guarded main", LARGE, MAIN_GUARD),
    reuse("optional byte code", LARGE, actions=["import helpers"]),
    reuse("called before", LARGE, actions=["import json"]),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_stability(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)


def both_ways(before: Pair, after: Pair, folder: Path) -> tuple[str, str]:
    results = fingerprint_all([before, after], folder)
    (first, _), (second, _) = results[str(before)], results[str(after)]
    return first["digest"], second["digest"]


def test_a_script_has_the_fingerprint_of_the_module(tmp_path: Path) -> None:
    one, other = both_ways(reuse("module", LARGE), reuse("script", LARGE, **SCRIPT), tmp_path)
    assert one == other


def test_the_name_of_the_module_does_not_count(tmp_path: Path) -> None:
    moved = {"elsewhere.py": LARGE["main.py"], **{name: text for name, text in LARGE.items() if name != "main.py"}}
    one, other = both_ways(reuse("here", LARGE), reuse("there", moved, module="elsewhere"), tmp_path)
    assert one == other


def test_running_a_step_that_imports_does_not_move_its_fingerprint(tmp_path: Path) -> None:
    files = step_with("", "import helpers\nreturn helpers.scale(rows)", helpers=LARGE["helpers.py"])
    one, other = both_ways(reuse("before", files), reuse("after", files, actions=["train(1)"]), tmp_path)
    assert one == other


def test_running_a_step_with_a_cache_does_not_move_its_fingerprint(tmp_path: Path) -> None:
    files = step_with("import functools\n@functools.lru_cache\ndef f(x):\n    return x\n")
    one, other = both_ways(reuse("before", files), reuse("after", files, actions=["train(1)"]), tmp_path)
    assert one == other
