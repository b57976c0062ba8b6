"""Clause E: two manifests tell in a sentence what changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from fingerprint_pairs import Edit, fingerprint_all, rerun, step_with

from penstock.compilers.fingerprints import Manifest
from penstock.compilers.fingerprints.differences import Difference, differences

FILES = step_with(
    "from features import prepare\n",
    "return prepare(rows)",
    features="import conf\n\ndef prepare(x):\n    return scale(x)\n\ndef scale(x):\n    return len(x) * conf.K\n",
    conf="K = 2\n",
)


def compared(folder: Path, *edits: Edit, files: Mapping[str, str] = FILES) -> tuple[Difference, ...]:
    """Fingerprint before and after edits, pass both manifests through JSON, and compare them."""
    ((before, after),) = fingerprint_all([rerun("edit", files, *edits, manifest=True)], folder).values()
    old, new = (Manifest.from_json(json.loads(json.dumps(side["manifest"]))) for side in (before, after))
    return differences(old, new)


def test_a_changed_helper_is_named_with_its_path(tmp_path: Path) -> None:
    (found,) = compared(tmp_path, ("features.py", "* conf.K", "+ conf.K"))
    assert str(found) == "features.scale (features.py:6) changed, reached by train -> prepare -> scale"


def test_a_changed_helper_shows_its_diff(tmp_path: Path) -> None:
    (found,) = compared(tmp_path, ("features.py", "* conf.K", "+ conf.K"))
    assert "-    return len(x) * conf.K\n+    return len(x) + conf.K" in found.diff


def test_a_changed_constant_shows_both_values(tmp_path: Path) -> None:
    (found,) = compared(tmp_path, ("conf.py", "K = 2", "K = 3"))
    assert str(found) == "constant conf.K 2 -> 3, reached by train -> prepare -> scale -> K"


def test_a_shadowed_builtin_is_a_new_edge(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        ("features.py", "import conf\n", "import conf\nfrom mine import len\n"),
        {"mine.py": "def len(x):\n    return 0\n"},
    )
    assert str(found[0]).startswith("features.scale: builtin len is now mine.len (features.py:7)")


def test_the_change_of_the_step_itself_comes_first(tmp_path: Path) -> None:
    found = compared(tmp_path, ("return prepare(rows)", "return prepare(rows) + 1"), ("conf.py", "K = 2", "K = 3"))
    assert [item.name for item in found] == ["main.train", "conf.K"]


def test_a_new_helper_is_told_after_the_function_that_calls_it(tmp_path: Path) -> None:
    edits = (
        ("features.py", "return scale(x)", "return more(scale(x))"),
        ("features.py", "def scale", "def more(x):\n    return x\n\ndef scale"),
    )
    assert [(item.kind, item.name) for item in compared(tmp_path, *edits)] == [
        ("changed", "features.prepare"),
        ("added", "features.more"),
    ]


def test_a_new_python_is_told() -> None:
    old, new = manifest("3.11"), manifest("3.12")
    assert [str(found) for found in differences(old, new)] == ["Python 3.11 -> 3.12"]


def test_an_upgrade_is_told() -> None:
    old, new = manifest("3.11", numpy="2.3.1"), manifest("3.11", numpy="2.4.6")
    assert [str(found) for found in differences(old, new)] == ["numpy 2.3.1 -> 2.4.6"]


def test_equal_manifests_have_no_differences(tmp_path: Path) -> None:
    assert compared(tmp_path) == ()


def test_a_manifest_can_be_split_and_put_together(tmp_path: Path) -> None:
    ((before, _),) = fingerprint_all([rerun("edit", FILES, manifest=True)], tmp_path).values()
    manifest = Manifest.from_json(before["manifest"])
    assert Manifest.assembled(*json.loads(json.dumps(manifest.split()))) == manifest


def manifest(python: str, **distributions: str) -> Manifest:
    entry = ["function", "main.train", "main.py", 1, "00", "def train(): ...", []]
    return Manifest.from_json({"definitions": [entry], "distributions": list(distributions.items()), "python": python})
