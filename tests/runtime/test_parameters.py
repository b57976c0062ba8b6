"""What a run is given, and how it is kept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from penstock.compilers.graph import Attached, Graph, Literal, Parameter
from penstock.runtime.errors import NoCodec
from penstock.runtime.parameters import Given, take_in
from penstock.runtime.resolved import Stored
from penstock.runtime.store import LocalStore, decode


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def given(store: LocalStore, graph: Graph = Graph("g", ()), **inputs: object) -> Given:
    return take_in(graph, inputs, store, lambda value: None)


def test_plain_values_stay_what_they_are(store):
    assert given(store, lr=0.1, name="x").parameters == {"lr": Literal(0.1), "name": Literal("x")}


def test_rich_values_are_stored(store):
    parameters = given(store, table=np.arange(3))
    assert isinstance(parameters.parameters["table"], Stored)
    assert decode(parameters.artifacts()["table"], store).tolist() == [0, 1, 2]
    assert "ndarray" in parameters.texts()["table"] or "array" in parameters.texts()["table"]


def test_relative_paths_start_from_the_working_folder(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parameters = given(store, file=Path("a"), files=[Path("b"), {"c": Path("c")}]).parameters
    assert parameters["file"] == Literal(tmp_path / "a")
    assert parameters["files"] == Literal([tmp_path / "b", {"c": tmp_path / "c"}])


def test_defaults_are_filled_in_and_what_is_given_wins(store):
    graph = Graph("g", (), (Parameter("a", default=Literal(1)), Parameter("b", default=Literal(2)), Parameter("c")))
    assert given(store, graph, b=3, c=4).texts() == {"a": "1", "b": "3", "c": "4"}


def test_a_default_that_travels_beside_the_graph_is_stored(store):
    attached = {"parameter:model": np.ones(2)}
    graph = Graph("g", (), (Parameter("model", default=Attached("parameter:model")),), attachments=attached)
    assert decode(given(store, graph).artifacts()["model"], store).tolist() == [1, 1]


def test_a_path_is_shown_as_text(store):
    assert given(store, file=Path(os.sep, "data", "a")).texts() == {"file": f"{os.sep}data{os.sep}a"}


def test_what_nothing_can_store_is_refused(store):
    with pytest.raises(NoCodec):
        given(store, stream=(character for character in "ab"))
