"""Random graphs and values, and a graph that has one of everything."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
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
    Retry,
    Source,
)
from penstock.runtime.states import State

NAMES = st.sampled_from(["a", "b", "c", "alpha", "beta_2", "x9", "_private", "größe", "a_longer_name"])
PATHS = st.lists(st.one_of(NAMES, st.integers(-2, 5)), max_size=2).map(tuple)
MOMENTS = st.datetimes(timezones=st.none() | st.just(datetime.timezone.utc)).map(lambda moment: moment.replace(fold=0))
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
    environment=st.none() | st.builds(Environment, packages=st.just(("numpy",)), variables=st.dictionaries(NAMES, NAMES, max_size=2)),
    version=st.none() | NAMES,
    hash_paths=st.lists(NAMES, max_size=2).map(tuple),
    tags=st.dictionaries(NAMES, NAMES, max_size=2),
)  # fmt: skip
SOME_OPTIONS = st.sampled_from(
    [
        NodeOptions(),
        NodeOptions(
            False, 3, Retry(1.0, on=("m:E",)), 0.5, 60.0, Resources(gpus=1), "gpu", Environment(("x",)), "v1", ("a",)
        ),
    ]
)
SOURCES = st.none() | st.builds(Source, NAMES.map("{}.py".format), st.integers(1, 999))
GROUPS = st.sampled_from([(), (Group("g", "g"),), (Group("g", "g"), Group("g/h", "h", "g", Source("p.py", 3)))])
PARAMETERS = st.lists(
    st.builds(Parameter, NAMES, st.just("int"), st.just({"type": "integer"}), st.none() | st.builds(Literal, SCALARS), st.booleans()),
    max_size=3,
    unique_by=lambda parameter: parameter.name,
)  # fmt: skip

PICK = st.integers(0, 99)
"""Which of the nodes, outputs or parameters that exist: the remainder counts."""

SKETCHES = st.recursive(
    st.one_of(st.builds(Literal, SCALARS), st.tuples(st.just("output"), PICK, PICK, PATHS), st.tuples(st.just("parameter"), PICK, PATHS)),
    lambda inner: st.one_of(
        st.builds(Collection, st.sampled_from(["list", "tuple", "set"]), st.lists(inner, max_size=3).map(tuple)),
        st.dictionaries(SCALARS, inner, max_size=3).map(lambda of: Collection("dict", tuple(of.values()), tuple(of))),
    ),
    max_leaves=4,
)  # fmt: skip
"""Bindings whose references are still numbers."""

NODE = st.tuples(
    PICK,
    PICK,
    st.dictionaries(NAMES, SKETCHES, max_size=3),
    st.builds(
        Node, NAMES, NAMES, st.builds(FunctionRef, NAMES, NAMES, st.none() | st.builds(Attached, NAMES)), st.just({}),
        st.lists(NAMES, max_size=3, unique=True).map(lambda names: tuple(Output(name, "int") for name in names)),
        options=SOME_OPTIONS, fingerprint=st.none() | NAMES, label=NAMES, doc=NAMES, source=SOURCES,
    ),
)  # fmt: skip
NODES = st.lists(NODE, max_size=5)
SOME_NODES = st.lists(NODE, min_size=1, max_size=5)


def finished(sketch: Any, nodes: list[Node], parameters: tuple[Parameter, ...]) -> Any:
    """Turn a sketch into a binding to what exists."""
    if isinstance(sketch, Collection):
        return attrs.evolve(sketch, items=tuple(finished(item, nodes, parameters) for item in sketch.items))
    if isinstance(sketch, Literal):
        return sketch
    if sketch[0] == "parameter":
        return (
            ParameterRef(parameters[sketch[1] % len(parameters)].name, sketch[2]) if parameters else Literal(sketch[1])
        )
    outputs = [OutputRef(node.id, output.name, sketch[3]) for node in nodes for output in node.outputs]
    return outputs[sketch[1] % len(outputs)] if outputs else Literal(sketch[2])


@st.composite
def random_graphs(draw: st.DrawFn, least: int = 0) -> Graph:
    """Draw a valid graph of up to five nodes."""
    groups, parameters = draw(GROUPS), tuple(draw(PARAMETERS))
    nodes: list[Node] = []
    for index, (which, earlier, inputs, node) in enumerate(draw(SOME_NODES if least else NODES)):
        group = [None, *(group.id for group in groups)][which % (len(groups) + 1)]
        bound = {name: finished(sketch, nodes, parameters) for name, sketch in inputs.items()}
        after = (nodes[earlier % index].id,) if index and earlier % 2 else ()
        node_id = f"{group}/{node.name}{index}" if group else f"{node.name}{index}"
        nodes.append(attrs.evolve(node, id=node_id, group=group, inputs=bound, after=after))
    return Graph(
        "p", tuple(nodes), parameters, finished(draw(SKETCHES), nodes, parameters), groups, "Doc.", draw(SOURCES)
    )


@pytest.fixture(scope="session")
def graphs() -> Any:
    """The strategy of valid graphs; ``graphs(least=1)`` has at least one node."""
    return random_graphs


@pytest.fixture(scope="session")
def options() -> st.SearchStrategy[NodeOptions]:
    """The strategy of a node's options."""
    return OPTIONS


@pytest.fixture(scope="session")
def plain_values() -> st.SearchStrategy[Any]:
    """The strategy of values that a document can hold."""
    return PLAIN


@pytest.fixture(scope="session")
def rich() -> Graph:
    """A graph with one of everything."""
    load = Node(
        "load", "load", FunctionRef("steps", "load"), {"path": ParameterRef("source"), "lr": Literal(0.5)}, doc="Load."
    )
    values = (
        1,
        (True, None),
        {"a", 2.5},
        {"k": b"x", 3: Decimal("1.5")},
        Path("data/x.csv"),
        datetime.date(2026, 1, 2),
    )
    mixed = Collection(
        "dict",
        (
            OutputRef("load", path=("a", 0)),
            Collection("namedtuple", (ParameterRef("n", ("k",)),), ("left",), "steps:Pair"),
        ),
        ("x", 2),
    )
    train = Node(
        "g/h/train", "train", FunctionRef("steps", "train", Attached("function:steps:train")),
        {"values": Literal(values), "mixed": mixed, "model": Attached("train.model", "abc")}, (Output("a", "int"), Output("b")),
        ("load",), NodeOptions(
            allow_reuse=False, retries=2, retry=Retry(1.0, 3.0, 9.0, ("m:E",)), timeout=1.5, max_age=60.0,
            resources=Resources(2, 1024, 1, 2), compute="gpu",
            environment=Environment(("numpy",), "image", {"A": "b"}), version="v1", hash_paths=("data",), env=("SEED",),
            tags={"team": "a"},
        ), "feed", "g/h", "train", "Train.", Source("steps.py", 9),
    )  # fmt: skip
    return Graph(
        "compare", (load, train), (Parameter("source", "Path", {"type": "string"}), Parameter("n", "int", {}, Literal(3), True)),
        Collection("tuple", (OutputRef("g/h/train", "a"), Literal("end"))),
        (Group("g", "g", None, Source("p.py", 1)), Group("g/h", "h", "g")), "Compare.", Source("p.py", 1),
        {"function:steps:train": print, "train.model": object()},
    )  # fmt: skip
