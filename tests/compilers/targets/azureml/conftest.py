"""A pipeline with one of everything that Azure can express, its plan, and a workspace that it is placed in."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path

import pytest

from penstock.compilers.graph import (
    Collection,
    Environment,
    FunctionRef,
    Graph,
    Literal,
    Node,
    NodeOptions,
    Output,
    OutputRef,
    Parameter,
    ParameterRef,
    Resources,
)
from penstock.compilers.targets.azureml import DataInput, Placement, job_body, plan

WS = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
    "/Microsoft.MachineLearningServices/workspaces/ws"
)
SHARED = Path(__file__).parents[5] / "shared" / "azure"


def node(name, inputs=None, outputs=("output",), after=(), suffix="", **options):
    return Node(
        name + suffix, name, FunctionRef("steps", name), inputs or {}, tuple(map(Output, outputs)), after,
        NodeOptions(**options), fingerprint=f"{name}-means-this", doc=f"{name.title()}.",
    )  # fmt: skip


@pytest.fixture
def graph():
    gpu = {
        "resources": Resources(nodes=2), "compute": "gpu-cluster", "timeout": 5400.0, "retries": 1,
        "tags": {"azureml.shm_size": "8g", "azureml.instance_type": "Standard_NC6s_v3", "azureml.identity": "user", "team": "a"},
        "environment": Environment(("torch==2.2",), None, {"QUOTE": "it's"}),
    }  # fmt: skip
    train = {"table": OutputRef("load", "train"), "lr": ParameterRef("lr")}
    models = Collection("list", (OutputRef("train"), OutputRef("train-2")))
    nodes = (
        node("load", {"source": ParameterRef("source"), "limit": Literal(None)}, ("train", "test")),
        node("check", {"table": OutputRef("load", "test")}, (), allow_reuse=False),
        node("train", {**train, "kind": Literal("linear")}, **gpu),
        node("train", {**train, "kind": Literal("it's")}, suffix="-2", **gpu),
        node(
            "report",
            {"models": models, "best": OutputRef("train", path=("rmse",)), "extra": Literal([Path("data/x.csv"), 1])},
            after=("check",),
        ),
    )
    parameters = (
        Parameter("source", "Path", {"type": "string", "format": "path"}),
        Parameter("lr", "float", {"type": "number"}, Literal(0.1)),
        Parameter("kind", "Literal['a', 'b']", {"enum": ["a", "b"]}, Literal("a")),
        Parameter("rounds", "int", {"type": "integer"}, Literal(3), static=True),
    )
    output = Collection("dict", (OutputRef("report"), OutputRef("train-2", path=("rmse",))), ("the report", "rmse"))
    return Graph("compare", nodes, parameters, output, doc="Compare models.")


@pytest.fixture
def planned(graph):
    return plan(graph)


@pytest.fixture
def placement(planned):
    return Placement(
        components={key: f"{WS}/components/azureml_anonymous/versions/{key[:36]}" for key in planned.components},
        compute_id=WS + "/computes/{}",
        default_compute="cpu-cluster",
        datastore_id=f"{WS}/datastores/workspaceblobstore",
        data={
            "source": DataInput("azureml://datastores/workspaceblobstore/paths/raw/"),
            "path:data/x.csv": DataInput("azureml://datastores/workspaceblobstore/paths/x.csv", "uri_file"),
        },
        force_rerun=True,
    )


@pytest.fixture
def body(planned, placement):
    return job_body(planned, placement)


@pytest.fixture(scope="session")
def microsoft():
    """Microsoft's own client: how it reads a job from REST, from YAML, and what it makes of a body."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") != "1":
            pytest.importorskip("azure.ai.ml")
        from azure.ai.ml import load_job
        from azure.ai.ml._restclient.arm_ml_service.models import JobBase
        from azure.ai.ml.entities import Job
    return {"load_job": load_job, "read": lambda body: Job._from_rest_object(JobBase(body))}


@pytest.fixture(scope="session")
def specification():
    """The strict specification of Azure's REST interface, where this checkout lies beside it."""
    file = SHARED / "specs/azureml/2024-04-01/azureml-workspace.oas3-strict.json"
    if not file.exists():
        pytest.skip("the specification is not beside this checkout")
    return json.loads(file.read_text(encoding="utf-8"))
