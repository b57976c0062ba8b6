"""Lowering: calls become nodes, arguments become bindings, paths become relative."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pytest

from penstock import Environment, Graph, Resources, Static, pipeline, step
from penstock.compilers.graph import Attached, Collection, Literal, OutputRef, Parameter, ParameterRef, Source
from penstock.compilers.lowering import compile_pipeline, lower
from penstock.compilers.serialisation import from_json, to_json
from penstock.dsl import record


class Pair(NamedTuple):
    left: int
    right: str


class Scores(TypedDict):
    rmse: float


@step
def make(x: float = 1.0) -> int:
    """Make a number.

    At length.
    """


@step
def show(x: Any, y: Any = None): ...
@step
def pair() -> tuple[int, str]: ...
@step
def named() -> Pair: ...
@step
def scores() -> Scores: ...
@step
def use_scores(scores: Scores) -> float: ...
@step
def effect() -> None: ...


@pipeline
def twice(x: float) -> object:
    return make(make(x))


def compiled(body: Callable[..., object]) -> Graph:
    return compile_pipeline(body).graph


def inputs(body: Callable[..., object], node: str = "show") -> Any:
    return compiled(body)[node].inputs


def test_namesakes_are_numbered_in_call_order():
    graph = compiled(lambda: [make(1), make(2), show(1), make(3)])
    assert [node.id for node in graph] == ["make", "make-2", "show", "make-3"]


def test_an_explicit_name_is_taken_first():
    graph = compiled(lambda: [make(1), make.options(name="make")(2), make(3)])
    assert [node.id for node in graph] == ["make-2", "make", "make-3"]


def test_a_name_on_the_decorator_is_numbered():
    load = step(lambda: 1, name="load")
    assert [node.id for node in compiled(lambda: [load(), load()])] == ["load", "load-2"]


def test_a_nested_pipeline_prefixes_its_nodes():
    graph = compiled(lambda: (twice(1), twice(2), make.options(name="x")()))
    assert [node.id for node in graph] == ["twice/make", "twice/make-2", "twice-2/make", "twice-2/make-2", "x"]
    assert [(group.id, group.name, group.parent) for group in graph.groups] == [
        ("twice", "twice", None),
        ("twice-2", "twice", None),
    ]
    assert graph["twice-2/make"].group == "twice-2"


def test_an_explicit_name_in_a_nested_pipeline_is_prefixed():
    inner = pipeline(lambda: make.options(name="special")())
    assert [node.id for node in compiled(lambda: (inner(), inner()))] == ["pipeline/special", "pipeline-2/special"]


def test_labels_tell_namesakes_apart():
    graph = compiled(lambda: [make(rate) for rate in (0.1, 0.2)])
    assert [node.label for node in graph] == ["make (x=0.1)", "make-2 (x=0.2)"]


def test_defaults_are_filled_in():
    assert inputs(lambda: make(), "make") == {"x": Literal(1.0)}


def test_an_int_for_a_float_is_one_literal_with_the_float():
    first, second = compiled(lambda: [make(5), make(5.0)])
    assert first.inputs == second.inputs
    assert type(first.inputs["x"].value) is float


def test_outputs_and_items_are_references():
    graph = compiled(lambda: show(pair()[1], named().right))
    assert graph["show"].inputs == {"x": OutputRef("pair", "output_1"), "y": OutputRef("named", "right")}
    assert inputs(lambda: show(scores()["rmse"], show(1)["a"][0]), "show-2")["y"] == OutputRef(
        "show", "output", ("a", 0)
    )


def test_references_in_structures_are_collections():
    bound = inputs(lambda: show([make(), (1, {"k": make()})]))["x"]
    inner = Collection("tuple", (Literal(1), Collection("dict", (OutputRef("make-2"),), ("k",))))
    assert bound == Collection("list", (OutputRef("make"), inner))


def test_a_namedtuple_of_promises_keeps_its_class():
    bound = inputs(lambda: show(named()))["x"]
    assert (bound.kind, bound.keys) == ("namedtuple", ("left", "right"))
    assert bound.type.endswith(":Pair")


def test_a_set_of_promises_comes_in_one_order():
    bound = [inputs(lambda: show({make(i) for i in range(5)}))["x"] for _ in range(3)]
    assert bound[0] == bound[1] == bound[2]


def test_a_dict_of_promises_may_have_any_plain_keys():
    graph = compiled(lambda: show({("a", 1): make(), None: 2}))
    assert graph["show"].inputs["x"].keys == (("a", 1), None)
    assert from_json(to_json(graph)) == graph


def test_a_typeddict_of_promises_fits_a_typeddict():
    bound = inputs(lambda: use_scores(scores()), "use_scores")["scores"]
    assert bound == Collection("dict", (OutputRef("scores", "rmse"),), ("rmse",))


def test_plain_structures_are_one_literal():
    assert inputs(lambda: show([1, {"a": (2, {3})}]))["x"] == Literal([1, {"a": (2, {3})}])


def test_parameters_are_references_with_type_schema_and_default():
    graph = compiled(lambda_with_parameters)
    assert graph.parameters == (
        Parameter("source", "Path", {"type": "string", "format": "path"}),
        Parameter("rate", "float", {"type": "number"}, Literal(2.0)),
        Parameter("rounds", "int", {"type": "integer"}, Literal(1), static=True),
    )
    assert graph["show"].inputs == {
        "x": ParameterRef("source"),
        "y": Collection("list", (ParameterRef("rate"), Literal(1))),
    }


def lambda_with_parameters(source: Path, rate: float = 2, rounds: Static[int] = 1):
    return show(source, [rate, rounds])


def test_given_parameters_are_kept_beside_the_graph():
    made = compile_pipeline(lambda_with_parameters, (Path("a"),), {"rounds": 3})
    assert made.inputs == {"source": Path("a")}
    assert made.graph.parameter("rounds").default == Literal(3)


def test_a_value_that_is_rich_is_attached():
    array = np.arange(3)
    graph = compiled(lambda: show(array))
    assert graph["show"].inputs["x"] == Attached("show.x")
    assert graph.attachments["show.x"] is array


@pytest.mark.parametrize(
    "value", [np.arange(3), list(range(20_000)), "x" * 20_000, {"a": [object()]}], ids=lambda v: type(v).__name__
)
def test_one_object_is_attached_once(value):
    graph = compiled(lambda: [show(value), show(value, value)])
    assert graph["show-2"].inputs == {"x": Attached("show.x"), "y": Attached("show.x")}
    assert [key for key in graph.attachments if not key.startswith("function:")] == ["show.x"]


def test_a_value_beside_a_promise_is_attached_alone():
    graph = compiled(lambda: show([make(), np.arange(3)]))
    assert graph["show"].inputs["x"] == Collection("list", (OutputRef("make"), Attached("show.x.1")))


def test_a_rich_default_of_a_pipeline_is_attached():
    def body(table=np.arange(2)):
        return show(table)

    assert compiled(body).parameters[0].default == Attached("parameter:table")


def test_paths_under_the_root_are_relative_everywhere(tmp_path):
    inside, outside = tmp_path / "data.csv", Path(tmp_path.anchor, "data.csv")
    recording = record(pipeline(lambda: show([inside, {"a": (outside,)}], {inside})), {})
    bound = lower(recording, tmp_path)["show"].inputs
    assert bound == {"x": Literal([Path("data.csv"), {"a": (outside,)}]), "y": Literal({Path("data.csv")})}


def test_a_path_beside_a_promise_is_relative_too(tmp_path):
    recording = record(pipeline(lambda: show([make(), tmp_path / "data.csv"])), {})
    assert lower(recording, tmp_path)["show"].inputs["x"].items[1] == Literal(Path("data.csv"))


def test_hash_paths_are_relative_to_the_root():
    here = Path(__file__)
    recording = record(pipeline(lambda: make.options(hash_paths=here)()), {})
    assert lower(recording, here.parent)["make"].options.hash_paths == (here.name,)


def test_source_positions_are_relative_to_the_root():
    graph = lower(record(pipeline(lambda: make()), {}), Path(__file__).parent)
    line = test_source_positions_are_relative_to_the_root.__code__.co_firstlineno + 1
    assert graph["make"].source == graph.source == Source("test_lowering.py", line)


def test_a_step_run_like_a_pipeline_is_defined_where_the_step_is():
    made = compile_pipeline(make)
    assert made.graph.source.file.endswith("test_lowering.py")
    assert (made.graph.name, made.graph.parameters[0].name, made.root) == ("make", "x", compile_pipeline(twice).root)


def test_docstrings_are_kept():
    graph = compiled(twice)
    assert graph["make"].doc == "Make a number."
    assert compiled(make).doc == "Make a number.\n\nAt length."


def test_the_docstring_of_a_partial_is_its_functions():
    partial = step(functools.partial(make.function, 3))
    assert compiled(lambda: partial())["make"].doc == "Make a number."


def test_options_become_the_nodes():
    changed = make.options(resources=Resources(gpus=1), environment=Environment(["numpy"]), tags={"a": "b"}, timeout=5)
    options = compiled(lambda: changed())["make"].options
    assert (options.resources.gpus, options.environment.packages, options.tags, options.timeout) == (
        1,
        ("numpy",),
        {"a": "b"},
        5,
    )


def test_a_step_for_its_effect_is_not_reused_unless_it_says_so():
    graph = compiled(lambda: (effect(), effect.options(allow_reuse=True)(), make()))
    assert [node.options.allow_reuse for node in graph] == [False, True, True]


def test_after_orders_without_data():
    def body():
        check = effect()
        return show.after(check, [pair()], make.after(check)())(1)

    graph = compiled(body)
    assert graph["show"].after == ("effect", "pair", "make")
    assert graph["make"].after == ("effect",)


def test_after_of_a_nested_pipeline_orders_each_of_its_nodes():
    graph = compiled(lambda: twice.after(effect())(1))
    assert [node.after for node in graph] == [(), ("effect",), ("effect",)]


def test_after_nothing_orders_nothing():
    assert compiled(lambda: show.after(None, [])(1))["show"].after == ()


def test_passing_what_a_step_without_output_gave_is_order():
    graph = compiled(lambda: show(effect(), [effect()]))
    assert graph["show"].after == ("effect", "effect-2")
    assert graph["show"].inputs == {"x": Literal(None), "y": Collection("list", (Literal(None),))}


def test_a_method_takes_its_object_as_an_attached_value():
    class Model:
        @step
        def fit(self, x: int) -> int: ...

    model = Model()
    graph = compiled(lambda: model.fit(1))
    assert graph["fit"].inputs == {"self": Attached("fit.self"), "x": Literal(1)}
    assert graph.attachments["fit.self"] is model


def test_variable_arguments_are_a_tuple_and_a_dict():
    gather = step(lambda *xs, **ys: xs)
    graph = compiled(lambda: gather(make(), 2, z=3))
    assert graph["lambda"].inputs == {
        "xs": Collection("tuple", (OutputRef("make"), Literal(2))),
        "ys": Literal({"z": 3}),
    }


def test_a_function_that_nobody_can_import_travels_by_value():
    local = step(lambda: 1)
    graph = compiled(lambda: [local(), local()])
    key = graph["lambda"].function.attached.key
    assert graph["lambda"].function == graph["lambda-2"].function
    assert graph.attachments[key] is local.function


def test_the_structure_of_the_result_is_kept():
    graph = compiled(lambda: {"a": make(), "b": [pair(), 1]})
    inner = Collection("tuple", (OutputRef("pair", "output_0"), OutputRef("pair", "output_1")))
    assert graph.output == Collection("dict", (OutputRef("make"), Collection("list", (inner, Literal(1)))), ("a", "b"))


def test_a_pipeline_for_its_effects_returns_none():
    assert compiled(lambda: effect()).output == Literal(None)


def test_ten_thousand_nodes_compile_in_a_few_seconds():
    graph = compiled(lambda: [show(make(i)) for i in range(5000)])
    assert len(graph) == 10_000
