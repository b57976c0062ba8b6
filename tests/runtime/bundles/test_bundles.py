"""Bundles: one file with graph and code, the same bytes for the same pipeline, which runs where nothing of the project is."""

from __future__ import annotations

import importlib
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from penstock import EndpointError, Local, compile
from penstock.runtime.bundles import BundleWarning, open_bundle, pack
from penstock.runtime.bundles.contents import CONTENTS
from penstock.runtime.errors import BundleError
from penstock.runtime.bundles import identified


def names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


def leave(project: Path) -> None:
    """Delete the project and what is loaded of it, as on another machine."""
    shutil.rmtree(project / "data")
    for file in project.glob("*.py"):
        file.unlink()
    for name in ("bundled_flow", "bundled_helpers"):
        sys.modules.pop(name, None)


def test_the_same_pipeline_gives_the_same_bytes(flowing):
    assert pack(identified(flowing.flow)).data == pack(identified(flowing.flow)).data


def test_only_what_the_code_reaches_goes_along(flowing):
    code = [name for name in names(pack(identified(flowing.flow)).data) if name.startswith("code/")]
    assert code == ["code/bundled_flow.py", "code/bundled_helpers.py", "code/data/number.txt"]


def test_the_whole_project_goes_along_where_asked_without_what_is_ignored(flowing, project):
    (project / ".amlignore").write_text("data/\n")
    found = names(pack(identified(flowing.flow), "project").data)
    assert "code/unrelated.py" in found
    assert "code/data/number.txt" in found  # the pipeline's default names it


def test_too_much_is_refused_with_the_largest_files(flowing, project):
    (project / "data/number.txt").write_text("21" + " " * 5000)
    with pytest.raises(EndpointError, match="(?s)at most 0 MiB go along.*data/number.txt"):
        pack(identified(flowing.flow), limit=4096)


def test_a_comment_changes_the_bundle_and_not_what_it_computes(flowing, project):
    before = pack(identified(flowing.flow))
    (project / "bundled_helpers.py").write_text("def double(x):\n    return 2 * x  # twice\n")
    after = pack(identified(flowing.flow))
    assert (before.content == after.content, before.digest == after.digest) == (True, False)


def test_a_bundle_runs_where_nothing_of_the_project_is(flowing, project, tmp_path, monkeypatch):
    packed = pack(identified(flowing.flow))
    leave(project)
    monkeypatch.setattr(sys, "path", sys.path[1:])
    bundle = open_bundle(packed.data, tmp_path / "place")
    run = Local(workspace=tmp_path / "elsewhere", display="none").run_compiled(
        bundle.compiled({"name": "n", "lr": 1.0})
    )
    assert run.result() == ["n: 42.0", "n: 42.0"]


def test_results_are_shared_by_the_bundle_and_the_project(flowing, project, tmp_path, monkeypatch):
    quiet = Local(workspace=tmp_path / "shared", display="none")
    quiet.run(flowing.flow, "n")
    packed = pack(identified(flowing.flow))
    leave(project)
    monkeypatch.setattr(sys, "path", sys.path[1:])
    run = quiet.run_compiled(open_bundle(packed.data, tmp_path / "place").compiled({"name": "n"}))
    assert {found.state for found in run.steps.values()} == {"reused"}


def test_values_that_no_document_holds_go_along(tmp_path, project, monkeypatch):
    code = (
        "import numpy\nfrom penstock import pipeline, step\n\n@step\ndef total(values):\n    return int(values.sum())\n"
    )
    (project / "bundled_flow.py").write_text(f"{code}\n@pipeline\ndef flow():\n    return total(numpy.arange(1000))\n")
    packed = pack(identified(importlib.import_module("bundled_flow").flow))
    leave(project)
    monkeypatch.setattr(sys, "path", sys.path[1:])
    bundle = open_bundle(packed.data, tmp_path / "place")
    assert Local(display="none").run_compiled(bundle.compiled({})).result() == 499500


def test_a_module_of_the_same_name_that_is_loaded_is_told(flowing, tmp_path):
    bundle = open_bundle(pack(identified(flowing.flow)).data, tmp_path / "place")
    with pytest.raises(BundleError, match="a module 'bundled_flow' is loaded from .* run it in a process of its own"):
        bundle.compiled({"name": "n"})


def test_other_versions_than_it_was_made_with_are_named_and_nothing_is_reused(flowing, project, tmp_path):
    packed = pack(identified(flowing.flow))
    leave(project)
    contents = json.loads(zipfile.ZipFile(io.BytesIO(packed.data)).read(CONTENTS))
    contents |= {"python": "3.1", "distributions": {"numpy": "0.1", "no-such-thing": "1.0"}}
    bundle = open_bundle(rewritten(packed.data, {CONTENTS: json.dumps(contents).encode()}), tmp_path / "place")
    with pytest.warns(BundleWarning, match="made with Python 3.1, .*numpy 0.1, and .*needs no-such-thing 1.0"):
        compiled = bundle.compiled({"name": "n"})
    assert [node.fingerprint for node in compiled.graph] == [None] * 4


def test_what_is_laid_out_is_used_again_and_healed(flowing, tmp_path):
    packed = pack(identified(flowing.flow))
    bundle = open_bundle(packed.data, tmp_path / "place")
    helpers = bundle.code / "bundled_helpers.py"
    helpers.write_text("def double(x):\n    return 0\n")
    (bundle.code / "sitecustomize.py").write_text("raise SystemExit")
    open_bundle(packed.data, tmp_path / "place")
    assert "2 * x" in helpers.read_text()
    assert not (bundle.code / "sitecustomize.py").exists()


def test_compile_writes_a_bundle_and_returns_its_path(flowing, tmp_path):
    path = Path(compile(flowing.flow, target="bundle", to=tmp_path))
    assert path.parent == tmp_path
    assert path.name.startswith("flow-") and path.suffix == ".bundle"


def rewritten(data: bytes, changed: dict[str, bytes]) -> bytes:
    """Return an archive with some files replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for info in old.infolist():
            new.writestr(info, changed.get(info.filename, old.read(info)))
    return stream.getvalue()


def test_a_script_is_found_from_the_module_that_names_it(project, tmp_path, monkeypatch):
    (project / "inner").mkdir()
    monkeypatch.setattr(sys, "path", [str(project / "inner"), *sys.path])
    (project / "inner/made.py").write_text("import sys; open(sys.argv[1], 'w').write('made')\n")
    code = "from pathlib import Path\nfrom penstock import script_step\n\n"
    step = "script_step('made.py', outputs={'out': Path}, arguments=['{out}'])"
    (project / "inner/bundled_flow.py").write_text(f"{code}flow = {step}\n")
    packed = pack(identified(importlib.import_module("bundled_flow").flow))
    for file in (project / "inner").glob("*.py"):
        file.unlink()
    sys.modules.pop("bundled_flow")
    bundle = open_bundle(packed.data, tmp_path / "place")
    assert Local(display="none").run_compiled(bundle.compiled({})).result().read_text() == "made"
