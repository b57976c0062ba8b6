"""undeclared-file and text-path."""

from __future__ import annotations

import pytest

TOP = """
import json
import os
import tempfile

import numpy as np
import pandas as pd

DATA = Path("data.csv")
HERE = Path(__file__).parent
NAME = "data.csv"

def table_of(path):
    return pd.read_csv(path)

def through(place):
    return table_of(place)

def settings(path="settings.json"):
    return open(path).read()
"""
GIVEN = "source: Path = Path(), files: list[Path] = [], kind: str = 'x'"

UNDECLARED = [
    "return open('data.csv').read()",
    "with open('data.csv', 'rb') as file:\n    return file.read()",
    "return Path('data.csv').read_text()",
    "return DATA.read_bytes()",
    "return pd.read_csv(NAME)",
    "return pd.read_parquet(HERE / 'data.parquet')",
    "return np.load(os.path.join('data', 'x.npy'))",
    "return pd.read_csv(f'data/{kind}.csv')",
    "path = HERE / 'data' / kind\nreturn pd.read_csv(path)",
    "return table_of('data.csv')",
    "return through(DATA)",
    "return settings()",
    "return [file.read_text() for file in Path('data').glob('*')]",
    "import numpy\nreturn numpy.loadtxt('data.txt')",
    "from builtins import open as o\nreturn o('data.csv')",
]
DECLARED = [
    "return open(source).read()",
    "return pd.read_csv(source / 'inner' / 'x.csv')",
    "return [pd.read_csv(file) for file in files]",
    "return [file.read_text() for file in source.glob('*.txt')]",
    "return table_of(source)",
    "return through(place=source)",
    "return settings(source)",
    "path = current_step().folder / 'x.csv'\nreturn pd.read_csv(path)",
    "with tempfile.TemporaryDirectory() as folder:\n    return open(folder + '/x').read()",
    "open('out.txt', 'w').write('x')\nreturn open('out.txt').read()",
    "Path('out').mkdir()\nreturn 1",
    "return json.loads(kind)",
    "return DATA.name",
    "return open(os.devnull)",
]


@pytest.mark.parametrize("lines", UNDECLARED)
def test_a_file_that_the_code_names_is_found(rules, lines):
    assert set(rules(lines, TOP, GIVEN)) == {"undeclared-file"}


@pytest.mark.parametrize("lines", DECLARED)
def test_a_file_that_is_given_or_of_the_steps_own_is_not_found(rules, lines):
    assert rules(lines, TOP, GIVEN) == []


def test_a_function_called_open_is_the_users_own(rules):
    assert rules("return open('x')", "def open(name): return name") == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("return open('data.csv').read()", []),
        ("return DATA.read_text()", []),
        ("return pd.read_csv(HERE / 'data.csv')", []),
        ("return open('other.csv').read()", ["undeclared-file"]),
        ("return pd.read_csv(HERE / 'other.csv')", ["undeclared-file"]),
        ("return open('folder/x.csv').read()", []),
    ],
)
def test_declared_paths_may_be_read(rules, tmp_path, lines, found):
    (tmp_path / "data.csv").touch()
    (tmp_path / "folder").mkdir()
    assert rules(lines, TOP, hash_paths=[str(tmp_path / "data.csv"), str(tmp_path / "folder")]) == found


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        ("return pd.read_csv(path)", "path: str = 'x.csv'"),
        ("return open(path).read()", "path: str = 'x.csv'"),
        ("return Path(path).read_text()", "path='x.csv'"),
        ("path = Path(path)\nreturn path.read_text()", "path: str | None = None"),
        ("return table_of(path)", "path: str = 'x.csv'"),
    ],
)
def test_a_text_that_is_used_as_a_path_is_found(rules, lines, given):
    assert rules(lines, TOP, given) == ["text-path"]


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        ("return pd.read_csv(path)", "path: Path = Path()"),
        ("return pd.read_csv(path)", "path: Any = None"),
        ("return source.joinpath(name).read_text()", "source: Path = Path(), name: str = 'x'"),
        ("return name.upper()", "name: str = 'x'"),
        ("Path(name).write_text('x')\nreturn 1", "name: str = 'x'"),
    ],
)
def test_paths_and_other_texts_are_not_found(rules, lines, given):
    assert rules(lines, TOP, given) == []
