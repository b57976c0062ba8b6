"""Random graphs and values, and a graph that has one of everything."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from penstock.compilers.graph import (
    Attached,
    Collection,
    Environment,
    FunctionRef,
    Graph,
    Group,
    Literal,
    Node,
    NodeOptions,
    Output,
    OutputRef,
    Parameter,
    ParameterRef,
    Resources,
    Source,
)
from penstock.runtime.states import State

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
PATHS = st.lists(st.one_of(NAMES, st.integers(-2, 5)), max_size=2).map(tuple)
MOMENTS = st.datetimes(timezones=st.none() | st.just(datetime.timezone.utc))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), st.binary(max_size=9),
    st.dates(), MOMENTS, st.timedeltas(), st.decimals(allow_nan=False), st.complex_numbers(allow_nan=False),
    st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: Path(*parts)), st.sampled_from(State),
)  # fmt: skip
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.sets(SCALARS, max_size=4),
        st.frozensets(SCALARS, max_size=4),
        st.dictionaries(SCALARS, inner, max_size=4),
    ),
    max_leaves=8,
)
OPTIONS = st.builds(
    NodeOptions,
    allow_reuse=st.booleans(),
    retries=st.integers(0, 5),
    timeout=st.none() | st.floats(0.1, 1e6),
    resources=st.builds(Resources, cpus=st.none() | st.floats(0.5, 64), memory=st.none() | st.integers(1), gpus=st.integers(0, 8)),
    compute=st.none() | NAMES,
    environment=st.none() | st.builds(Environment, packages=st.lists(NAMES).map(tuple), variables=st.dictionaries(NAMES, st.text())),
    version=st.none() | st.text(),
    hash_paths=st.lists(NAMES).map(tuple),
    tags=st.dictionaries(NAMES, st.text()),
)  # fmt: skip
SOURCES = st.none() | st.builds(Source, NAMES.map("{}.py".format), st.integers(1, 999))


def collections(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw collections of bindings."""
    items = st.lists(inner, max_size=3).map(tuple)
    keyed = st.dictionaries(SCALARS, inner, max_size=3)
    return st.one_of(
        st.builds(Collection, st.sampled_from(["list", "tuple", "set"]), items),
        keyed.map(lambda entries: Collection("dict", tuple(entries.values()), tuple(entries))),
    )


def bindings(parameters: tuple[Parameter, ...], nodes: list[Node]) -> st.SearchStrategy[Any]:
    """Draw what an input may be bound to, given what exists already."""
    refs = [st.builds(ParameterRef, st.just(parameter.name), PATHS) for parameter in parameters]
    outputs = [(node.id, output.name) for node in nodes for output in node.outputs]
    refs += [st.builds(OutputRef, st.just(node), st.just(name), PATHS) for node, name in outputs]
    return st.recursive(st.one_of(st.builds(Literal, PLAIN), *refs), collections, max_leaves=4)


@st.composite
def random_graphs(draw: st.DrawFn, least: int = 0) -> Graph:
    """Draw a valid graph of up to five nodes."""
    groups = draw(st.sampled_from([(), (Group("g", "g"),), (Group("g", "g"), Group("g/h", "h", "g", Source("p.py", 3)))]))
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    defaults = st.none() | st.builds(Literal, PLAIN)
    parameters = tuple(Parameter(name, "int", {"type": "integer"}, draw(defaults), draw(st.booleans())) for name in names)
    nodes: list[Node] = []
    for index in range(draw(st.integers(least, 5))):
        nodes.append(draw(random_nodes(index, groups, parameters, nodes)))
    output = draw(bindings(parameters, nodes))
    return Graph("p", tuple(nodes), parameters, output, groups, draw(st.text(max_size=9)), draw(SOURCES))


@st.composite
def random_nodes(
    draw: st.DrawFn, index: int, groups: tuple[Group, ...], parameters: tuple[Parameter, ...], before: list[Node]
) -> Node:
    """Draw a node that uses only what stands before it."""
    group = draw(st.sampled_from([None, *(group.id for group in groups)]))
    name = f"n{index}"
    outputs = draw(st.lists(NAMES, max_size=3, unique=True))
    return Node(
        id=f"{group}/{name}" if group else name,
        name=name,
        function=FunctionRef("module", name, draw(st.none() | st.builds(Attached, NAMES))),
        inputs=draw(st.dictionaries(NAMES, bindings(parameters, before), max_size=3)),
        outputs=tuple(Output(output, "int") for output in outputs),
        after=tuple(draw(st.lists(st.sampled_from(before), max_size=2, unique=True)) and [before[0].id]) if before else (),
        options=draw(OPTIONS),
        fingerprint=draw(st.none() | NAMES),
        group=group,
        label=name,
        doc=draw(st.text(max_size=9)),
        source=draw(SOURCES),
    )


@pytest.fixture(scope="session")
def graphs() -> Any:
    """The strategy of valid graphs; ``graphs(least=1)`` has at least one node."""
    return random_graphs


@pytest.fixture(scope="session")
def plain_values() -> st.SearchStrategy[Any]:
    """The strategy of values that a document can hold."""
    return PLAIN


@pytest.fixture(scope="session")
def rich() -> Graph:
    """A graph with one of everything."""
    load = Node("load", "load", FunctionRef("steps", "load"), {"path": ParameterRef("source"), "lr": Literal(0.5)}, doc="Load.")
    values = (1, (True, None), {"a", 2.5}, {"k": b"x", 3: Decimal("1.5")}, Path("data/x.csv"), datetime.date(2026, 1, 2))
    mixed = Collection(
        "dict",
        (OutputRef("load", path=("a", 0)), Collection("namedtuple", (ParameterRef("n", ("k",)),), ("left",), "steps:Pair")),
        ("x", 2),
    )
    train = Node(
        "g/h/train", "train", FunctionRef("steps", "train", Attached("function:steps:train")),
        {"values": Literal(values), "mixed": mixed, "model": Attached("train.model", "abc")}, (Output("a", "int"), Output("b")),
        ("load",), NodeOptions(False, 2, 1.5, Resources(2, 1024, 1, 2), "gpu", Environment(("numpy",), "image", {"A": "b"}), "v1",
        ("data",), {"team": "a"}), "feed", "g/h", "train", "Train.", Source("steps.py", 9),
    )  # fmt: skip
    return Graph(
        "compare", (load, train), (Parameter("source", "Path", {"type": "string"}), Parameter("n", "int", {}, Literal(3), True)),
        Collection("tuple", (OutputRef("g/h/train", "a"), Literal("end"))),
        (Group("g", "g", None, Source("p.py", 1)), Group("g/h", "h", "g")), "Compare.", Source("p.py", 1),
        {"function:steps:train": print, "train.model": object()},
    )  # fmt: skip
