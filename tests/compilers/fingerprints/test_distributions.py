"""Clause B: installed distributions count by version, and only those that are reached."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any

import pytest
from fingerprint_pairs import Pair, rerun, reuse, step_with
from penstock.compilers.fingerprints import Distributions

SITE = {"path": ["site"]}


def installed(name: str, version: str, files: dict[str, str], *requires: str) -> dict[str, str]:
    """Write a distribution into the folder ``site``, as pip would."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    wanted = "".join(f"Requires-Dist: {other}\n" for other in requires)
    record = "".join(f"{file},sha256=abc{len(text)},{len(text)}\n" for file, text in files.items())
    return {
        f"site/{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{wanted}\nText\n",
        f"site/{info}/RECORD": f"{record}{info}/METADATA,,\n{info}/RECORD,,\n",
        **{f"site/{file}": text for file, text in files.items()},
    }


def replaced(old: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    return {**dict.fromkeys(old, "DELETED"), **new}


LIB = {"lib.py": "__version__ = '9'\nK = 1\ndef f(x):\n    return 1\nclass C:\n    def m(self):\n        return 1\n"}
ONE = installed("my-lib", "1.0", LIB, "dep>=1")
TWO = installed("my-lib", "2.0", LIB, "dep>=1")
DEP1, DEP2 = installed("dep", "1.0", {"dep.py": ""}), installed("dep", "1.1", {"dep.py": ""})
OTHER1, OTHER2 = installed("other", "1.0", {"other.py": ""}), installed("other", "3.0", {"other.py": ""})
ALL = {**ONE, **DEP1, **OTHER1}
DIRECT = {**step_with("import lib", "return lib.f(rows)"), **ALL}
FROM = {**step_with("from lib import f"), **ALL}
CLASS = {**step_with("from lib import C", "return C().m()"), **ALL}
BASE = {**step_with("import lib\nclass D(lib.C):\n    pass\n", "return D().m()"), **ALL}
INSTANCE = {**step_with("import lib\nV = lib.C()\n", "return V.m()"), **ALL}
CONSTANT = {**step_with("from lib import K", "return K"), **ALL}
LAZY = {**step_with("", "import lib\nreturn lib.f(rows)"), **ALL}
LAZY_FROM = {**step_with("", "from lib import f\nreturn f(rows)"), **ALL}
ESCAPED = {**step_with("import lib", "return getattr(lib, rows)"), **ALL}
UNUSED = {**step_with("import lib", "return rows"), **ALL}
HELPER = {**step_with("from features import f"), "features.py": "import lib\ndef f(x):\n    return lib.f(x)\n", **ALL}
VERSION = {**step_with("import importlib.metadata", "return importlib.metadata.version('my-lib')"), **ALL}
NOT_RECORDED = {
    **step_with("import dropped", "return dropped.f(rows)"),
    **ALL,
    "site/dropped.py": "def f(x):\n    return 1\n",
}
PATCHED = {**step_with("import lib\nlib.f = lambda x: 2\n", "return lib.f(rows)"), **ALL}
PATCHED_CLASS = {**step_with("import lib\nlib.C.m = lambda self: 2\n", "return lib.C().m()"), **ALL}
PATCHED_LAZY = {**step_with("import lib\nlib.f = lambda x: 2\n", "import lib\nreturn lib.f(rows)"), **ALL}
SETTING = {**step_with("import lib\nlib.K = 3\n", "return lib.K"), **ALL}
EDITABLE = {
    **step_with("import mine", "return mine.f(rows)"),
    "site/mine-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n\n",
    "site/mine-1.0.dist-info/RECORD": "__editable__.mine.pth,,\n",
    "site/mine-1.0.dist-info/direct_url.json": '{"dir_info": {"editable": true}, "url": "file:///src"}',
    "src/mine.py": "def f(x):\n    return 1\n",
}
IN_EDITABLE = {"path": ["site", "src"]}


def upgraded(name: str, files: dict[str, str], **options: Any) -> Pair:
    return rerun(name, files, replaced(ONE, TWO), **{**SITE, **options})


PAIRS = [
    upgraded("distribution, module", DIRECT),
    upgraded("distribution, function", FROM),
    upgraded("distribution, class", CLASS),
    upgraded("distribution, base class", BASE),
    upgraded("distribution, instance", INSTANCE),
    upgraded("distribution, constant", CONSTANT),
    upgraded("distribution, lazy import", LAZY),
    upgraded("distribution, lazy from-import", LAZY_FROM),
    upgraded("distribution, escaped module", ESCAPED),
    upgraded("distribution of a helper", HELPER),
    upgraded("distribution whose version is read", VERSION),
    rerun("requirement of the distribution", DIRECT, replaced(DEP1, DEP2), **SITE),
    rerun("requirement of a lazy import", LAZY, replaced(DEP1, DEP2), **SITE),
    rerun(
        "rebuilt under the same version",
        DIRECT,
        replaced(ONE, installed("my-lib", "1.0", {"lib.py": LIB["lib.py"] + "# rebuilt\n"}, "dep>=1")),
        **SITE,
    ),
    reuse("distribution that is not reached", DIRECT, replaced(OTHER1, OTHER2), **SITE),
    reuse("distribution imported but not used", UNUSED, replaced(ONE, TWO), **SITE),
    reuse("distribution installed in addition", DIRECT, installed("third", "1.0", {"third.py": ""}), **SITE),
    reuse(
        "extra requirement", DIRECT, {**ONE, **installed("my-lib", "1.0", LIB, "dep>=1", "other; extra == 'x'")}, **SITE
    ),
    reuse("installed file patched by hand", DIRECT, ("site/lib.py", "return 1\nclass", "return 2\nclass"), **SITE),
    rerun(
        "installed file patched by hand, strict",
        DIRECT,
        ("site/lib.py", "return 1\nclass", "return 2\nclass"),
        **SITE,
        strict=True,
    ),
    rerun("file in no record", NOT_RECORDED, ("site/dropped.py", "return 1", "return 2"), **SITE),
    reuse("comment in a file in no record", NOT_RECORDED, ("site/dropped.py", "return 1", "return 1  # one"), **SITE),
    rerun("attribute replaced by the project", PATCHED, ("x: 2", "x: 3"), **SITE),
    rerun("attribute replaced by the project, lazy import", PATCHED_LAZY, ("x: 2", "x: 3"), **SITE),
    rerun("method replaced by the project", PATCHED_CLASS, ("self: 2", "self: 3"), **SITE),
    rerun("number set by the project", SETTING, ("lib.K = 3", "lib.K = 4"), **SITE),
    rerun("editable install, body", EDITABLE, ("src/mine.py", "return 1", "return 2"), **IN_EDITABLE),
    reuse("editable install, comment", EDITABLE, ("src/mine.py", "return 1", "return 1  # one"), **IN_EDITABLE),
    reuse(
        "editable install, version",
        EDITABLE,
        ("site/mine-1.0.dist-info/METADATA", "Version: 1.0", "Version: 1.1"),
        **IN_EDITABLE,
    ),
    rerun("other function of a distribution", DIRECT, ("lib.f(rows)", "lib.C(rows)"), **SITE),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_distributions(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)


def test_a_distributions_version_is_what_the_standard_library_says():
    names = sorted({found.metadata["Name"] for found in metadata.distributions()})
    known = Distributions()
    assert [known.by_name(name).version for name in names] == [metadata.version(name) for name in names]
