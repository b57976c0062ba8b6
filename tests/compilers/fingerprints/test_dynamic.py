"""Clause D: what cannot be resolved is widened, never guessed, and narrowed by a declaration only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fingerprint_pairs import Pair, fingerprint_all, rerun, reuse, step_with

TOOLS = {"tools.py": "def f(x):\n    return x * 2\n\nK = 1\n", "unrelated.py": "U = 1\n"}
COMPUTED = {**step_with("import importlib", "return importlib.import_module(rows).f(1)"), **TOOLS}
ALIASED = {**step_with("from importlib import import_module as load", "return load(rows).f(1)"), **TOOLS}
PASSED = {**step_with("import importlib", "return list(map(importlib.import_module, rows))"), **TOOLS}
PACKAGE = {
    **step_with("import importlib", "return importlib.import_module(f'plugins.{rows}').f(1)"),
    "plugins/__init__.py": "",
    "plugins/a.py": "def f(x):\n    return 1\n",
    "unrelated.py": "U = 1\n",
}
GLOBALS = step_with("def f(x):\n    return 1\nU = 1\n", "return globals()[rows](1)")
EVALUATED = step_with("def f(x):\n    return 1\nU = 1\n", "return eval(rows)")
LITERAL = step_with("def f(x):\n    return 1\nU = 1\n", "return eval('f(2)')")
EXECUTED = step_with("def f(x):\n    return 1\nU = 1\n", "scope = {}\nexec(rows, globals(), scope)\nreturn scope")
MODULES = {**step_with("import sys, tools", "return sys.modules[rows].f(1)"), **TOOLS}
NAMED_MODULE = {**step_with("import sys, tools", "return sys.modules['tools'].f(1)"), **TOOLS}
OWN_MODULE = {
    **step_with("import sys\ndef f(x):\n    return 1\n", "return getattr(sys.modules[__name__], rows)(1)"),
    **TOOLS,
}
WALKED = {**step_with("import pkgutil", "return [m.name for m in pkgutil.iter_modules(['.'])]"), **TOOLS}
FRAMES = step_with("import sys\nU = 1\n", "return sys._getframe().f_globals[rows]")
METHOD = step_with("class C:\n    def f(self):\n        return 1\n", "return getattr(C(), rows)()")
DECLARED = {"modules": ["tools"]}

PAIRS = [
    rerun("computed import, any file", COMPUTED, ("tools.py", "x * 2", "x * 3")),
    rerun("computed import, unrelated file", COMPUTED, ("unrelated.py", "U = 1", "U = 2")),
    rerun("computed import, file added", COMPUTED, {"more.py": "X = 1\n"}),
    reuse("computed import, comment", COMPUTED, ("unrelated.py", "U = 1", "U = 1  # one")),
    reuse("computed import, docstring", COMPUTED, ("tools.py", "    return x", "    'F.'\n    return x")),
    rerun("computed import under an alias", ALIASED, ("unrelated.py", "U = 1", "U = 2")),
    rerun("import function passed on", PASSED, ("unrelated.py", "U = 1", "U = 2")),
    rerun("declared modules, one of them", COMPUTED, ("tools.py", "x * 2", "x * 3"), **DECLARED),
    reuse("declared modules, another", COMPUTED, ("unrelated.py", "U = 1", "U = 2"), **DECLARED),
    rerun("declared module that is missing, then there", COMPUTED, {"nope.py": "X = 1\n"}, modules=["nope"]),
    rerun("import from a package by a computed name", PACKAGE, ("plugins/a.py", "return 1", "return 2")),
    rerun("plugin added to the package", PACKAGE, {"plugins/b.py": "def f(x):\n    return 3\n"}),
    reuse("outside the package", PACKAGE, ("unrelated.py", "U = 1", "U = 2")),
    rerun("globals by a computed name", GLOBALS, ("return 1", "return 2")),
    rerun("any global", GLOBALS, ("U = 1", "U = 2")),
    rerun("eval of a variable", EVALUATED, ("return 1", "return 2")),
    rerun("eval of a text", LITERAL, ("return 1", "return 2")),
    reuse("beside eval of a text", LITERAL, ("U = 1", "U = 2")),
    rerun("exec of a variable", EXECUTED, ("return 1", "return 2")),
    rerun("loaded modules by a computed name", MODULES, ("tools.py", "x * 2", "x * 3")),
    rerun("loaded module by its name", NAMED_MODULE, ("tools.py", "x * 2", "x * 3")),
    reuse("another than the loaded module named", NAMED_MODULE, ("unrelated.py", "U = 1", "U = 2")),
    rerun("own module by its name", OWN_MODULE, ("return 1", "return 2")),
    rerun("walk over modules", WALKED, ("unrelated.py", "U = 1", "U = 2")),
    rerun("frames", FRAMES, ("U = 1", "U = 2")),
    rerun("method by a computed name", METHOD, ("return 1", "return 2")),
    rerun("code made by exec at import", step_with("exec('def f(x):\\n    return 1')"), ("return 1", "return 2")),
    reuse("code made by exec again", step_with("exec('def f(x):\\n    return 1')"), ("exec('def", "exec( 'def")),
    rerun("code made by eval at import", step_with("f = eval('lambda x: 1')"), ("x: 1", "x: 2")),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_dynamic(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)


def test_a_computed_import_is_told_once_with_what_to_do(tmp_path: object) -> None:
    results = fingerprint_all(PAIRS[:1], tmp_path)  # type: ignore[arg-type]  # a Path
    ((before, _),) = results.values()
    assert before["warnings"] == [
        "main.train uses importlib.import_module with a name or text computed at run time: "
        "every source file of the project counts; declare modules=[...] to narrow it"
    ]


def test_a_declaration_silences_the_warning(tmp_path: object) -> None:
    declared = [pair for pair in PAIRS if pair.name == "declared modules, another"]
    ((before, _),) = fingerprint_all(declared, tmp_path).values()  # type: ignore[arg-type]  # a Path
    assert before["warnings"] == []
