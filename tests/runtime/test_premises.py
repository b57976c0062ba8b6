"""What lies inside of a project belongs to it alone."""

from __future__ import annotations


import pytest

from penstock.runtime.configuration import Settings
from penstock.runtime.premises import has_runs_elsewhere, is_store_shared
from penstock.runtime.workspace import Workspace


@pytest.mark.parametrize(
    ("store", "history", "shared"),
    [
        (None, None, False), ("data", "history.db", False), ("/far/store", None, True), ("s3://bucket/a", None, True),
        ("/far/store", "/far/history.db", False), ("s3://bucket/a", "postgresql://host/db", False),
        (None, "postgresql://host/db", False), ("/far/store", "sqlite:////far/h.db", False),
    ],
)  # fmt: skip
def test_a_store_is_shared_where_only_it_lies_outside(store, history, shared):
    assert is_store_shared(Workspace("/project", Settings(store=store, history=history))) is shared


def test_a_folder_elsewhere_that_holds_both_is_the_workspaces_own():
    assert not is_store_shared(Workspace("/project", Settings(folder="/data/of/project")))


def test_runs_are_elsewhere_where_others_write_the_history_too():
    private, common = Workspace("/p"), Workspace("/p", Settings(history="postgresql://host/db"))
    assert not has_runs_elsewhere(private, ["r-1"], ())
    assert has_runs_elsewhere(common, ["r-1", "r-2"], {"r-1"})
    assert not has_runs_elsewhere(common, ["r-1"], {"r-1", "r-0"})
