"""Clause N: what of a function's own code counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fingerprint_pairs import Pair, project, rerun, reuse

BASE = project(
    """
    from penstock import step

    @step
    def train(rows, rate=0.1):
        '''Train.'''
        # a comment
        total = 0
        for row in rows:
            if row > 3:
                total += row * 2
            else:
                total -= 1
        return total * rate
    """
)


def body(text: str, head: str = "rows") -> dict[str, str]:
    """Write a step with this body."""
    lines = "\n".join(f"    {line}" for line in text.strip("\n").splitlines())
    return {"main.py": f"from penstock import step\n\n@step\ndef train({head}):\n{lines}\n"}


def same(name: str, before: str, after: str, **options: object) -> Pair:
    return reuse(name, body(before), body(after), **options)


def differ(name: str, before: str, after: str, **options: object) -> Pair:
    return rerun(name, body(before), body(after), **options)


PAIRS = [
    reuse("nothing", BASE),
    reuse("comment changed", BASE, ("# a comment", "# another comment")),
    reuse("comment removed", BASE, ("    # a comment\n", "")),
    reuse("docstring changed", BASE, ("'''Train.'''", "'''Train a model.\n\n    Longer.\n    '''")),
    reuse("docstring removed", BASE, ("    '''Train.'''\n", "")),
    reuse("blank lines", BASE, ("total = 0", "\n\n    total = 0\n\n")),
    reuse("moved down", BASE, ("@step", "\n\n# far\n\n@step")),
    reuse("indented deeper", BASE, ("            total += row * 2", "                  total += row * 2")),
    reuse("annotations added", BASE, ("(rows, rate=0.1)", "(rows: list[int], rate: float = 0.1) -> float")),
    reuse("variable annotated", BASE, ("total = 0", "total: int = 0")),
    reuse("local renamed", BASE, ("total", "accumulated")),
    reuse(
        "loop variable renamed",
        BASE,
        ("for row in rows", "for item in rows"),
        ("row > 3", "item > 3"),
        ("row * 2", "item * 2"),
    ),
    reuse("future annotations", BASE, ("from penstock", "from __future__ import annotations\nfrom penstock")),
    reuse("decorator options", BASE, ("@step", "@step(retries=3)")),
    reuse(
        "step renamed", BASE, ("def train", "def fit"), ("return total * rate", "return total * rate\n\n\ntrain = fit")
    ),
    reuse("default of the step", BASE, ("rate=0.1", "rate=0.2")),
    reuse("unrelated function added", BASE, ("@step", "def other():\n    return 1\n\n@step")),
    reuse("unrelated constant added", BASE, ("@step", "OTHER = 1\n\n@step")),
    reuse("unrelated import added", BASE, ("@step", "import json\n\n@step")),
    rerun("constant", BASE, ("row > 3", "row > 4")),
    rerun("operator", BASE, ("row > 3", "row >= 3")),
    rerun("augmented operator", BASE, ("total -= 1", "total += 1")),
    rerun("arithmetic", BASE, ("row * 2", "row ** 2")),
    rerun("return", BASE, ("return total * rate", "return total")),
    rerun("order of operands", BASE, ("total * rate", "rate * total")),
    rerun("parameter renamed", BASE, ("rate", "speed")),
    rerun("parameter added", BASE, ("rate=0.1", "rate=0.1, more=None")),
    rerun(
        "statement moved out of the loop",
        BASE,
        ("            total -= 1\n    return", "            pass\n    total -= 1\n    return"),
    ),
    rerun("made a generator", BASE, ("return total * rate", "yield total * rate")),
    rerun("made async", BASE, ("def train", "async def train")),
    same("quotes", "return 'a' + \"b\"", "return \"a\" + 'b'"),
    same("parentheses", "return (rows + 1) * 2", "return ((rows) + (1)) * (2)"),
    same("line breaks", "return f(rows, 1)", "return f(\n    rows,\n    1,\n)"),
    same("pass dropped", "pass\nreturn rows", "return rows"),
    same("lone constant dropped", "...\nreturn rows", "return rows"),
    same("lone string dropped", "x = rows\n'note'\nreturn x", "x = rows\nreturn x"),
    same("semicolons", "a = 1\nb = 2\nreturn a + b", "a = 1; b = 2; return a + b"),
    same("backslash", "return rows + 1", "return rows + \\\n    1"),
    same(
        "elif",
        "if rows:\n    return 1\nelif rows is None:\n    return 2",
        "if rows:\n    return 1\nelse:\n    if rows is None:\n        return 2",
    ),
    same("folded arithmetic", "return rows * 3600", "return rows * (60 * 60)"),
    same("string pieces", "return 'ab'", "return 'a' 'b'"),
    same("hexadecimal", "return rows + 255", "return rows + 0xFF"),
    same("underscores in numbers", "return 1000000", "return 1_000_000"),
    same(
        "exception name",
        "try:\n    return rows\nexcept ValueError as e:\n    return str(e)",
        "try:\n    return rows\nexcept ValueError as problem:\n    return str(problem)",
    ),
    same("with name", "with open(rows) as f:\n    return f.read()", "with open(rows) as file:\n    return file.read()"),
    same("comprehension variable", "return [x * 2 for x in rows]", "return [row * 2 for row in rows]"),
    same("walrus name", "return (n := len(rows)) + n", "return (size := len(rows)) + size"),
    same(
        "nested function called only",
        "def inner(a):\n    return a + 1\nreturn inner(rows)",
        "def local(a):\n    return a + 1\nreturn local(rows)",
    ),
    same(
        "match capture",
        "match rows:\n    case [first, *rest]:\n        return first",
        "match rows:\n    case [head, *tail]:\n        return head",
    ),
    same("local annotated without value", "x: int\nx = 1\nreturn x", "x = 1\nreturn x"),
    same(
        "lambda on other lines",
        "return sorted(rows, key=lambda r: -r)",
        "return sorted(\n    rows,\n    key=lambda r: -r,\n)",
    ),
    same(
        "import alias of a local import",
        "import math as m\nreturn m.sin(rows)",
        "import math as mathematics\nreturn mathematics.sin(rows)",
    ),
    same("type-only import inside", "from typing import Any\nx: Any = rows\nreturn x", "x = rows\nreturn x"),
    same(
        "nested annotations",
        "def inner(a: int) -> int:\n    return a\nreturn inner(rows)",
        "def inner(a):\n    return a\nreturn inner(rows)",
    ),
    same(
        "nested docstring",
        "def inner(a):\n    'Doc.'\n    return a\nreturn inner(rows)",
        "def inner(a):\n    return a\nreturn inner(rows)",
    ),
    same(
        "annotations of a nested function with a quoted one",
        "def inner(a: 'int', b: object = None) -> 'int':\n    def deep(c: int):\n        return c\n    return deep(a)\nreturn inner(rows)",
        "def inner(a, b=None):\n    def deep(c):\n        return c\n    return deep(a)\nreturn inner(rows)",
    ),
    same(
        "local beside np.stack",
        "import math\nparts = [rows]\nreturn math.stack(parts)",
        "import math\npieces = [rows]\nreturn math.stack(pieces)",
    ),
    same("local beside dir of a value", "found = rows\nreturn dir(found)", "seen = rows\nreturn dir(seen)"),
    same("identical lambdas on a line", "return [lambda x: x, lambda x: x]", "return [lambda x: x, (lambda x: x)]"),
    differ(
        "local that a query reads",
        "limit = 1\nreturn rows.query('a > @limit')",
        "bound = 1\nreturn rows.query('a > @limit')",
    ),
    same("global statement order", "global A, B\nA = 1\nB = 2", "global B, A\nA = 1\nB = 2"),
    differ("int and float", "return rows + 1", "return rows + 1.0"),
    differ("one and true", "return [1]", "return [True]"),
    differ("zero and minus zero", "return 0.0", "return -0.0"),
    differ("text and bytes", "return 'a'", "return b'a'"),
    differ("complex", "return 1j", "return 2j"),
    differ("none and ellipsis", "return None", "return ..."),
    differ("big integer", "return 10**30", "return 10**30 + 1"),
    differ("tuple and list", "return (1, 2)", "return [1, 2]"),
    differ("set and tuple", "return {1, 2}", "return (1, 2)"),
    differ("float digits", "return 0.1", "return 0.10000000000000002"),
    differ("format spec", "return f'{rows:.2f}'", "return f'{rows:.3f}'"),
    differ("conversion", "return f'{rows!r}'", "return f'{rows!s}'"),
    differ("literal part of an f-string", "return f'a{rows}'", "return f'b{rows}'"),
    differ("self-documenting f-string", "x = rows\nreturn f'{x=}'", "y = rows\nreturn f'{y=}'"),
    differ("keyword name", "return dict(a=rows)", "return dict(b=rows)"),
    differ("attribute", "return rows.sum()", "return rows.mean()"),
    differ("slice", "return rows[1:]", "return rows[:1]"),
    differ("step of a slice", "return rows[::2]", "return rows[::3]"),
    differ("comparison chain", "return 1 < rows < 3", "return 1 < rows <= 3"),
    differ("boolean operator", "return rows and 1", "return rows or 1"),
    differ("negation", "return not rows", "return rows"),
    differ("call removed", "rows.sort()\nreturn rows", "return rows"),
    differ("statement order", "a = f()\nb = g()\nreturn a, b", "b = g()\na = f()\nreturn a, b"),
    differ("swapped locals", "a, b = rows\nreturn a - b", "a, b = rows\nreturn b - a"),
    differ("shadowed local", "a = 1\nb = 2\nreturn a", "a = 1\nb = 2\nreturn b"),
    differ("break and continue", "for r in rows:\n    break", "for r in rows:\n    continue"),
    differ("loop else", "for r in rows:\n    x = 1\nelse:\n    x = 2\nreturn x", "for r in rows:\n    x = 1\nreturn x"),
    differ("finally", "try:\n    return 1\nfinally:\n    rows.clear()", "return 1"),
    differ(
        "exception type",
        "try:\n    f()\nexcept ValueError:\n    return 1",
        "try:\n    f()\nexcept KeyError:\n    return 1",
    ),
    differ("raise", "raise ValueError(1)", "raise ValueError(2)"),
    differ("assert", "assert rows\nreturn 1", "return 1"),
    differ("yield from", "yield from rows", "yield rows"),
    differ("star argument", "return f(*rows)", "return f(rows)"),
    differ("double star", "return f(**rows)", "return f(*rows)"),
    differ(
        "nested default",
        "def inner(a, b=1):\n    return b\nreturn inner(rows)",
        "def inner(a, b=2):\n    return b\nreturn inner(rows)",
    ),
    differ("lambda body", "return sorted(rows, key=lambda r: r)", "return sorted(rows, key=lambda r: -r)"),
    differ("comprehension condition", "return [x for x in rows if x]", "return [x for x in rows]"),
    differ("generator and list", "return sum([x for x in rows])", "return sum(x for x in rows)"),
    differ("dict comprehension", "return {x: 1 for x in rows}", "return {1: x for x in rows}"),
    differ("walrus value", "return (n := len(rows)) + n", "return (n := len(rows) + 1) + n"),
    differ(
        "match pattern",
        "match rows:\n    case [1, *_]:\n        return 1",
        "match rows:\n    case [2, *_]:\n        return 1",
    ),
    differ(
        "match guard",
        "match rows:\n    case x if x > 1:\n        return 1",
        "match rows:\n    case x if x > 2:\n        return 1",
    ),
    differ(
        "match class keyword",
        "match rows:\n    case complex(real=r):\n        return r",
        "match rows:\n    case complex(imag=r):\n        return r",
    ),
    differ("delete", "x = [rows]\ndel x[0]\nreturn x", "x = [rows]\nreturn x"),
    differ(
        "nonlocal",
        "n = 0\ndef f():\n    nonlocal n\n    n = 1\nf()\nreturn n",
        "n = 0\ndef f():\n    n = 1\nf()\nreturn n",
    ),
    differ("global", "global X\nX = 1\nreturn X", "X = 1\nreturn X"),
    differ("unpacking", "a, *b = rows\nreturn b", "*b, a = rows\nreturn b"),
    differ("dead branch", "if 0:\n    return 1\nreturn 2", "if 0:\n    return 3\nreturn 2"),
    differ("printed text", "print('a')\nreturn rows", "print('b')\nreturn rows"),
    differ("local name seen by locals()", "a = 1\nreturn locals()", "b = 1\nreturn locals()"),
    differ("bare annotation hides a global", "x: int\nreturn x", "return x"),
    differ(
        "name of a nested function that escapes",
        "def one(a):\n    return a\nreturn one",
        "def two(a):\n    return a\nreturn two",
    ),
    differ(
        "annotation of a local dataclass",
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int\nreturn A(rows)",
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n    y: int\nreturn A(rows)",
    ),
    rerun("keyword-only", body("return 1", "rows, a"), body("return 1", "rows, *, a")),
    rerun("positional-only", body("return 1", "rows, a"), body("return 1", "rows, /, a")),
    rerun("star parameter", body("return 1", "rows"), body("return 1", "*rows")),
    rerun("order of parameters", body("return a - b", "a, b"), body("return a - b", "b, a")),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_normal_form(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)
