"""environment-read."""

from __future__ import annotations

import pytest

READ = [
    ("return os.environ['A']", "import os"),
    ("return os.environ.get('A', 'x')", "import os"),
    ("return os.getenv('A')", "import os"),
    ("return read('A')", "from os import getenv as read"),
    ("return variables['A']", "from os import environ as variables"),
    ("return 'A' in os.environ", "import os"),
    ("import os\nreturn os.environ[NAME]", "NAME = 'A'"),
    ("return os.path.expandvars('$A')", "import os"),
    ("return dict(os.environ)", "import os"),
    ("return {**os.environ}", "import os"),
    ("return inner()", "import os\ndef inner(): return os.environ['A']"),
]
NOT_READ = [
    ("os.environ['A'] = '1'\nreturn 1", "import os"),
    ("os.environ.update(A='1')\nos.environ.setdefault('A', '1')\nreturn 1", "import os"),
    ("return environ['A']", "environ = {'A': 1}"),
    ("return getenv('A')", "def getenv(name): return name"),
    ("import os\nsaved = os.environ  # penstock: ignore\nreturn saved is None", ""),
    ("return LANG", "import os\nLANG = os.environ.get('LANG')"),
]


@pytest.mark.parametrize(("lines", "top"), READ)
def test_reading_a_variable_is_found(rules, lines, top):
    assert rules(lines, top) == ["environment-read"]


@pytest.mark.parametrize(("lines", "top"), NOT_READ)
def test_setting_one_and_what_is_called_so_is_not_found(rules, lines, top):
    assert rules(lines, top) == []


@pytest.mark.parametrize(
    ("line", "found"), [("return os.getenv('A')", []), ("return os.getenv('B')", ["environment-read"])]
)
def test_a_declared_variable_may_be_read(rules, line, found):
    assert rules(line, "import os", env=["A"]) == found


def test_the_hint_names_the_variable(check):
    (found,) = check("import os\n@step\ndef work() -> Any:\n    return os.environ['HOME']\n")
    assert 'env=["HOME"]' in found.hint and "the environment variable HOME" in found.message
