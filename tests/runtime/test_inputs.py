"""What a run was given comes back as values, whatever they are."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.compilers.graph import Literal
from penstock.runtime.artifacts import Artifact
from penstock.runtime.errors import RunError
from penstock.runtime.inputs import FILE, keep_inputs, kept_inputs
from penstock.runtime.resolution import Values
from penstock.runtime.resolved import Gathered, Stored

TABLE = Stored(Artifact("0" * 64, "parquet", 9, "DataFrame", "DataFrame 3 x 2"), (), "id")
SMALL = Stored(Artifact("1" * 64, "pickle", 2, "Model", "Model object", b"\x00\xff"), (), None)


def test_parameters_and_attached_values_come_back(tmp_path):
    parameters = {"lr": Literal(0.1), "day": Literal(datetime.date(2026, 11, 22)), "table": TABLE}
    keep_inputs(tmp_path, Path("/project"), Values(parameters, {"function:m:f": SMALL}, {}))
    kept = kept_inputs(tmp_path)
    assert kept is not None and kept.root == Path("/project")
    assert (kept.parameters, kept.attached) == (parameters, {"function:m:f": SMALL})
    assert kept.values() == Values(parameters, {"function:m:f": SMALL}, {})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_any_plain_value_comes_back(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("run")
    keep_inputs(folder, folder, Values({"x": Literal(value)}, {}, {}))
    kept = kept_inputs(folder)
    assert kept is not None and kept.parameters == {"x": Literal(value)}


def test_the_folders_of_own_modules_are_kept_and_those_of_libraries_are_not(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    keep_inputs(tmp_path, tmp_path, Values({}, {}, {}))
    kept = kept_inputs(tmp_path)
    assert kept is not None and kept.path[0] == str(tmp_path)
    assert not [folder for folder in kept.path if "site-packages" in folder]


def test_a_run_that_kept_nothing_has_nothing(tmp_path):
    assert kept_inputs(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', json.dumps({"schema": 2})])
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(RunError, match=r"inputs\.json does not say what the run was given"):
        kept_inputs(tmp_path)


def test_a_collection_of_references_is_no_input(tmp_path):
    with pytest.raises(TypeError, match="never a collection"):
        keep_inputs(tmp_path, tmp_path, Values({"x": Gathered(None, ())}, {}, {}))  # type: ignore[arg-type]
