"""The code of a script: what it imports counts, by the names it takes; what nothing names, and comments, do not."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from penstock import command_step, script_step
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.fingerprints.differences import differences

FILES = {
    "train.py": """
        import argparse
        from features import scale
        import settings

        def main():
            '''Train.'''
            return scale(settings.RATE)

        def forgotten():
            return 1

        if __name__ == "__main__":
            main()
        """,
    "features.py": """
        from dataclasses import dataclass
        from depth import helper
        FACTOR = 2

        @dataclass
        class Row:
            a: int
            b: int = 1

        def scale(x):
            return helper(x) * FACTOR

        def unused(x):
            return x
        """,
    "depth.py": "def helper(x):\n    return x\n\n\ndef other():\n    return 0\n",
    "settings.py": "RATE = 1\n\n\ndef anything():\n    return 1\n",
    "stranger.py": "X = 1\n",
}


def print_of(folder: Path, **options):
    return Fingerprinter().function(script_step(folder / "train.py", **options).function)


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))


def edited(tmp_path: Path, file: str, old: str, new: str):
    """Fingerprint the script before and after an edit, each in a folder of its own."""
    write(tmp_path / "before", FILES)
    write(tmp_path / "after", FILES)
    text = (tmp_path / "after" / file).read_text()
    assert old in text
    (tmp_path / "after" / file).write_text(text.replace(old, new))
    return print_of(tmp_path / "before"), print_of(tmp_path / "after")


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("train.py", "settings.RATE", "settings.RATE + 1"),
        ("train.py", "    main()", "    main(); main()"),
        ("features.py", "FACTOR = 2", "FACTOR = 3"),
        ("features.py", "* FACTOR", "+ FACTOR"),
        ("features.py", "b: int = 1", "b: int = 2"),
        ("features.py", "    a: int\n    b: int = 1", "    b: int = 1\n    a: int = 0"),
        ("depth.py", "return x", "return -x"),
        ("settings.py", "RATE = 1", "RATE = 2"),
        ("settings.py", "    return 1", "    return 2"),
    ],
)
def test_what_the_script_reaches_counts(tmp_path, file, old, new):
    before, after = edited(tmp_path, file, old, new)
    assert before.digest != after.digest


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("train.py", "'''Train.'''", "'''Train a model.'''"),
        ("train.py", "def main():", "def main():  # the whole story"),
        ("train.py", "return 1", "return 2"),
        ("features.py", "return x\n", "return x + 1\n"),
        ("features.py", "def scale(x):", "def scale(x: float) -> float:"),
        ("depth.py", "return 0", "return 1"),
        ("stranger.py", "X = 1", "X = 2"),
    ],
)
def test_what_changes_nothing_for_the_script_does_not(tmp_path, file, old, new):
    before, after = edited(tmp_path, file, old, new)
    assert before.digest == after.digest


def test_the_changed_module_is_named_with_the_way_to_it(tmp_path):
    before, after = edited(tmp_path, "depth.py", "return x", "return -x")
    [change] = differences(before.manifest, after.manifest)
    assert str(change) == "depth (depth.py:1) changed, reached by train -> depth"
    assert "-    return x" in change.diff


def test_arguments_count_and_names_of_folders_do_not(tmp_path):
    write(tmp_path / "one", FILES)
    write(tmp_path / "two", FILES)
    assert print_of(tmp_path / "one").digest == print_of(tmp_path / "two").digest
    assert print_of(tmp_path / "one", inputs={"a": 1}).digest != print_of(tmp_path / "two").digest


def test_installed_distributions_count(tmp_path):
    write(tmp_path, {"train.py": "import blake3\n"})
    assert "blake3" in dict(print_of(tmp_path).manifest.distributions)


def test_packages_and_relative_imports_are_followed(tmp_path):
    files = {
        "train.py": "from pack import part\n",
        "pack/__init__.py": "",
        "pack/part.py": "from .deep import A\n",
        "pack/deep.py": "A = 1\n",
    }
    write(tmp_path, files)
    before = print_of(tmp_path)
    assert {"pack", "pack.part", "pack.deep"} <= {found.name for found in before.manifest.definitions}
    (tmp_path / "pack/deep.py").write_text("A = 2\n")
    assert print_of(tmp_path).digest != before.digest


def test_the_initialisation_of_a_package_counts(tmp_path):
    write(tmp_path, {"train.py": "import pack.part\n", "pack/__init__.py": "print(1)\n", "pack/part.py": ""})
    before = print_of(tmp_path)
    (tmp_path / "pack/__init__.py").write_text("print(2)\n")
    assert print_of(tmp_path).digest != before.digest


def test_imports_inside_functions_are_followed(tmp_path):
    write(tmp_path, {"train.py": "def f():\n    import late\n    return late.X\nf()\n", "late.py": "X = 1\n"})
    before = print_of(tmp_path)
    (tmp_path / "late.py").write_text("X = 2\n")
    assert print_of(tmp_path).digest != before.digest


def test_modules_that_import_each_other_are_followed_once(tmp_path):
    write(tmp_path, {"train.py": "import a\n", "a.py": "import b\nA = 1\n", "b.py": "import a\nB = 1\n"})
    assert [found.name for found in print_of(tmp_path).manifest.definitions] == ["train", "a", "b"]


def test_a_module_beside_the_script_hides_the_standard_librarys(tmp_path):
    write(tmp_path, {"train.py": "import string\n", "string.py": "X = 1\n"})
    assert "string" in {found.name for found in print_of(tmp_path).manifest.definitions}


@pytest.mark.parametrize(
    "line",
    [
        "exec(open('x').read())",
        "import importlib, sys; importlib.import_module(sys.argv[1])",
        "import runpy, sys; runpy.run_path(sys.argv[1])",
    ],
)
def test_computed_code_makes_every_source_count_and_says_so(tmp_path, line):
    write(tmp_path, {"train.py": line, "stranger.py": "X = 1\n", "pyproject.toml": ""})
    before = print_of(tmp_path)
    assert "every source file of the project counts" in before.warnings[0]
    (tmp_path / "stranger.py").write_text("X = 2\n")
    assert print_of(tmp_path).digest != before.digest


def test_annotations_count_where_a_function_is_passed_on(tmp_path):
    text = "import typer\ndef main(n: int):\n    pass\ntyper.run(main)\n"
    write(tmp_path, {"train.py": text})
    before = print_of(tmp_path)
    write(tmp_path, {"train.py": text.replace("int", "str")})
    assert print_of(tmp_path).digest != before.digest


@pytest.mark.parametrize("text", ["def broken(:\n", "\0", ""])
def test_a_script_that_is_no_python_counts_by_its_bytes(tmp_path, text):
    write(tmp_path, {"train.py": text})
    before = print_of(tmp_path)
    write(tmp_path, {"train.py": text + "x"})
    assert print_of(tmp_path).digest != before.digest


def test_a_script_of_another_language_counts_by_its_bytes(tmp_path):
    digests = []
    for text in ("echo 1\n", "echo 1 # a\n"):
        write(tmp_path, {"run.sh": text})
        digests.append(Fingerprinter().function(script_step(tmp_path / "run.sh").function).digest)
    assert digests[0] != digests[1]


def test_commands_are_told_apart_by_their_words():
    one, two = (Fingerprinter().function(command_step(words).function).digest for words in ("echo 1", "echo 2"))
    assert one != two
