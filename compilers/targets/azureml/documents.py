"""Write a plan as the YAML of a pipeline job, as ``az ml job create --file`` takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ...datapaths import DataPath
from ...graph import Attached, Binding, Graph, Literal, OutputRef, Parameter, ParameterRef
from .bodies import output_reference
from .checking import check_command
from .environments import Installed, Lock
from .names import checked_experiment
from .parts import job_options
from .paths import data_type
from .plans import Component, Job, Plan, plan
from .settings import IDENTITIES
from .slots import Slot
from .texts import MARK, text_of
from .types import InputType
from .yaml import to_yaml

SCHEMA = "https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json"
CODE = "code"
"""The folder beside the document that holds each step's code, in a folder of its own."""

ATTACHED = "attached"
"""The folder beside the document that holds what the graph could not hold, in folders by key."""

Yaml = dict[str, Any]


def write(graph: Graph, locks: Mapping[str, Lock] | None = None) -> str:
    """Return the YAML of a graph; ``locks`` say what each node needs installed, by its id.

    The code of each step is expected in ``code/NAME`` beside the file. Raises UnsupportedByTarget and IllegalName.
    """
    return to_yaml(pipeline_document(plan(graph, locks)))


def pipeline_document(plan: Plan) -> Yaml:
    """Return the YAML document of a plan as data."""
    document: Yaml = {
        "$schema": SCHEMA,
        "type": "pipeline",
        "display_name": plan.graph.name,
        "experiment_name": checked_experiment(plan.graph.name),
        "settings": {"continue_on_step_failure": False, "force_rerun": False},
    }
    if plan.graph.doc:
        document["description"] = plan.graph.doc
    if not all(job.compute for job in plan.jobs):
        document["settings"]["default_compute"] = "serverless"
    document["inputs"] = {
        plan.parameter_keys[name]: _input(plan.graph.parameter(name), found) for name, found in plan.parameters.items()
    }
    document["outputs"] = {name: {"type": "uri_folder"} for name in plan.outputs}
    document["jobs"] = {job.key: _job(plan, job) for job in plan.jobs}
    return document


def _input(parameter: Parameter, of: InputType) -> Any:
    """Return a pipeline's input. One without a default has what no job accepts, to be set: ``--set inputs.lr=0.1``."""
    default = parameter.default.value if isinstance(parameter.default, Literal) else None
    if of.kind == "artifact":
        key = parameter.default.key if isinstance(parameter.default, Attached) else parameter.name
        return {"type": of.type, "path": f"./{ATTACHED}/{folder_name(key)}"}
    if of.kind == "data":
        path = data_uri(default) if isinstance(default, PurePath | DataPath) else f"./{parameter.name}"
        return {"type": of.type, "path": path}
    if parameter.default is None:
        return f"{MARK}<set {parameter.name}: {parameter.type}>"
    return default if of.type in ("number", "integer", "boolean") else text_of(default)


def folder_name(key: str) -> str:
    """Return what the folder of an attached value is called: its key, without signs that a file system may not take."""
    return re.sub(r"[^\w.-]", "_", key)


def data_uri(path: PurePath | DataPath) -> str:
    """Return where a job finds a path: a datastore of the workspace, a URL, or a file to be uploaded."""
    if isinstance(path, DataPath):
        return f"azureml://datastores/{path.datastore}/paths/{path.path}" if path.datastore else path.path
    return path.as_posix() if path.is_absolute() else f"./{path.as_posix()}"


def _job(plan: Plan, job: Job) -> Yaml:
    found: Yaml = {"type": "command", "component": _component(job.component)}
    if job.compute:
        found["compute"] = f"azureml:{job.compute}" if job.compute != "serverless" else job.compute
    settings = job.settings
    sizes = {"instance_type": settings.instance_type, "shm_size": settings.shm_size}
    resources = {name: size for name, size in sizes.items() if size}
    if resources or settings.instance_count != 1:
        found["resources"] = {"instance_count": settings.instance_count, **resources}
    if job.seconds:
        found["limits"] = {"timeout": job.seconds}
    environment = job_options(job.node).environment
    if environment and environment.variables:
        found["environment_variables"] = dict(environment.variables)
    if settings.identity:
        found["identity"] = {"type": IDENTITIES[settings.identity][1]}
    if settings.job_tier:
        found["queue_settings"] = {"job_tier": settings.job_tier}
    found["inputs"] = {name: _source(plan, source) for name, source in job.sources.items()}
    found["outputs"] = {name: _output(job, name) for name in job.component.outputs}
    return found


def _source(plan: Plan, source: Binding) -> Any:
    match source:
        case ParameterRef(name):
            return f"${{{{parent.inputs.{plan.parameter_keys[name]}}}}}"
        case OutputRef():
            return output_reference(plan, source)
        case Attached(key):
            return {"type": "uri_folder", "path": f"./{ATTACHED}/{folder_name(key)}"}
        case Literal(value) if isinstance(value, PurePath | DataPath):
            return {"type": data_type(value), "path": data_uri(value)}
        case Literal(value):
            return text_of(value)
    raise TypeError(f"{source!r} is no input of a job")


def _output(job: Job, name: str) -> Any:
    return f"${{{{parent.outputs.{job.bound[name]}}}}}" if name in job.bound else {"type": "uri_folder"}


def _component(component: Component) -> Yaml:
    inputs = {slot.name: _declared(slot) for slot in component.inputs}
    outputs = {name: {"type": "uri_folder"} for name in component.outputs}
    check_command(component.name, component.command, inputs, outputs)
    found: Yaml = {
        "type": "command",
        "display_name": component.name,
        "is_deterministic": component.is_deterministic,
        "code": f"./{CODE}/{component.code}",
        "environment": _environment(component.environment),
        "inputs": inputs,
        "outputs": outputs,
        "command": component.command,
    }
    return found | ({"description": component.description} if component.description else {})


def _declared(slot: Slot) -> Yaml:
    return {"type": slot.type, **({"enum": list(slot.enum)} if slot.enum else {})}


def _environment(environment: Installed) -> Yaml:
    found: Yaml = {"image": environment.image}
    if environment.specification is not None:
        found["conda_file"] = environment.specification
    return found
