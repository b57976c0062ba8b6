"""Clause N1: code without source, or whose source says something else by now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fingerprint_pairs import Pair, rerun, reuse, step_with

TOOLS = {"tools.py": "def f(x):\n    return x * 2\n"}
USING = {**step_with("from tools import f"), **TOOLS}
COMPILE = (
    "import py_compile, os, sys\n"
    "if os.path.exists('tools.py'):\n"
    "    py_compile.compile('tools.py', 'tools.pyc')\n"
    "    os.remove('tools.py')\n"
)
COMPILED = {**step_with(COMPILE + "from tools import f"), **TOOLS}
STALE = "open('tools.py', 'w').write('def f(x):\\n    return 0\\n')"
MOVED = "open('tools.py', 'w').write('# moved\\n\\n\\ndef f(x):\\n    return x * 2\\n')"
GONE = "import os; os.remove('tools.py')"
BROKEN = "open('tools.py', 'w').write('def f(:')"
REPLACED = "import tools; tools.f = eval('lambda x: 5')"
RUN_CELL = (
    "import linecache; S = open('cell.txt').read(); NAME = S.split()[1]; "
    "linecache.cache[NAME] = (len(S), None, S.splitlines(True), NAME); exec(compile(S, NAME, 'exec'))"
)
CELL = {"main.py": "", "cell.txt": "# <cell-1>\ndef f(x):\n    return x * 2\ndef train(rows):\n    return f(rows)\n"}
IN_CELL = {"actions": [RUN_CELL]}
EXTENSION = step_with("from _bisect import bisect_left as f")

PAIRS = [
    rerun("compiled file, body", COMPILED, ("tools.py", "x * 2", "x * 3")),
    reuse("compiled file, comment", COMPILED, ("tools.py", "x * 2", "x * 2  # twice")),
    reuse("compiled file, docstring", COMPILED, ("tools.py", "    return", "    'Doc.'\n    return")),
    reuse("compiled file, moved", COMPILED, ("tools.py", "def f", "\n\n\ndef f")),
    rerun("file edited after import, code edited before", USING, ("tools.py", "x * 2", "x * 3"), actions=[STALE]),
    reuse("file edited after import", USING, ("tools.py", "x * 2", "x * 2  # twice"), actions=[STALE]),
    rerun("file gone after import", USING, ("tools.py", "x * 2", "x * 3"), actions=[GONE]),
    rerun("file broken after import", USING, ("tools.py", "x * 2", "x * 3"), actions=[BROKEN]),
    reuse("file moved its definition after import", USING, ("tools.py", "x * 2", "x * 2  # twice"), actions=[MOVED]),
    rerun("function replaced at run time", USING, ("main.py", "@step", f"{REPLACED}\nf = tools.f\n@step")),
    rerun("cell of a notebook", CELL, ("cell.txt", "x * 2", "x * 3"), **IN_CELL),
    reuse(
        "comment in a cell of a notebook",
        CELL,
        ("cell.txt", "    return x * 2", "    # note\n    return x * 2"),
        **IN_CELL,
    ),
    reuse("name of the cell", CELL, ("cell.txt", "<cell-1>", "<cell-7>"), **IN_CELL),
    reuse("docstring in a cell", CELL, ("cell.txt", "    return x * 2", "    'Doc.'\n    return x * 2"), **IN_CELL),
    rerun("compiled function", EXTENSION, ("bisect_left", "bisect_right")),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_sourceless(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)
