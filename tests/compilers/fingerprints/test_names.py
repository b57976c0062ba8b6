"""Clause R1-R3: helpers, globals, closures and builtins are followed to what they are now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fingerprint_pairs import STEP, Pair, project, rerun, reuse, step_with

HELPERS = project(
    STEP
    + """
import features
from features import scale as rescale

LIMIT = 3

def near(x):
    return x + 1

def unused(x):
    return x

@step
def train(rows):
    return [rescale(near(row)) for row in rows if row < LIMIT]
""",
    features="""
    import conf
    from deep import down

    def scale(x, factor=2, *, offset=0):
        return down(x) * factor + offset + conf.K

    def other(x):
        return x
    """,
    deep="""
    def down(x):
        return bottom(x) - 1

    def bottom(x):
        return x / 2
    """,
    conf="K = 3\nUNUSED = 4\n",
)


RECURSIVE = step_with(
    """
def even(n):
    return n == 0 or odd(n - 1)
def odd(n):
    return n != 0 and even(n - 1)
def f(n):
    return even(n)
"""
)
CLOSURE = step_with(
    """
def make(factor, power):
    count = 0
    def inner(x):
        return x * factor
    def unused(x):
        return x * power
    return inner
f = make(2, 3)
"""
)
DECORATED = step_with(
    """
import functools
def logged(level):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args) + level
        return wrapper
    return decorate
@logged(1)
def f(x):
    return x
"""
)
BARE_DECORATED = step_with(
    """
def twice(function):
    def wrapper(*args):
        return function(*args) * 2
    return wrapper
@twice
def f(x):
    return x
"""
)

WRAPPED_STEP = {
    "main.py": STEP + "def deco(f):\n    return lambda r: f(r) + 1\n@step\n@deco\ndef train(r):\n    return r\n"
}

PAIRS = [
    rerun("helper in the same file", HELPERS, ("return x + 1", "return x + 2")),
    rerun("imported helper", HELPERS, ("features.py", "* factor", "/ factor")),
    rerun("helper of a helper", HELPERS, ("deep.py", "bottom(x) - 1", "bottom(x) + 1")),
    rerun("three calls away", HELPERS, ("deep.py", "x / 2", "x / 3")),
    rerun("constant", HELPERS, ("LIMIT = 3", "LIMIT = 4")),
    rerun("constant of another module", HELPERS, ("conf.py", "K = 3", "K = 4")),
    rerun("type of a constant", HELPERS, ("conf.py", "K = 3", "K = 3.0")),
    rerun("constant gone", HELPERS, ("conf.py", "K = 3", "KK = 3")),
    rerun("default of a helper", HELPERS, ("features.py", "factor=2", "factor=3")),
    rerun("keyword-only default of a helper", HELPERS, ("features.py", "offset=0", "offset=1")),
    rerun("other helper under the same name", HELPERS, ("import scale as rescale", "import other as rescale")),
    reuse("unused helper changed", HELPERS, ("def unused(x):\n    return x", "def unused(x):\n    return x + 9")),
    reuse(
        "unused helper of the imported module",
        HELPERS,
        ("features.py", "def other(x):\n    return x", "def other(x):\n    return -x"),
    ),
    reuse("unused constant", HELPERS, ("conf.py", "UNUSED = 4", "UNUSED = 5")),
    reuse("comment in a helper", HELPERS, ("deep.py", "return x / 2", "return x / 2  # half")),
    reuse("docstring in a helper", HELPERS, ("deep.py", "    return x / 2", "    'Half.'\n    return x / 2")),
    reuse("annotations in a helper", HELPERS, ("deep.py", "def bottom(x):", "def bottom(x: float) -> float:")),
    reuse("annotated constant", HELPERS, ("conf.py", "K = 3", "K: int = 3")),
    reuse("constant written otherwise", HELPERS, ("conf.py", "K = 3", "K = 1 + 2")),
    reuse(
        "helpers reordered",
        HELPERS,
        ("deep.py", HELPERS["deep.py"], "def bottom(x):\n    return x / 2\n\ndef down(x):\n    return bottom(x) - 1\n"),
    ),
    reuse(
        "imports reordered",
        HELPERS,
        (
            "import features\nfrom features import scale as rescale\n",
            "from features import scale as rescale\nimport features\n",
        ),
    ),
    reuse(
        "import alias",
        HELPERS,
        ("features.py", "import conf", "import conf as settings"),
        ("features.py", "conf.K", "settings.K"),
    ),
    reuse("unrelated file", HELPERS, {"unrelated.py": "X = 1\n"}),
    reuse("helper file has another line ending", HELPERS, ("deep.py", "\n", "\r\n")),
    reuse(
        "helper moved to another module",
        HELPERS,
        ("features.py", "from deep import down", "from deeper import down"),
        {"deeper.py": HELPERS["deep.py"]},
    ),
    rerun("recursion base", RECURSIVE, ("n == 0 or", "n == 1 or")),
    rerun("recursion partner", RECURSIVE, ("n != 0 and", "n != 1 and")),
    rerun("recursion swapped", RECURSIVE, ("return even(n)", "return odd(n)")),
    reuse("recursion commented", RECURSIVE, ("n == 0 or", "(n == 0) or")),
    rerun(
        "default of a step that calls itself",
        {"main.py": STEP + "@step\ndef train(rows, depth=3):\n    return train(rows[1:]) + depth if rows else depth\n"},
        ("depth=3", "depth=4"),
    ),
    rerun("cell value", CLOSURE, ("make(2, 3)", "make(5, 3)")),
    rerun("closure body", CLOSURE, ("x * factor", "x + factor")),
    reuse("cell that is not read", CLOSURE, ("make(2, 3)", "make(2, 4)")),
    reuse("sibling of the closure", CLOSURE, ("x * power", "x - power")),
    reuse("cell renamed", CLOSURE, ("factor", "times")),
    rerun("decorator argument", DECORATED, ("@logged(1)", "@logged(2)")),
    rerun("decorator body", DECORATED, ("function(*args) + level", "function(*args) - level")),
    rerun("decorated function", DECORATED, ("return x\n", "return -x\n")),
    rerun("decorator removed", DECORATED, ("@logged(1)\n", "")),
    rerun("decorator without wraps", BARE_DECORATED, ("* 2", "* 3")),
    rerun("function under a decorator without wraps", BARE_DECORATED, ("return x\n", "return x + 1\n")),
    rerun(
        "decorator added above the step",
        step_with("def deco(f):\n    return f\ndef other(f):\n    return lambda r: f(r)", "return rows"),
        ("@step\n", "@step\n@other\n"),
    ),
    rerun("body of a decorator under the step", WRAPPED_STEP, ("+ 1", "+ 2")),
    rerun("decorated step body", WRAPPED_STEP, ("return r\n", "return -r\n")),
    reuse(
        "decorated step renamed with wraps",
        {
            "main.py": STEP
            + "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def wrapper(r):\n        return f(r)\n    return wrapper\n@step\n@deco\ndef train(r):\n    return r\n"
        },
        ("def train(r):\n    return r\n", "def fit(r):\n    return r\ntrain = fit\n"),
    ),
    rerun("builtin shadowed", step_with("def f(x):\n    return len(x)"), ("def f", "def len(x):\n    return 0\ndef f")),
    rerun(
        "builtin shadowed later in the file",
        step_with("def f(x):\n    return len(x)"),
        ("return f(rows)", "return f(rows)\n\n\ndef len(x):\n    return 0"),
    ),
    rerun(
        "builtin shadowed by an import",
        step_with("def f(x):\n    return sum(x)", mine="def sum(x):\n    return 1\n"),
        ("def f", "from mine import sum\ndef f"),
    ),
    rerun(
        "builtin replaced",
        step_with("def f(x):\n    return ascii(x)"),
        ("def f", "import builtins\nbuiltins.ascii = lambda x: 0\ndef f"),
    ),
    rerun(
        "missing name appears",
        step_with("def f(x):\n    return helper(x)"),
        ("def f", "def helper(x):\n    return x\ndef f"),
    ),
    rerun(
        "definition overridden later",
        step_with("def f(x):\n    return 1"),
        ("return f(rows)", "return f(rows)\n\n\ndef f(x):\n    return 2"),
    ),
    rerun(
        "conditional definition",
        step_with("FAST = True\nif FAST:\n    def f(x):\n        return 1\nelse:\n    def f(x):\n        return 2"),
        ("FAST = True", "FAST = False"),
    ),
    reuse(
        "the other branch of a conditional definition",
        step_with("FAST = True\nif FAST:\n    def f(x):\n        return 1\nelse:\n    def f(x):\n        return 2"),
        ("return 2", "return 3"),
    ),
    rerun(
        "fallback of a failing import",
        step_with("try:\n    from fast import f\nexcept ImportError:\n    def f(x):\n        return 1"),
        {"fast.py": "def f(x):\n    return 2\n"},
    ),
    rerun(
        "monkeypatched helper",
        step_with("import helpers\ndef f(x):\n    return helpers.scale(x)", helpers="def scale(x):\n    return x\n"),
        ("def f", "helpers.scale = lambda x: -x\ndef f"),
    ),
    rerun(
        "monkeypatch in a third module",
        step_with(
            "import helpers, patches\ndef f(x):\n    return helpers.scale(x)",
            helpers="def scale(x):\n    return x\n",
            patches="import helpers\ndef fast(x):\n    return 1\nhelpers.scale = fast\n",
        ),
        ("patches.py", "return 1", "return 2"),
    ),
    rerun(
        "patched standard library",
        step_with("import math\ndef f(x):\n    return math.sqrt(x)"),
        ("def f", "math.sqrt = lambda x: 0\ndef f"),
    ),
    rerun(
        "patch of the standard library changed",
        step_with("import math\nmath.sqrt = lambda x: 0\ndef f(x):\n    return math.sqrt(x)"),
        ("x: 0", "x: 1"),
    ),
    rerun(
        "patched method of a class of the standard library",
        step_with("import fractions\ndef f(x):\n    return fractions.Fraction(x)"),
        ("def f", "fractions.Fraction.extra = lambda self: 0\ndef f"),
    ),
    rerun(
        "number in the standard library",
        step_with("import math\ndef f(x):\n    return math.pi"),
        ("def f", "math.pi = 3\ndef f"),
    ),
    rerun("function attribute", step_with("def f(x):\n    return f.k\nf.k = 1"), ("f.k = 1", "f.k = 2")),
    rerun(
        "function code replaced",
        step_with("def f(x):\n    return 1\ndef g(x):\n    return 2"),
        ("@step", "f.__code__ = g.__code__\n\n@step"),
    ),
    rerun("defaults replaced", step_with("def f(x, y=1):\n    return y"), ("@step", "f.__defaults__ = (2,)\n\n@step")),
    rerun("mutable default", step_with("def f(x, seen=[1]):\n    return seen"), ("[1]", "[2]")),
    rerun("lambda", step_with("f = lambda x: x + 1"), ("x + 1", "x + 2")),
    rerun("second lambda on a line", step_with("f, g = (lambda x: x + 1), (lambda x: x + 2)"), ("f, g", "g, f")),
    reuse("other lambda on the line", step_with("f, g = (lambda x: x + 1), (lambda x: x + 2)"), ("x + 2", "x + 3")),
    rerun(
        "lambda in a container", step_with("F = {'a': lambda x: 1}\ndef f(x):\n    return F['a'](x)"), ("x: 1", "x: 2")
    ),
    rerun(
        "partial argument",
        step_with("import functools\ndef g(x, k):\n    return k\nf = functools.partial(g, k=1)"),
        ("k=1)", "k=2)"),
    ),
    rerun(
        "partial function",
        step_with("import functools\ndef g(x, k):\n    return k\nf = functools.partial(g, k=1)"),
        ("return k", "return -k"),
    ),
    rerun(
        "lru_cache function",
        step_with("import functools\n@functools.lru_cache\ndef f(x):\n    return 1"),
        ("return 1", "return 2"),
    ),
    reuse(
        "lru_cache filled at import",
        step_with("import functools\n@functools.lru_cache\ndef f(x):\n    return 1"),
        ("@step", "f(3)\n\n@step"),
    ),
    rerun(
        "context manager",
        step_with(
            "import contextlib\n@contextlib.contextmanager\ndef ctx():\n    yield 1\ndef f(x):\n    with ctx() as c:\n        return c"
        ),
        ("yield 1", "yield 2"),
    ),
    rerun(
        "generator helper", step_with("def g():\n    yield 1\ndef f(x):\n    return list(g())"), ("yield 1", "yield 2")
    ),
    rerun("async helper", step_with("async def f(x):\n    return 1"), ("return 1", "return 2")),
    rerun(
        "reduce",
        step_with("import functools\ndef add(a, b):\n    return a + b\ndef f(x):\n    return functools.reduce(add, x)"),
        ("a + b", "a - b"),
    ),
    rerun("itemgetter", step_with("import operator\nf = operator.itemgetter(1)"), ("itemgetter(1)", "itemgetter(2)")),
    rerun("method of a constant", step_with("f = 'a'.join"), ("'a'", "'b'")),
    rerun("step called by a step", step_with("@step\ndef f(x, k=1):\n    return x"), ("return x\n", "return -x\n")),
    rerun("default of a step called by a step", step_with("@step\ndef f(x, k=1):\n    return k"), ("k=1", "k=2")),
    reuse(
        "options of a step called by a step",
        step_with("@step\ndef f(x, k=1):\n    return k"),
        ("@step\ndef f", "@step(retries=2)\ndef f"),
    ),
    rerun(
        "written global",
        step_with(
            "X = 1\ndef g():\n    global X\n    X = 2\ndef f(x):\n    g()\n    return X",
        ),
        ("    X = 2", "    X = 3"),
    ),
    rerun(
        "other global written",
        step_with("X = 1\nY = 1\ndef g():\n    global X, Y\n    X = 2\ndef f(x):\n    g()\n    return X"),
        ("    X = 2", "    Y = 2"),
    ),
    rerun(
        "other global read, equal now",
        step_with("X = 1\nY = 1\ndef g():\n    global X\n    X = 2\ndef f(x):\n    g()\n    return X"),
        ("return X", "return Y"),
    ),
    rerun(
        "private name in a class",
        step_with(
            "def __h(x):\n    return 1\ndef _C__h(x):\n    return 2\nclass C:\n    def m(self, x):\n        return __h(x)\ndef f(x):\n    return C().m(x)"
        ),
        ("return 2", "return 3"),
    ),
    rerun(
        "lambda in a default", step_with("def f(x, key=lambda v: v + K):\n    return key(x)\nK = 1"), ("K = 1", "K = 2")
    ),
    rerun("default computed from a global", step_with("K = 1\ndef f(x, k=K):\n    return k"), ("K = 1", "K = 2")),
    rerun("docstring that is read", step_with("def f(x):\n    'One.'\n    return f.__doc__"), ("'One.'", "'Two.'")),
    rerun(
        "docstring read by getattr",
        step_with("def f(x):\n    'One.'\n    return getattr(f, '__doc__')"),
        ("'One.'", "'Two.'"),
    ),
    rerun(
        "annotations that are read", step_with("def f(x: int):\n    return f.__annotations__"), ("x: int", "x: float")
    ),
    rerun(
        "type hints that are read",
        step_with("import typing\ndef f(x: int):\n    return typing.get_type_hints(f)"),
        ("x: int", "x: float"),
    ),
    rerun(
        "source that is read",
        step_with("import inspect\ndef f(x):\n    return inspect.getsource(f)"),
        ("    return inspect", "    # note\n    return inspect"),
    ),
    rerun(
        "name that is read",
        step_with("def g(x):\n    return 1\ndef f(x):\n    return g.__name__"),
        ("def g(x)", "def h(x)"),
        ("g.__name__", "h.__name__"),
    ),
    rerun(
        "module name that is read",
        step_with("def f(x):\n    return __name__"),
        ("return __name__", "return __name__ + 'x'"),
    ),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_names(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)
