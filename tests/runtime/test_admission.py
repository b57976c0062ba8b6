"""What this machine has is shared out, and what it does not have is told."""

from __future__ import annotations

import pytest

from penstock.compilers.graph import FunctionRef, Graph, Node, NodeOptions, Resources
from penstock.runtime.admission import Admission, Machine, refuse, shortages, this_machine
from penstock.runtime.errors import RunError

MACHINE = Machine(4, 1000, ("0", "1"))


def graph_asking(**asked: object) -> Graph:
    return Graph("g", (Node("a", "a", FunctionRef("m", "f"), {}, options=NodeOptions(resources=Resources(**asked))),))


@pytest.mark.parametrize("asked", [{"cpus": 3}, {"memory": 600}, {"gpus": 2}])
def test_a_step_waits_for_what_another_one_holds(asked):
    admission, resources = Admission(MACHINE), Resources(**asked)
    admission.take("a", resources)
    held = admission.fits(resources)
    admission.give_back("a")
    assert (held, admission.fits(resources)) == (False, True)


@pytest.mark.parametrize("asked", [{"cpus": 64}, {"memory": 10**12}, {"gpus": 8}])
def test_a_request_beyond_the_machine_gets_all_of_it(asked):
    admission = Admission(MACHINE)
    assert admission.fits(Resources(**asked))
    assert admission.take("a", Resources(**asked)) == (MACHINE.gpus if "gpus" in asked else ())
    assert not admission.fits(Resources(**asked))


def test_each_step_gets_gpus_of_its_own():
    admission = Admission(MACHINE)
    assert [admission.take(step, Resources(gpus=1)) for step in "ab"] == [("0",), ("1",)]


def test_what_asks_for_nothing_always_fits():
    admission = Admission(Machine(1))
    admission.take("a", Resources(cpus=1))
    assert admission.fits(Resources())


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"cpus": 8}, "cpus=8, and 4 are here"), ({"gpus": 3}, "gpus=3, and 2 are here"),
        ({"memory": 2048}, "memory=2.0 KiB, and 1000 B are here"), ({"nodes": 2}, "nodes=2, and this is one machine"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_by_step(asked, told):
    assert shortages(graph_asking(**asked), MACHINE) == {"a": told}


def test_missing_resources_are_refused_by_name():
    with pytest.raises(RunError, match=r"step 'a' asks for gpus=3, and 2 are here.*strict_resources"):
        refuse(shortages(graph_asking(gpus=3), MACHINE))


def test_the_gpus_that_a_process_may_use_are_those_of_its_variable(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    assert this_machine(graph_asking(gpus=1)).gpus == ("2", "5")


def test_nobody_looks_for_what_nobody_asks_for(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    assert this_machine(graph_asking()) == Machine(this_machine(graph_asking()).cpus)
