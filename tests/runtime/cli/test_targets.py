from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.runtime.cli.errors import TargetNotFound, UserCodeFailed, WrongDefinition
from penstock.runtime.cli.targets import load, split


@pytest.mark.parametrize(
    ("target", "parts"),
    [("taxi.py:compare", ("taxi.py", "compare")), ("taxi.py", ("taxi.py", "")), ("a.b:c.d", ("a.b", "c.d")),
     ("C:\\work\\taxi.py", ("C:\\work\\taxi.py", "")), ("C:\\work\\taxi.py:x", ("C:\\work\\taxi.py", "x")), ("taxi.py:", ("taxi.py", ""))],
)  # fmt: skip
def test_a_target_is_a_place_and_a_name(target: str, parts: tuple[str, str]) -> None:
    assert split(target) == parts


def test_a_pipeline_a_step_and_a_function_can_be_named(project: Path) -> None:
    project.write_text(project.read_text() + "\ndef plain(source):\n    return load(source)\n")
    assert [load(f"{project}:{name}").__name__ for name in ("compare", "load", "plain")] == ["compare", "load", "plain"]


def test_the_name_may_be_left_out_where_there_is_one_pipeline(project: Path) -> None:
    project.write_text(
        "from penstock import pipeline, step\n@step\ndef a() -> int: return 1\n@pipeline\ndef only(): return a()\n"
    )
    assert load(str(project)).__name__ == "only"


def test_several_pipelines_are_listed(project: Path) -> None:
    with pytest.raises(
        TargetNotFound, match="has 2 pipelines: say which.*pipeline compare, pipeline single, step best"
    ):
        load(str(project))


def test_a_file_without_pipelines_says_so(project: Path) -> None:
    project.write_text("x = 1\n")
    with pytest.raises(TargetNotFound, match="has no pipeline.*it defines no pipeline and no step"):
        load(str(project))


def test_a_misspelled_name_or_file_is_corrected(project: Path) -> None:
    with pytest.raises(TargetNotFound, match=r"did you mean .*:compare\?"):
        load(f"{project}:compar")
    with pytest.raises(TargetNotFound, match=rf"did you mean .*{project.name}\?"):
        load(f"{project.with_stem(project.stem + 'x')}:compare")


@pytest.mark.parametrize(
    ("target", "problem"),
    [(".", "is a folder"), ("nothing.here:x", "no module 'nothing.here'"), ("no-file", "neither a file nor a module"),
     (":x", "names no file"), ("./nothing.py", "there is no file nothing.py")],
)  # fmt: skip
def test_what_is_not_there_is_named(project: Path, target: str, problem: str) -> None:
    with pytest.raises(TargetNotFound, match=problem):
        load(target)


def test_what_is_no_pipeline_is_refused(project: Path) -> None:
    with pytest.raises(WrongDefinition, match="numbers.txt is no Python file"):
        load("numbers.txt")
    with pytest.raises(WrongDefinition, match="a pipeline was expected"):
        load(f"{project}:Colour")
    project.rename("v1.2.py")
    with pytest.raises(WrongDefinition, match="rename it to v1_2.py"):
        load("v1.2.py:compare")


def test_a_file_in_a_package_is_imported_by_its_full_name(project: Path) -> None:
    folder = project.parent / f"package_{project.stem}" / "inner"
    folder.mkdir(parents=True)
    for name in (folder, folder.parent):
        (name / "__init__.py").touch()
    (folder / "pipes.py").write_text(
        "from penstock import step\nfrom . import __name__ as above\n@step\ndef a() -> int: return 1\n"
    )
    assert load(f"{folder / 'pipes.py'}:a").__module__ == f"package_{project.stem}.inner.pipes"
    assert sys.path[0] == str(project.parent)


def test_a_dotted_module_is_found_from_the_working_folder(project: Path) -> None:
    assert load(f"{project.stem}:compare").__module__ == project.stem


def test_a_file_named_like_a_loaded_module_is_refused(project: Path) -> None:
    project.rename("json.py")
    with pytest.raises(WrongDefinition, match="a module of that name is loaded already.*rename the file"):
        load("json.py:compare")


@pytest.mark.parametrize(
    "code",
    ["def f():\n    return 1 / 0\nf()\n", "import nothing_like_this\n", "def (:\n", "raise SystemExit('enough')\n"],
)
def test_an_error_of_the_users_shows_only_their_own_frames(project: Path, code: str) -> None:
    project.write_text(code)
    with pytest.raises(UserCodeFailed) as caught:
        load(str(project))
    text = str(caught.value)
    assert f'{project.name}", line' in text
    assert "penstock/runtime" not in text and "importlib" not in text
