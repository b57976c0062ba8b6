"""Names: Azure's rules, kept and checked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.targets.azureml.names import (
    IllegalName,
    checked_asset,
    checked_compute,
    checked_experiment,
    checked_job,
    input_names,
    legal_names,
)


@given(st.lists(st.text(min_size=1, max_size=300), unique=True))
def test_every_name_becomes_a_legal_one_of_its_own(names):
    legal = legal_names(names)
    assert len(set(legal.values())) == len(names)
    assert all(re.fullmatch(r"[a-z_][a-z0-9_]{0,254}", name) for name in legal.values())


def test_names_stay_readable():
    assert legal_names(["g/h/train", "train-2", "Train_2", "3d", "größe"]) == {
        "g/h/train": "g_h_train", "train-2": "train_2", "Train_2": "train_2_2", "3d": "_3d", "größe": "gr_e",
    }  # fmt: skip


def test_parameters_keep_their_names_where_azure_tells_them_apart():
    assert input_names(["LR", "größe", "gr_e"]) == {"LR": "LR", "größe": "gr_e_2", "gr_e": "gr_e"}
    assert input_names(["LR", "lr"]) == {"LR": "lr", "lr": "lr_2"}


@pytest.mark.parametrize(("check", "right", "wrong"), [
    (checked_compute, ["gpu-cluster", "serverless", "c1"], ["c", "1c", "gpu_cluster", "x-", "x" * 33, ""]),
    (checked_asset, ["compare", "a", "A-b_c"], ["", "-a", "a b", "a" * 256]),
    (checked_job, ["olive_root_1", "0"], ["", "_x", "a.b", "x" * 256]),
    (checked_experiment, ["my first", "a.b"], ["", " x", "a/b"]),
])  # fmt: skip
def test_a_chosen_name_is_taken_or_refused_with_the_rule(check, right, wrong):
    assert [check(name) for name in right] == right
    for name in wrong:
        with pytest.raises(IllegalName, match="is no name for .* expected .*letter"):
            check(name)
