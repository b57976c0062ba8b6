"""Packages: what a step reaches and declares, and nothing else; called by what the code means."""

from __future__ import annotations

import importlib
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import attrs
import pytest

from penstock.compilers.errors import CompileError
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.targets.azureml import code_name
from penstock.runtime.packaging import Package, Packaging, imported_names, own_files

PROJECT = {
    "pyproject.toml": "",
    "src/app/__init__.py": "",
    "src/app/steps.py": """
        from penstock import pipeline, step
        import attrs
        from . import numbers
        from .words import WORDS

        @step(hash_paths="../../data")
        def load() -> int:
            from app.late import late
            return late() + numbers.ONE

        @step
        def unrelated() -> int:
            return 2

        @pipeline
        def both():
            return load(), unrelated()
    """,
    "src/app/numbers.py": "ONE = 1\n",
    "src/app/words.py": "WORDS = []\n",
    "src/app/late.py": "def late():\n    return 1\n",
    "src/app/never.py": "",
    "data/a.txt": "a",
    "data/.gitignore": "b.txt\n",
    "data/b.txt": "b",
}


class Made(NamedTuple):
    """A package, what it is called, and its digest before anything is changed."""

    code: str
    package: Package
    digest: str


@pytest.fixture
def write(tmp_path):
    def write(**changed):
        for name, text in (PROJECT | changed).items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), encoding="utf-8")

    return write


@pytest.fixture
def packages(tmp_path, monkeypatch, write):
    """Import the project anew, and return the names and packages of its steps."""
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def made(**changed):
        write(**changed)
        for name in [name for name in sys.modules if name.partition(".")[0] == "app"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        compiled = compile_pipeline(importlib.import_module("app.steps").both).identified(Fingerprinter())
        packaging = Packaging(compiled.root, compiled.manifests)
        found = {node.id: packaging.package(node) for node in compiled.graph}
        return {
            node.id: Made(code_name(node, found[node.id].lock), found[node.id], found[node.id].digest)
            for node in compiled.graph
        }

    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "app"]:
        del sys.modules[name]


def own(package):
    return {name for name in package.files if not name.startswith("penstock/")}


def test_a_package_holds_what_is_reached_imported_and_declared(packages):
    found = packages()
    modules = {"app/__init__.py", "app/steps.py", "app/numbers.py", "app/words.py"}
    assert own(found["load"][1]) == modules | {"app/late.py", "data/a.txt", "data/.gitignore"}
    assert own(found["unrelated"][1]) == modules


def test_a_comment_gives_the_same_name_and_an_edit_another_one_where_it_is_reached(packages):
    before = packages()
    commented = packages(**{"src/app/numbers.py": "# one\nONE = 1\n"})
    edited = packages(**{"src/app/numbers.py": "ONE = 11\n"})
    assert [made.code for made in commented.values()] == [made.code for made in before.values()]
    assert commented["load"].digest != before["load"].digest
    assert edited["load"].code != before["load"].code
    assert edited["unrelated"].code == before["unrelated"].code


def test_declared_files_tell_packages_apart(packages):
    before, after = packages(), packages(**{"data/a.txt": "other"})
    assert before["load"][0] != after["load"][0] and before["unrelated"][0] == after["unrelated"][0]


def test_the_lock_names_what_the_modules_need_to_be_imported(packages):
    (attrs_line,) = [line for line in packages()["unrelated"][1].lock.packages if line.startswith("attrs==")]
    assert attrs_line == f"attrs=={importlib.import_module('importlib.metadata').version('attrs')}"


def test_code_without_a_fingerprint_is_named_by_all_that_is_sent(packages, write, tmp_path):
    packages()
    compiled = compile_pipeline(sys.modules["app.steps"].both)
    names = []
    for text in ("ONE = 1\n", "# one\nONE = 1\n"):
        write(**{"src/app/numbers.py": text})
        node = compiled.graph.nodes[1]
        names.append(code_name(node, Packaging(compiled.root, {}).package(node).lock))
    assert names[0] != names[1] and "unidentified" in names[0]


@pytest.mark.parametrize(
    ("path", "problem"), [("nowhere", "which does not exist"), ("..", "lies outside of the project")]
)
def test_a_declared_file_that_cannot_travel_is_named(packages, tmp_path, path, problem):
    packages()
    node = compile_pipeline(sys.modules["app.steps"].both).graph.nodes[0]
    node = attrs.evolve(node, options=attrs.evolve(node.options, hash_paths=(path,)))
    with pytest.raises(CompileError, match=problem):
        Packaging(tmp_path, {}).package(node)


def test_penstock_travels_without_what_only_the_driver_needs():
    names = {name for name, _ in own_files()}
    assert {"penstock/__init__.py", "penstock/runtime/worker.py", "penstock/compilers/graph.schema.json"} <= names
    assert not [name for name in names if "/cli/" in name or "__pycache__" in name or name.startswith("penstock/tests")]


def test_imports_are_read_from_the_source(tmp_path):
    module = type(sys)("a.b.c")
    module.__file__ = str(tmp_path / "c.py")
    Path(module.__file__).write_text(
        "import x.y\nfrom . import d\nfrom ..e import f\ntry:\n    import g\nexcept ImportError: ...\ndef h():\n    import i\n"
    )
    assert set(imported_names(module)) >= {"x", "x.y", "a.b.d", "a.e", "a.e.f", "g"}
    assert "i" not in set(imported_names(module))
