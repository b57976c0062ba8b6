"""Naming: ids that stay, and labels that tell namesakes apart."""

from __future__ import annotations

from penstock.compilers.graph import FunctionRef, Literal, Node, OutputRef
from penstock.compilers.naming import Names, label_namesakes


def fit(node_id: str, group: str | None = None, **inputs: object) -> Node:
    bound = {name: value if isinstance(value, OutputRef) else Literal(value) for name, value in inputs.items()}
    return Node(node_id, "fit", FunctionRef("m", "fit"), bound, group=group)


def labels(*nodes: Node) -> list[str]:
    return list(label_namesakes(nodes).values())


def test_a_name_that_is_taken_is_numbered():
    names = Names([])
    assert [names.next("fit") for _ in range(3)] == ["fit", "fit-2", "fit-3"]


def test_chosen_names_are_left_out_whatever_the_order():
    names = Names(["fit", "fit-3"])
    assert [names.next("fit") for _ in range(2)] == ["fit-2", "fit-4"]


def test_a_name_that_looks_numbered_is_kept_apart():
    names = Names([])
    assert [names.next(name) for name in ("fit", "fit", "fit-2")] == ["fit", "fit-2", "fit-2-2"]


def test_a_single_call_is_labelled_by_its_name():
    assert labels(fit("fit", kind="svm")) == ["fit"]


def test_namesakes_are_labelled_by_the_arguments_in_which_they_differ():
    assert labels(fit("fit", kind="svm", lr=1), fit("fit-2", kind="tree", lr=1)) == [
        "fit (kind='svm')",
        "fit-2 (kind='tree')",
    ]


def test_arguments_that_are_not_plain_make_no_label():
    assert labels(fit("fit", x=OutputRef("a")), fit("fit-2", x=OutputRef("b"))) == ["fit", "fit-2"]


def test_groups_are_families_of_their_own():
    assert labels(fit("g/fit", "g", kind="svm"), fit("fit", None, kind="tree")) == ["fit", "fit"]


def test_a_set_is_labelled_in_one_order():
    assert labels(fit("fit", x={"b", "a", "c"}), fit("fit-2", x=set())) == [
        "fit (x={'a', 'b', 'c'})",
        "fit-2 (x=set())",
    ]
