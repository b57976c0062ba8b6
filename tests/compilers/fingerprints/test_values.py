"""Clause V: values of globals and cells count by type and content."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from fingerprint_pairs import Pair, rerun, reuse, step_with


def value(head: str, expression: str) -> dict[str, str]:
    return step_with(f"{head}\nV = {expression}", "return V")


def differ(name: str, before: str, after: str, head: str = "") -> Pair:
    return rerun(name, value(head, before), value(head, after))


def same(name: str, before: str, after: str, head: str = "") -> Pair:
    return reuse(name, value(head, before), value(head, after))


NUMPY = "import numpy as np"
PANDAS = "import pandas as pd"
POINT = "class Point:\n    def __init__(self, x, y=0):\n        self.x = x\n        self.y = y\n    def norm(self):\n        return self.x + self.y\n"
SLOTS = "class Point:\n    __slots__ = ('x', 'y')\n    def __init__(self, x):\n        self.x = x\n"
COLOR = "import enum\nclass Color(enum.Enum):\n    RED = 1\n    BLUE = 2\n"
LOCKED = "import threading\nclass Counter:\n    def __init__(self, n):\n        self.n = n\n        self.lock = threading.Lock()\n"
OWN = "class Mine:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n    def __penstock_digest__(self):\n        return self.a\n"
GENERATOR = "def count(n):\n    yield from range(n)\n"

PAIRS = [
    differ("int", "1", "2"),
    differ("bool and int", "True", "1"),
    differ("float and int", "1.0", "1"),
    differ("sign of zero", "0.0", "-0.0"),
    differ("huge int", "2**70", "2**70 + 1"),
    differ("negative", "-5", "5"),
    differ("text", "'a'", "'b'"),
    differ("text and bytes", "'a'", "b'a'"),
    differ("bytearray", "bytearray(b'a')", "bytearray(b'b')"),
    differ("bytes and bytearray", "b'a'", "bytearray(b'a')"),
    differ("none", "None", "0"),
    differ("ellipsis", "...", "None"),
    differ("complex", "1+2j", "1-2j"),
    differ("list element", "[1, 2]", "[1, 3]"),
    differ("list order", "[1, 2]", "[2, 1]"),
    differ("list nesting", "[1, [2]]", "[[1], 2]"),
    differ("list of texts", "['ab', 'c']", "['a', 'bc']"),
    differ("list and tuple", "[1]", "(1,)"),
    differ("tuple of list", "([1],)", "([2],)"),
    differ("dict value", "{'a': 1}", "{'a': 2}"),
    differ("dict key", "{'a': 1}", "{'b': 1}"),
    differ("dict order", "{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"),
    differ("dict key type", "{1: 1}", "{'1': 1}"),
    differ("set", "{1, 2}", "{1, 3}"),
    differ("frozenset and set", "frozenset({1})", "{1}"),
    same("set order", "{'a', 'b', 'c'}", "{'c', 'b', 'a'}"),
    same("frozenset order", "frozenset(['a', 'b', 'c'])", "frozenset(['c', 'a', 'b'])"),
    same("set of tuples", "{('a', 1), ('b', 2)}", "{('b', 2), ('a', 1)}"),
    same("set of frozensets", "{frozenset('ab'), frozenset('cd')}", "{frozenset('dc'), frozenset('ba')}"),
    same("set of functions", "{f, g}", "{g, f}", "def f():\n    return 1\ndef g():\n    return 2"),
    rerun(
        "function in a set", value("def f():\n    return 1\ndef g():\n    return 2", "{f, g}"), ("return 1", "return 3")
    ),
    same("constant computed otherwise", "list(range(3))", "[0, 1, 2]"),
    same("quotes", "'a'", '"a"'),
    differ("range", "range(3)", "range(4)"),
    differ("slice", "slice(1)", "slice(2)"),
    differ("decimal", "Decimal('1.0')", "Decimal('1.00')", "from decimal import Decimal"),
    differ("fraction", "Fraction(1, 2)", "Fraction(1, 3)", "from fractions import Fraction"),
    differ("date", "date(2024, 1, 1)", "date(2024, 1, 2)", "from datetime import date"),
    differ("datetime", "datetime(2024, 1, 1)", "datetime(2024, 1, 1, 1)", "from datetime import datetime"),
    differ(
        "time zone",
        "timezone(timedelta(hours=1))",
        "timezone(timedelta(hours=2))",
        "from datetime import timedelta, timezone",
    ),
    differ("timedelta", "timedelta(1)", "timedelta(2)", "from datetime import timedelta"),
    differ("uuid", "UUID(int=1)", "UUID(int=2)", "from uuid import UUID"),
    differ("path", "Path('a')", "Path('b')", "from pathlib import Path"),
    differ("path and text", "Path('a')", "'a'", "from pathlib import Path"),
    same(
        "path of the file",
        "Path(__file__).parent / 'data.csv'",
        "Path(__file__).parent / 'data.csv'  # here",
        "from pathlib import Path",
    ),
    differ(
        "path beside the file",
        "Path(__file__).parent / 'a.csv'",
        "Path(__file__).parent / 'b.csv'",
        "from pathlib import Path",
    ),
    same(
        "text of the file's path",
        "os.path.dirname(os.path.abspath(__file__))",
        "os.path.dirname(os.path.abspath(__file__))  # here",
        "import os",
    ),
    differ("pattern", "re.compile('a')", "re.compile('b')", "import re"),
    differ("pattern flags", "re.compile('a')", "re.compile('a', re.I)", "import re"),
    differ("deque", "deque([1])", "deque([2])", "from collections import deque"),
    differ("deque limit", "deque([1], 3)", "deque([1], 4)", "from collections import deque"),
    differ("counter", "Counter('ab')", "Counter('abb')", "from collections import Counter"),
    differ("ordered dict", "OrderedDict(a=1)", "OrderedDict(a=2)", "from collections import OrderedDict"),
    differ("default dict", "defaultdict(int)", "defaultdict(list)", "from collections import defaultdict"),
    differ("chain map", "ChainMap({'a': 1})", "ChainMap({'a': 2})", "from collections import ChainMap"),
    differ("array", "array('i', [1])", "array('i', [2])", "from array import array"),
    differ("array type", "array('i', [1])", "array('l', [1])", "from array import array"),
    differ(
        "mapping proxy",
        "MappingProxyType({'a': 1})",
        "MappingProxyType({'a': 2})",
        "from types import MappingProxyType",
    ),
    differ("simple namespace", "SimpleNamespace(a=1)", "SimpleNamespace(a=2)", "from types import SimpleNamespace"),
    differ(
        "named tuple instance", "P(1, 2)", "P(1, 3)", "from collections import namedtuple\nP = namedtuple('P', 'x y')"
    ),
    rerun(
        "named tuple fields",
        value("from collections import namedtuple\nP = namedtuple('P', 'x y')", "P(1, 2)"),
        ("'x y'", "'x z'"),
    ),
    differ("enumeration member", "Color.RED", "Color.BLUE", COLOR),
    rerun("enumeration value", value(COLOR, "Color.RED"), ("RED = 1", "RED = 3")),
    rerun(
        "enumeration order", value(COLOR, "list(Color)"), ("    RED = 1\n    BLUE = 2\n", "    BLUE = 2\n    RED = 1\n")
    ),
    rerun("enumeration alias", value(COLOR, "Color.RED"), ("BLUE = 2\n", "BLUE = 2\n    AZURE = 2\n")),
    rerun(
        "enumeration method",
        value(COLOR, "Color.RED"),
        ("BLUE = 2\n", "BLUE = 2\n    def f(self):\n        return 1\n"),
    ),
    differ("flag", "Flag.A | Flag.B", "Flag.A", "import enum\nclass Flag(enum.Flag):\n    A = 1\n    B = 2\n"),
    reuse("enumeration docstring", value(COLOR, "Color.RED"), ("    RED", "    'Doc.'\n    RED")),
    differ("instance state", "Point(1)", "Point(2)", POINT),
    rerun("instance method", value(POINT, "Point(1)"), ("self.x + self.y", "self.x - self.y")),
    reuse("instance comment", value(POINT, "Point(1)"), ("self.x + self.y", "self.x + self.y  # sum")),
    differ("slot", "Point(1)", "Point(2)", SLOTS),
    differ("slot set and unset", "Point(1)", "Point.__new__(Point)", SLOTS),
    rerun(
        "attribute set at import",
        step_with(f"{POINT}\nV = Point(1)", "return V"),
        ("V = Point(1)", "V = Point(1)\nV.z = 3"),
    ),
    rerun("list changed at import", step_with("V = [1]\nV.append(2)", "return V"), ("append(2)", "append(3)")),
    rerun(
        "dict changed by another module",
        step_with("import conf, other\n", "return conf.D", conf="D = {}\n", other="import conf\nconf.D['a'] = 1\n"),
        ("other.py", "= 1", "= 2"),
    ),
    differ("subclass of list", "L([1])", "L([2])", "class L(list):\n    pass"),
    differ("subclass of dict", "D(a=1)", "D(a=2)", "class D(dict):\n    pass"),
    differ("subclass of int", "I(1)", "I(2)", "class I(int):\n    pass"),
    differ("subclass of str", "S('a')", "S('b')", "class S(str):\n    pass"),
    differ("subclass of float", "F(1.5)", "F(2.5)", "class F(float):\n    pass"),
    differ("subclass of tuple", "T((1,))", "T((2,))", "class T(tuple):\n    pass"),
    differ("subclass of set", "S({1})", "S({2})", "class S(set):\n    pass"),
    differ("exception", "ValueError('a')", "ValueError('b')"),
    differ("exception class", "E('a')", "E('b')", "class E(Exception):\n    pass"),
    rerun("cyclic list", step_with("V = [1]\nV.append(V)", "return V"), ("V = [1]", "V = [2]")),
    rerun("sharing", step_with("A = [1]\nB = A\ndef f(x):\n    A.append(1)\n    return B"), ("B = A", "B = [1]")),
    rerun("sharing inside a value", step_with("X = [1]\nV = [X, X]", "return V"), ("[X, X]", "[X, [1]]")),
    differ("logger's use of a level", "logging.INFO", "logging.DEBUG", "import logging"),
    same("logger name", "logging.getLogger('a')", "logging.getLogger('b')", "import logging"),
    same("lock", "threading.Lock()", "threading.Lock()  # lock", "import threading"),
    differ("instance with a lock", "Counter(1)", "Counter(2)", LOCKED),
    same("instance with a lock again", "Counter(1)", "Counter(1)  # again", LOCKED),
    same("weak dictionary", "weakref.WeakValueDictionary()", "weakref.WeakValueDictionary()  # weak", "import weakref"),
    same("object used as a marker", "object()", "object()  # marker"),
    differ("generator", "count(3)", "count(4)", GENERATOR),
    same("generator again", "count(3)", "count(3)  # three", GENERATOR),
    rerun("function of a generator", value(GENERATOR, "count(3)"), ("range(n)", "range(n + 1)")),
    rerun("what a generator is made from", value(GENERATOR + "N = 3\n", "count(N)"), ("N = 3", "N = 4")),
    reuse("unrelated constant beside a generator", value(GENERATOR + "N = 3\n", "count(3)"), ("N = 3", "N = 4")),
    rerun(
        "generator of another module",
        step_with("from made import V", "return V", made=GENERATOR + "V = count(3)\n"),
        ("made.py", "count(3)", "count(4)"),
    ),
    rerun("generator in a list", value(GENERATOR, "[count(3)]"), ("count(3)", "count(4)")),
    rerun("open file", step_with("V = open('main.py')", "return V"), ("open('main.py')", "open('./main.py')")),
    same("open file again", "open('main.py')", "open('main.py')  # open"),
    same("unseeded generator", "random.Random()", "random.Random()  # any", "import random"),
    differ("seeded generator", "random.Random(1)", "random.Random(2)", "import random"),
    differ("seeded and unseeded", "random.Random(1)", "random.Random()", "import random"),
    same("hidden generator", "random.random", "random.random  # any", "import random"),
    same("imported function of the hidden generator", "shuffle", "shuffle  # any", "from random import shuffle"),
    differ("type as a value", "int", "float"),
    differ("generic alias", "list[int]", "list[float]"),
    differ("union", "int | None", "str | None"),
    differ("typing alias", "typing.Optional[int]", "typing.Optional[str]", "import typing"),
    differ("type variable", "typing.TypeVar('T', bound=int)", "typing.TypeVar('T', bound=str)", "import typing"),
    differ("own identity", "Mine(1, 2)", "Mine(2, 2)", OWN),
    same("what an own identity leaves out", "Mine(1, 2)", "Mine(1, 3)", OWN),
    rerun(
        "registered identity",
        step_with(
            "from penstock.compilers.fingerprints import digest\nclass M:\n    def __init__(self, a):\n        self.a = a\n@digest.register\ndef _(value: M):\n    return value.a\nV = M(1)",
            "return V",
        ),
        ("M(1)", "M(2)"),
    ),
    differ("array values", "np.array([1, 2])", "np.array([1, 3])", NUMPY),
    differ("array type", "np.array([1, 2])", "np.array([1, 2], dtype='int32')", NUMPY),
    differ("array shape", "np.zeros((2, 3))", "np.zeros((3, 2))", NUMPY),
    same("array order in memory", "np.array([[1, 2], [3, 4]])", "np.array([[1, 2], [3, 4]], order='F')", NUMPY),
    same("array view", "np.arange(6)[::2]", "np.array([0, 2, 4])", NUMPY),
    differ("array of objects", "np.array([1, 'a'], dtype=object)", "np.array([1, 'b'], dtype=object)", NUMPY),
    differ("array of texts", "np.array(['a'])", "np.array(['b'])", NUMPY),
    differ("masked array", "np.ma.array([1, 2], mask=[0, 1])", "np.ma.array([1, 2], mask=[1, 0])", NUMPY),
    same("value under a mask", "np.ma.array([1, 2], mask=[0, 1])", "np.ma.array([1, 3], mask=[0, 1])", NUMPY),
    differ(
        "structured array",
        "np.array([(1, 2)], dtype=[('a', 'i4'), ('b', 'i4')])",
        "np.array([(1, 2)], dtype=[('a', 'i4'), ('c', 'i4')])",
        NUMPY,
    ),
    differ("numpy scalar", "np.float64(1)", "np.float32(1)", NUMPY),
    differ("dtype", "np.dtype('f8')", "np.dtype('f4')", NUMPY),
    differ("ufunc", "np.sin", "np.cos", NUMPY),
    rerun(
        "ufunc made of a function",
        value(f"{NUMPY}\ndef g(x):\n    return x + 1", "np.frompyfunc(g, 1, 1)"),
        ("x + 1", "x + 2"),
    ),
    rerun("vectorized function", value(f"{NUMPY}\ndef g(x):\n    return x + 1", "np.vectorize(g)"), ("x + 1", "x + 2")),
    differ("numpy generator", "np.random.default_rng(1)", "np.random.default_rng(2)", NUMPY),
    same("unseeded numpy generator", "np.random.default_rng()", "np.random.default_rng()  # any", NUMPY),
    differ("frame value", "pd.DataFrame({'a': [1]})", "pd.DataFrame({'a': [2]})", PANDAS),
    differ("frame column name", "pd.DataFrame({'a': [1]})", "pd.DataFrame({'b': [1]})", PANDAS),
    differ("frame column order", "pd.DataFrame({'a': [1], 'b': [1]})", "pd.DataFrame({'b': [1], 'a': [1]})", PANDAS),
    differ("frame index", "pd.DataFrame({'a': [1]}, index=[1])", "pd.DataFrame({'a': [1]}, index=[2])", PANDAS),
    differ("frame type", "pd.DataFrame({'a': [1]})", "pd.DataFrame({'a': [1.0]})", PANDAS),
    differ("frame of mixed objects", "pd.DataFrame({'a': [1, '1']})", "pd.DataFrame({'a': ['1', 1]})", PANDAS),
    differ("series name", "pd.Series([1], name='a')", "pd.Series([1], name='b')", PANDAS),
    differ(
        "categories",
        "pd.Series(['a'], dtype=pd.CategoricalDtype(['a', 'b']))",
        "pd.Series(['a'], dtype=pd.CategoricalDtype(['b', 'a']))",
        PANDAS,
    ),
    differ(
        "time zone of a column",
        "pd.Series(pd.to_datetime(['2024-01-01'])).dt.tz_localize('UTC')",
        "pd.Series(pd.to_datetime(['2024-01-01'])).dt.tz_localize('CET')",
        PANDAS,
    ),
    same(
        "frame copy",
        "pd.DataFrame({'a': [1, 2]})",
        "pd.concat([pd.DataFrame({'a': [1]}), pd.DataFrame({'a': [2]})], ignore_index=True)",
        PANDAS,
    ),
]
PAIRS = [evolve(pair, options={**pair.options, "preload": ["numpy", "pandas"]}) for pair in PAIRS]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_values(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)
