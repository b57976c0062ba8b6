"""Clause R3 for classes: bases, metaclasses, members, records and what is generated for them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
from fingerprint_pairs import Pair, rerun, reuse, step_with
from penstock.compilers.fingerprints import Fingerprinter

CLASS = step_with(
    """
class Base:
    scale = 2
    def shared(self, x):
        return x * self.scale
    def _hook(self):
        return 0

class Mixin:
    def extra(self):
        return 1

class Model(Mixin, Base):
    '''A model.'''
    rate = 0.1
    def __init__(self, k=1):
        self.k = k
    def fit(self, x):
        return super().shared(x) + self._hook() + self.size
    @property
    def size(self):
        return 3
    @staticmethod
    def helper(x):
        return x
    @classmethod
    def make(cls):
        return cls()
    def __call__(self, x):
        return x
    def __getattr__(self, name):
        return 5
    def __class_getitem__(cls, item):
        return cls

class Unused(Model):
    pass
""",
    "return Model().fit(rows)",
)
DATACLASS = step_with(
    "import dataclasses\nfrom dataclasses import dataclass, field\n@dataclass\nclass Conf:\n    a: int = 1\n    b: list = field(default_factory=list)\n    def total(self):\n        return self.a\n",
    "return Conf().total()",
)
ATTRS = step_with(
    "import attrs\n@attrs.define\nclass Conf:\n    a: int = 1\n    b: int = attrs.field(default=2, converter=int)\n",
    "return Conf().a",
)
FROZEN = step_with(
    "import attrs\n@attrs.frozen\nclass Conf:\n    a: int = 1\n    b: int = attrs.field(default=2)\n", "return Conf().a"
)
NAMED = step_with(
    "from typing import NamedTuple\nclass Conf(NamedTuple):\n    a: int\n    b: int = 2\n    def f(self):\n        return self.a\n",
    "return Conf(1).f()",
)
TYPED = step_with("from typing import TypedDict\nclass Conf(TypedDict):\n    a: int\n", "return Conf(a=1)")
META = step_with(
    "class Meta(type):\n    def __call__(cls, *args):\n        return super().__call__(*args)\nclass C(metaclass=Meta):\n    pass\n",
    "return C()",
)
INIT = step_with(
    "REG = []\nclass Base:\n    def __init_subclass__(cls, **kw):\n        REG.append(cls)\nclass A(Base):\n    def f(self):\n        return 1\n",
    "return [c().f() for c in REG]",
)
ABSTRACT = step_with(
    "import abc\nclass Base(abc.ABC):\n    @abc.abstractmethod\n    def f(self):\n        ...\nclass A(Base):\n    def f(self):\n        return 1\n",
    "return A().f()",
)
DESCRIPTOR = step_with(
    "class D:\n    def __get__(self, o, t=None):\n        return 1\nclass C:\n    x = D()\n", "return C().x"
)
OPERATORS = step_with(
    "class V:\n    def __add__(self, o):\n        return 1\n    def __eq__(self, o):\n        return True\n    __hash__ = None\nA = V()\n",
    "return A + A",
)
BOUND = step_with(
    "class M:\n    def __init__(self, k):\n        self.k = k\n    def f(self, x):\n        return x * self.k\nf = M(2).f\n"
)
CALLABLE = step_with(
    "class M:\n    def __init__(self, k):\n        self.k = k\n    def __call__(self, x):\n        return x * self.k\nf = M(2)\n"
)
CACHED = step_with(
    "import functools\nclass C:\n    @functools.cached_property\n    def v(self):\n        return 1\n", "return C().v"
)
ORDERED = step_with(
    "import functools\n@functools.total_ordering\nclass C:\n    def __lt__(self, o):\n        return True\n    def __eq__(self, o):\n        return True\n",
    "return C() >= C()",
)
DISPATCH = step_with(
    "import functools\n@functools.singledispatch\ndef f(x):\n    return 0\n@f.register\ndef _(x: int):\n    return 1\n@f.register(str)\ndef _(x):\n    return 2\n"
)
METHOD_DISPATCH = step_with(
    "import functools\nclass C:\n    @functools.singledispatchmethod\n    def f(self, x):\n        return 0\n    @f.register\n    def _(self, x: int):\n        return 1\n",
    "return C().f(rows)",
)
PARTIAL_METHOD = step_with(
    "import functools\nclass C:\n    def f(self, x, k):\n        return k\n    g = functools.partialmethod(f, k=1)\n",
    "return C().g(rows)",
)
TABLE = step_with(
    "def a(x):\n    return 1\ndef b(x):\n    return 2\nTABLE = {'a': a, 'b': b}\n", "return TABLE[rows](1)"
)
FOREIGN = step_with(
    "import json\nclass Encoder(json.JSONEncoder):\n    def default(self, o):\n        return 1\n",
    "return json.dumps(rows, cls=Encoder)",
)
LOCAL = step_with(
    "def make(k):\n    class Local:\n        value = k\n        def f(self):\n            return self.value\n    return Local\nC = make(1)\n",
    "return C().f()",
)
DECORATED = step_with(
    "def add(cls):\n    cls.extra = 1\n    return cls\n@add\nclass C:\n    def f(self):\n        return self.extra\n",
    "return C().f()",
)

PAIRS = [
    rerun("method", CLASS, ("super().shared(x) +", "super().shared(x) -")),
    rerun("inherited method", CLASS, ("x * self.scale", "x + self.scale")),
    rerun("inherited attribute", CLASS, ("scale = 2", "scale = 3")),
    rerun("class attribute", CLASS, ("rate = 0.1", "rate = 0.2")),
    rerun("property", CLASS, ("return 3", "return 4")),
    rerun("hook", CLASS, ("return 0", "return 9")),
    rerun("mixin", CLASS, ("return 1\n", "return 2\n")),
    rerun("order of bases", CLASS, ("Model(Mixin, Base)", "Model(Base, Mixin)")),
    rerun("base removed", CLASS, ("Model(Mixin, Base)", "Model(Base)")),
    rerun("hook overridden", CLASS, ("    @staticmethod", "    def _hook(self):\n        return 1\n    @staticmethod")),
    rerun("static method", CLASS, ("def helper(x):\n        return x", "def helper(x):\n        return -x")),
    rerun("static made a class method", CLASS, ("@staticmethod", "@classmethod")),
    rerun("class method", CLASS, ("return cls()", "return cls(2)")),
    rerun("call", CLASS, ("def __call__(self, x):\n        return x", "def __call__(self, x):\n        return -x")),
    rerun("getattr hook", CLASS, ("return 5", "return 6")),
    rerun("class item", CLASS, ("item):\n        return cls", "item):\n        return item")),
    rerun("default of a method", CLASS, ("k=1", "k=2")),
    rerun("method added", CLASS, ("    @property", "    def more(self):\n        return 1\n    @property")),
    rerun("slots", CLASS, ("    rate = 0.1", "    __slots__ = ('k',)\n    rate = 0.1")),
    reuse(
        "methods reordered",
        CLASS,
        ("    @staticmethod\n    def helper(x):\n        return x\n", ""),
        ("    def __call__", "    @staticmethod\n    def helper(x):\n        return x\n    def __call__"),
    ),
    reuse("class docstring", CLASS, ("'''A model.'''", "'''Another.'''")),
    reuse("class docstring removed", CLASS, ("    '''A model.'''\n", "")),
    reuse("class comment", CLASS, ("rate = 0.1", "rate = 0.1  # rate")),
    reuse("class attribute annotated", CLASS, ("rate = 0.1", "rate: float = 0.1")),
    reuse("bare annotation of a class", CLASS, ("rate = 0.1", "rate = 0.1\n    k: int")),
    reuse("method annotated", CLASS, ("def fit(self, x):", "def fit(self, x: int) -> int:")),
    reuse("method docstring", CLASS, ("def fit(self, x):\n", "def fit(self, x):\n        'Fit.'\n")),
    reuse("unused subclass", CLASS, ("class Unused(Model):\n    pass", "class Unused(Model):\n    rate = 5")),
    reuse("class moved down", CLASS, ("class Base", "\n\n\nclass Base")),
    rerun(
        "class imported from elsewhere",
        step_with("from models import M", "return M().f()", models="class M:\n    def f(self):\n        return 1\n"),
        ("models.py", "return 1", "return 2"),
    ),
    rerun(
        "base in another module",
        step_with(
            "from models import M\nclass N(M):\n    pass",
            "return N().f()",
            models="class M:\n    def f(self):\n        return 1\n",
        ),
        ("models.py", "return 1", "return 2"),
    ),
    reuse(
        "class moved to another module",
        step_with("from models import M", "return M().f()", models="class M:\n    def f(self):\n        return 1\n"),
        {"models.py": "from inner import M\n", "inner.py": "class M:\n    def f(self):\n        return 1\n"},
    ),
    rerun(
        "helper of a method",
        step_with("def h(x):\n    return 1\nclass M:\n    def f(self):\n        return h(1)\n", "return M().f()"),
        ("return 1", "return 2"),
    ),
    rerun(
        "constant of a method",
        step_with("K = 1\nclass M:\n    def f(self):\n        return K\n", "return M().f()"),
        ("K = 1", "K = 2"),
    ),
    rerun(
        "method by a computed name",
        step_with(
            "class M:\n    def f(self):\n        return 1\n    def g(self, n):\n        return getattr(self, n)()\n",
            "return M().g('f')",
        ),
        ("return 1", "return 2"),
    ),
    rerun("dataclass default", DATACLASS, ("a: int = 1", "a: int = 2")),
    rerun("dataclass factory", DATACLASS, ("default_factory=list", "default_factory=dict")),
    rerun("dataclass flag", DATACLASS, ("@dataclass\n", "@dataclass(frozen=True)\n")),
    rerun(
        "dataclass order",
        DATACLASS,
        (
            "    a: int = 1\n    b: list = field(default_factory=list)\n",
            "    b: list = field(default_factory=list)\n    a: int = 1\n",
        ),
    ),
    rerun("dataclass field added", DATACLASS, ("a: int = 1", "a: int = 1\n    c: int = 1")),
    rerun("dataclass field name", DATACLASS, ("b: list", "c: list")),
    rerun("dataclass class variable", DATACLASS, ("a: int = 1", "a: __import__('typing').ClassVar[int] = 1")),
    rerun("dataclass repr flag", DATACLASS, ("default_factory=list", "default_factory=list, repr=False")),
    rerun("dataclass metadata", DATACLASS, ("default_factory=list", "default_factory=list, metadata={'a': 1}")),
    reuse("dataclass docstring", DATACLASS, ("class Conf:\n", "class Conf:\n    'Doc.'\n")),
    reuse("dataclass comment", DATACLASS, ("a: int = 1", "a: int = 1  # a")),
    reuse(
        "dataclass with future annotations",
        DATACLASS,
        ("from penstock", "from __future__ import annotations\nfrom penstock"),
    ),
    rerun("attrs default", ATTRS, ("a: int = 1", "a: int = 3")),
    rerun("attrs converter", ATTRS, ("converter=int", "converter=float")),
    rerun("attrs flag", ATTRS, ("@attrs.define\n", "@attrs.frozen\n")),
    reuse("attrs comment", ATTRS, ("a: int = 1", "a: int = 1  # a")),
    reuse("attrs docstring", ATTRS, ("class Conf:\n", "class Conf:\n    'Doc.'\n")),
    reuse("frozen attrs comment", FROZEN, ("a: int = 1", "a: int = 1  # a")),
    rerun("frozen attrs hash", FROZEN, ("default=2", "default=2, hash=False")),
    rerun("named tuple default", NAMED, ("b: int = 2", "b: int = 3")),
    rerun("named tuple field", NAMED, ("b: int", "c: int")),
    rerun("named tuple method", NAMED, ("return self.a", "return self.b")),
    reuse("named tuple comment", NAMED, ("a: int\n", "a: int  # a\n")),
    rerun("typed dict key", TYPED, ("a: int", "b: int")),
    rerun("metaclass", META, ("return super().__call__(*args)", "return None")),
    rerun("subclass hook", INIT, ("REG.append(cls)", "REG.insert(0, cls)")),
    rerun("registered subclass", INIT, ("return 1", "return 2")),
    rerun(
        "another subclass registers",
        INIT,
        ("    def f(self):\n        return 1\n", "    def f(self):\n        return 1\nclass B(A):\n    pass\n"),
    ),
    rerun("abstract implementation", ABSTRACT, ("return 1", "return 2")),
    rerun("virtual subclass", ABSTRACT, ("class A(Base)", "Base.register(int)\nclass A(Base)")),
    rerun("descriptor", DESCRIPTOR, ("return 1", "return 2")),
    rerun("operator", OPERATORS, ("return 1", "return 2")),
    rerun("equality", OPERATORS, ("return True", "return False")),
    rerun("hash", OPERATORS, ("__hash__ = None", "__hash__ = object.__hash__")),
    rerun("receiver of a bound method", BOUND, ("M(2)", "M(3)")),
    rerun("bound method", BOUND, ("x * self.k", "x + self.k")),
    rerun("callable instance", CALLABLE, ("x * self.k", "x + self.k")),
    rerun("state of a callable instance", CALLABLE, ("M(2)", "M(3)")),
    rerun("cached property", CACHED, ("return 1", "return 2")),
    rerun(
        "total ordering", ORDERED, ("__lt__(self, o):\n        return True", "__lt__(self, o):\n        return False")
    ),
    rerun("dispatch implementation", DISPATCH, ("return 1", "return 3")),
    rerun("dispatch default", DISPATCH, ("return 0", "return 3")),
    rerun("dispatch class", DISPATCH, ("register(str)", "register(bytes)")),
    rerun("dispatch annotation", DISPATCH, ("x: int", "x: float")),
    rerun("implementation added", DISPATCH, ("\n@step", "@f.register(list)\ndef _(x):\n    return 3\n\n@step")),
    rerun(
        "implementation added by another module",
        DISPATCH,
        ("\n@step", "import more\n\n@step"),
        {"more.py": "import sys\nf = sys.modules['main'].f\nf.register(list, lambda x: 3)\n"},
    ),
    reuse(
        "dispatch reordered",
        DISPATCH,
        (
            "@f.register\ndef _(x: int):\n    return 1\n@f.register(str)\ndef _(x):\n    return 2\n",
            "@f.register(str)\ndef _(x):\n    return 2\n@f.register\ndef _(x: int):\n    return 1\n",
        ),
    ),
    reuse("dispatch docstring", DISPATCH, ("def f(x):\n", "def f(x):\n    'Doc.'\n")),
    rerun("method dispatch", METHOD_DISPATCH, ("return 1", "return 2")),
    rerun("partial method", PARTIAL_METHOD, ("k=1", "k=2")),
    rerun("dispatch table", TABLE, ("return 1", "return 3")),
    rerun("dispatch table order", TABLE, ("{'a': a, 'b': b}", "{'a': b, 'b': a}")),
    rerun("subclass of a foreign class", FOREIGN, ("return 1", "return 2")),
    rerun("foreign base", FOREIGN, ("json.JSONEncoder", "json.JSONDecoder")),
    rerun("class made by a function", LOCAL, ("make(1)", "make(2)")),
    rerun("method of a class made by a function", LOCAL, ("return self.value", "return -self.value")),
    rerun("class decorator", DECORATED, ("cls.extra = 1", "cls.extra = 2")),
    rerun(
        "method assigned later",
        step_with(
            "class C:\n    def f(self):\n        return 1\ndef g(self):\n    return 2\nC.f = g\n", "return C().f()"
        ),
        ("return 2", "return 3"),
    ),
    rerun(
        "class made by type()",
        step_with("C = type('C', (), {'f': lambda self: 1})\n", "return C().f()"),
        ("self: 1", "self: 2"),
    ),
    rerun(
        "generic class",
        step_with(
            "import typing\nT = typing.TypeVar('T')\nclass C(typing.Generic[T]):\n    def f(self):\n        return 1\n",
            "return C[int]().f()",
        ),
        ("return 1", "return 2"),
    ),
    rerun(
        "protocol",
        step_with(
            "import typing\n@typing.runtime_checkable\nclass P(typing.Protocol):\n    def f(self): ...\n",
            "return isinstance(rows, P)",
        ),
        ("def f(self)", "def g(self)"),
    ),
    rerun(
        "class used by isinstance",
        step_with("class A:\n    pass\nclass B(A):\n    pass\n", "return isinstance(rows, B)"),
        ("class B(A)", "class B"),
    ),
    rerun(
        "exception hierarchy",
        step_with("class E(ValueError):\n    pass\n", "try:\n    return rows()\nexcept E:\n    return 1"),
        ("E(ValueError)", "E(KeyError)"),
    ),
    rerun("doc of a class that is read", step_with("class C:\n    'One.'\n", "return C.__doc__"), ("One", "Two")),
    rerun(
        "annotations of a class that are read",
        step_with("class C:\n    x: int\n", "return C.__annotations__"),
        ("x: int", "x: str"),
    ),
    rerun(
        "class name",
        step_with("class C:\n    pass\nD = C\n", "return D()"),
        ("class C:\n    pass\nD = C", "class E:\n    pass\nD = E"),
    ),
    rerun(
        "subclasses listed",
        step_with("class C:\n    pass\nclass D(C):\n    x = 1\n", "return [k.x for k in C.__subclasses__()]"),
        ("x = 1", "x = 2"),
    ),
    rerun(
        "unpickled class",
        step_with("import pickle\nclass C:\n    x = 1\nDATA = b''\n", "return pickle.loads(rows).x"),
        ("x = 1", "x = 2"),
    ),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_classes(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)


class Pickled:
    def __init__(self) -> None:
        self.number = 1


def test_pickling_an_object_does_not_change_what_identifies_its_class():
    before = Fingerprinter().function(make_pickled).digest
    pickle.dumps(make_pickled(), protocol=2)
    copy.copy(make_pickled())
    assert "__slotnames__" in vars(Pickled) and Fingerprinter().function(make_pickled).digest == before


def make_pickled() -> Pickled:
    return Pickled()
