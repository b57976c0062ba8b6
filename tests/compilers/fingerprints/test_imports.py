"""Clauses R2 and R4: imports of every form, at the top and inside functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fingerprint_pairs import Pair, rerun, reuse, step_with

TOOLS = "def f(x):\n    return x * 2\n\ndef g(x):\n    return x\n\nK = 1\n"
PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/tools.py": TOOLS,
    "pkg/deep/__init__.py": "",
    "pkg/deep/more.py": "def f(x):\n    return 7\n",
}


def using(imports: str, call: str, files: dict[str, str]) -> dict[str, str]:
    return {**step_with(imports, f"return {call}"), **files}


def inside(imports: str, call: str, files: dict[str, str]) -> dict[str, str]:
    return {**step_with("", f"{imports}\nreturn {call}"), **files}


FORMS = {
    "import": ("import tools", "tools.f(rows)", {"tools.py": TOOLS}, "tools.py"),
    "import as": ("import tools as t", "t.f(rows)", {"tools.py": TOOLS}, "tools.py"),
    "from import": ("from tools import f", "f(rows)", {"tools.py": TOOLS}, "tools.py"),
    "from import as": ("from tools import f as h", "h(rows)", {"tools.py": TOOLS}, "tools.py"),
    "submodule": ("import pkg.tools", "pkg.tools.f(rows)", PACKAGE, "pkg/tools.py"),
    "submodule as": ("import pkg.tools as t", "t.f(rows)", PACKAGE, "pkg/tools.py"),
    "from package": ("from pkg import tools", "tools.f(rows)", PACKAGE, "pkg/tools.py"),
    "from submodule": ("from pkg.tools import f", "f(rows)", PACKAGE, "pkg/tools.py"),
    "namespace package": ("import space.tools", "space.tools.f(rows)", {"space/tools.py": TOOLS}, "space/tools.py"),
    "re-export": (
        "from api import f",
        "f(rows)",
        {"api.py": "from tools import f, g\n", "tools.py": TOOLS},
        "tools.py",
    ),
    "re-export by a package": (
        "import pkg",
        "pkg.f(rows)",
        {**PACKAGE, "pkg/__init__.py": "from .tools import f"},
        "pkg/tools.py",
    ),
    "relative in a package": (
        "from pkg.user import use",
        "use(rows)",
        {**PACKAGE, "pkg/user.py": "from .tools import f\ndef use(x):\n    return f(x)\n"},
        "pkg/tools.py",
    ),
    "relative module": (
        "from pkg.user import use",
        "use(rows)",
        {**PACKAGE, "pkg/user.py": "from . import tools\ndef use(x):\n    return tools.f(x)\n"},
        "pkg/tools.py",
    ),
    "relative from the parent": (
        "from pkg.deep.user import use",
        "use(rows)",
        {**PACKAGE, "pkg/deep/user.py": "from ..tools import f\ndef use(x):\n    return f(x)\n"},
        "pkg/tools.py",
    ),
}
STARS = {"star": ("from tools import *", "f(rows)", {"tools.py": TOOLS}, "tools.py")}
LAZY_RELATIVE = {
    "relative in a package": (
        "from pkg.user import use",
        "use(rows)",
        {**PACKAGE, "pkg/user.py": "def use(x):\n    from .tools import f\n    return f(x)\n"},
        "pkg/tools.py",
    )
}


def pairs_of(label: str, files: dict[str, str], home: str) -> list[Pair]:
    """List what every form of import has to notice, and what it must not."""
    return [
        rerun(f"{label}, body", files, (home, "x * 2", "x * 3")),
        reuse(f"{label}, unrelated function", files, (home, "return x\n", "return x + 1\n")),
        reuse(f"{label}, unrelated constant", files, (home, "K = 1", "K = 2")),
        reuse(f"{label}, comment", files, (home, "x * 2", "x * 2  # twice")),
    ]


DISPATCHING = {
    **step_with("", "import importlib\nname = 'tools'\nreturn importlib.import_module('tools').f(rows)"),
    "tools.py": TOOLS,
}
PLUGINS = {
    **step_with("import registry, plugins", "return registry.READERS['csv'](rows)"),
    "registry.py": "READERS = {}\ndef register(name):\n    def add(f):\n        READERS[name] = f\n        return f\n    return add\n",
    "plugins.py": "from registry import register\n@register('csv')\ndef read(x):\n    return 1\ndef other():\n    return 2\n",
}
LAZY_PLUGINS = {**PLUGINS, **step_with("import registry", "import plugins\nreturn registry.READERS['csv'](rows)")}

PAIRS = [
    *(
        pair
        for label, (head, call, files, home) in (FORMS | STARS).items()
        for pair in pairs_of(label, using(head, call, files), home)
    ),
    *(
        pair
        for label, (head, call, files, home) in FORMS.items()
        for pair in pairs_of(f"lazy {label}", inside(head, call, files), home)
    ),
    *(
        pair
        for label, (head, call, files, home) in LAZY_RELATIVE.items()
        for pair in pairs_of(f"lazy {label}", using(head, call, files), home)
    ),
    *pairs_of("literal getattr", using("import tools", "getattr(tools, 'f')(rows)", {"tools.py": TOOLS}), "tools.py"),
    rerun("import_module of a literal", DISPATCHING, ("tools.py", "x * 2", "x * 3")),
    rerun(
        "import_module at the top",
        using("import importlib\nt = importlib.import_module('tools')", "t.f(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    reuse(
        "import_module at the top, unrelated",
        using("import importlib\nt = importlib.import_module('tools')", "t.f(rows)", {"tools.py": TOOLS}),
        ("tools.py", "K = 1", "K = 2"),
    ),
    rerun(
        "__import__ of a literal",
        inside("", "__import__('tools').f(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "module bound to a local",
        inside("import tools\nt = tools", "t.f(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "module passed on",
        using("import tools\ndef apply(m, x):\n    return m.f(x)", "apply(tools, rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "module passed on, any member",
        using("import tools\ndef apply(m, x):\n    return m.f(x)", "apply(tools, rows)", {"tools.py": TOOLS}),
        ("tools.py", "K = 1", "K = 2"),
    ),
    rerun(
        "getattr with a variable",
        using("import tools", "getattr(tools, rows)(1)", {"tools.py": TOOLS}),
        ("tools.py", "return x\n", "return -x\n"),
    ),
    rerun(
        "module in a container",
        using("import tools\nALL = [tools]", "ALL[0].f(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "attrgetter",
        using("import tools, operator", "operator.attrgetter('f')(tools)(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "module dict",
        using("import tools", "tools.__dict__['f'](rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "vars of a module",
        using("import tools", "vars(tools)['f'](rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "lazy module missing, then there",
        inside(
            "try:\n    import fast as m\nexcept ImportError:\n    import slow as m", "m.f(rows)", {"slow.py": TOOLS}
        ),
        {"fast.py": "def f(x):\n    return 0\n"},
    ),
    rerun(
        "lazy fallback",
        inside(
            "try:\n    import fast as m\nexcept ImportError:\n    import slow as m", "m.f(rows)", {"slow.py": TOOLS}
        ),
        ("slow.py", "x * 2", "x * 3"),
    ),
    rerun(
        "lazy import in a helper",
        using("def h(x):\n    from tools import f\n    return f(x)", "h(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "lazy import in a lambda's module",
        using("f = lambda x: __import__('tools').f(x)", "f(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "lazy import captured by a nested function",
        inside("import tools\ndef h(x):\n    return tools.f(x)", "h(rows)", {"tools.py": TOOLS}),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "lazy module that fails to import",
        inside("import broken", "broken.f(rows)", {"broken.py": "raise ImportError\n" + TOOLS}),
        ("broken.py", "x * 2", "x * 3"),
    ),
    reuse(
        "comment in a lazy module that fails to import",
        inside("import broken", "broken.f(rows)", {"broken.py": "raise ImportError\n" + TOOLS}),
        ("broken.py", "x * 2", "x * 2  # twice"),
    ),
    rerun(
        "what a failing lazy module imports",
        inside(
            "import broken",
            "broken.f(rows)",
            {"broken.py": "from tools import f\nraise ImportError\n", "tools.py": TOOLS},
        ),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun(
        "module __getattr__",
        using("import lazy", "lazy.anything(rows)", {"lazy.py": "def __getattr__(name):\n    return lambda x: 1\n"}),
        ("lazy.py", "x: 1", "x: 2"),
    ),
    rerun(
        "module __getattr__ that imports",
        using(
            "import lazy",
            "lazy.f(rows)",
            {
                "lazy.py": "import importlib\ndef __getattr__(name):\n    return getattr(importlib.import_module('tools'), name)\n",
                "tools.py": TOOLS,
            },
        ),
        ("tools.py", "x * 2", "x * 3"),
    ),
    rerun("registry filled by another module", PLUGINS, ("plugins.py", "return 1", "return 2")),
    rerun("registry key", PLUGINS, ("plugins.py", "'csv'", "'json'")),
    rerun("plugin added", PLUGINS, ("plugins.py", "def other", "@register('x')\ndef other")),
    reuse("unregistered function beside a plugin", PLUGINS, ("plugins.py", "return 2", "return 3")),
    rerun("registry filled by a lazy import", LAZY_PLUGINS, ("plugins.py", "return 1", "return 2")),
    rerun(
        "__all__ of a star import",
        using(
            "from tools import *\ntry:\n    f\nexcept NameError:\n    def f(x):\n        return 0",
            "f(rows)",
            {"tools.py": TOOLS},
        ),
        ("tools.py", "K = 1", "K = 1\n__all__ = ['g']"),
    ),
    reuse(
        "type-only import",
        using("from tools import f", "f(rows)", {"tools.py": TOOLS}),
        (
            "from tools import f",
            "from typing import TYPE_CHECKING\nfrom tools import f\nif TYPE_CHECKING:\n    import nothing",
        ),
    ),
    reuse(
        "standard import added",
        using("from tools import f", "f(rows)", {"tools.py": TOOLS}),
        ("from tools import f", "import json, os\nfrom tools import f"),
    ),
    reuse(
        "__future__ import added to a helper",
        using("from tools import f", "f(rows)", {"tools.py": TOOLS}),
        ("tools.py", "def f", "from __future__ import annotations\ndef f"),
    ),
    rerun(
        "effect of a module on the world",
        using(
            "import setup_world\nimport random",
            "random.random()",
            {"setup_world.py": "import random\nrandom.seed(1)\n"},
        ),
        ("setup_world.py", "seed(1)", "seed(2)"),
    ),
    rerun(
        "effect in the same module",
        using("import decimal\ndecimal.getcontext().prec = 5", "decimal.Decimal(1) / 3", {}),
        ("prec = 5", "prec = 6"),
    ),
    rerun(
        "environment set at import", using("import os\nos.environ['A'] = '1'", "os.environ['A']", {}), ("'1'", "'2'")
    ),
    rerun(
        "effect by a function",
        using("import random\ndef prepare():\n    random.seed(1)\nprepare()", "random.random()", {}),
        ("seed(1)", "seed(2)"),
    ),
    rerun(
        "effect by a function of another module",
        using(
            "import random\nfrom world import prepare\nprepare(3)",
            "random.random()",
            {"world.py": "import random\ndef prepare(n):\n    random.seed(n)\n"},
        ),
        ("prepare(3)", "prepare(4)"),
    ),
    rerun(
        "seed kept in a constant",
        using("import random\nSEED = 1\nrandom.seed(SEED)", "random.random()", {}),
        ("SEED = 1", "SEED = 2"),
    ),
    reuse(
        "function that runs the steps",
        {
            "main.py": step_with("import random", "return random.random()")["main.py"]
            + "\ndef go():\n    random.shuffle([train(1)])\ngo()\n"
        },
        ("shuffle([train(1)])", "shuffle([train(2)])"),
    ),
    reuse(
        "logging set up otherwise",
        using("import logging\nlogging.basicConfig(level=10)", "rows", {}),
        ("level=10", "level=20"),
    ),
    reuse("import path", using("import sys\nsys.path.append('a')", "rows", {}), ("'a'", "'b'")),
    reuse(
        "what the script does",
        using("", "rows", {}),
        {"main.py": step_with("", "return rows")["main.py"] + "\nif __name__ == '__main__':\n    print(train(1))\n"},
    ),
    reuse(
        "what an unguarded script does",
        using("import sys", "rows", {}),
        {
            "main.py": step_with("import sys", "return rows")["main.py"]
            + "\nresult = train(1)\nsys.stderr.write(str(result))\n"
        },
    ),
    rerun(
        "name of a missing module",
        inside("try:\n    import nope\nexcept ImportError:\n    nope = 1", "nope", {}),
        ("import nope", "import none as nope"),
    ),
    rerun("lazily imported standard module", inside("import math", "math.sin(rows)", {}), ("math.sin", "math.cos")),
    rerun(
        "project module that hides a standard one",
        inside("import colorsys", "colorsys.f(rows)", {}),
        {"colorsys.py": TOOLS},
    ),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_imports(pair: Pair, outcome: Callable[[Pair], None]) -> None:
    outcome(pair)
