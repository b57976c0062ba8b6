"""Write a plan as the bodies of REST requests: components, the pipeline job, and the pipeline as a component.

Pure data: what only a workspace knows (ids of code, environments and components, where data were uploaded to) is given.
Keys inside a node are snake_case and those of the pipeline camelCase, which is Azure's way.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, TypeAlias

from attrs import field, frozen

from ...datapaths import DataPath
from ...errors import CompileError
from ...graph import Attached, Binding, Literal, OutputRef, Parameter, ParameterRef
from .checking import checked
from .durations import iso_duration
from .names import SERVERLESS, checked_asset, checked_experiment
from .parts import job_options
from .plans import Component, Job, Plan
from .settings import IDENTITIES
from .texts import text_of
from .types import InputType

Body: TypeAlias = dict[str, Any]


@frozen
class DataInput:
    """Where data lie, and whether that is a file or a folder (``uri_file``, ``uri_folder``)."""

    uri: str
    type: str = "uri_folder"


@frozen(kw_only=True)
class Placement:
    """What the workspace says about a plan: ids by what they stand for, and where data and values were put.

    ``components`` are ARM ids by a component's key, ``data`` is where paths (by :func:`path_key`), attachments (by key) and
    parameters of data (by name) are, ``values`` are the given values of the other parameters. ``default_compute`` and those of steps
    are names that ``compute_id`` makes ids of.
    """

    components: Mapping[str, str]
    default_compute: str | None = None
    compute_id: str = "{}"
    datastore_id: str | None = None
    data: Mapping[str, DataInput] = field(factory=dict)
    values: Mapping[str, object] = field(factory=dict)
    experiment: str | None = None
    display_name: str | None = None
    tags: Mapping[str, str] = field(factory=dict)
    properties: Mapping[str, str] = field(factory=dict)
    force_rerun: bool = False
    continue_on_step_failure: bool = False

    def compute(self, name: str | None) -> str | None:
        """Return the id of a compute target; serverless has none."""
        return None if name in (None, SERVERLESS) else self.compute_id.format(name)


def path_key(path: PurePath | DataPath) -> str:
    """Return what a path is called in :attr:`Placement.data`; no parameter has such a name."""
    return f"path:{path}"


def component_body(component: Component, code_id: str, environment_id: str) -> Body:
    """Return the body that registers a step as an anonymous component."""
    spec: Body = {
        "name": "azureml_anonymous",
        "version": "1",
        "display_name": component.name,
        "type": "command",
        "is_deterministic": component.is_deterministic,
        "command": component.command,
        "code": f"azureml:{code_id}",
        "environment": f"azureml:{environment_id}",
        "inputs": {slot.name: _declared(InputType(slot.type, enum=slot.enum)) for slot in component.inputs},
        "outputs": {name: {"type": "uri_folder"} for name in component.outputs},
    }
    if component.description:
        spec["description"] = component.description
    return {
        "properties": {"isAnonymous": True, "isArchived": False, "tags": {}, "properties": {}, "componentSpec": spec}
    }


def job_body(plan: Plan, placement: Placement) -> Body:
    """Return the body of the pipeline job.

    Raises CompileError for a parameter without a value and for data that nobody placed, and what :func:`.checking.checked` raises.
    """
    settings: Body = {
        "continue_on_step_failure": placement.continue_on_step_failure,
        "force_rerun": placement.force_rerun,
    }
    if placement.default_compute:
        settings["default_compute"] = placement.compute(placement.default_compute) or SERVERLESS
    if placement.datastore_id:
        settings["default_datastore"] = placement.datastore_id
    properties: Body = {
        "jobType": "Pipeline",
        "displayName": placement.display_name or plan.graph.name,
        "experimentName": checked_experiment(placement.experiment or plan.graph.name),
        "isArchived": False,
        "tags": dict(placement.tags),
        "properties": dict(placement.properties),
        "settings": settings,
        "inputs": _job_inputs(plan, placement),
        "outputs": {name: {"jobOutputType": "uri_folder", "mode": "ReadWriteMount"} for name in plan.outputs},
        "jobs": {job.key: _node(plan, job, placement) for job in plan.jobs},
    }
    if plan.graph.doc:
        properties["description"] = plan.graph.doc
    return {"properties": checked(properties)}


def pipeline_component_body(plan: Plan, placement: Placement, name: str, version: str) -> Body:
    """Return the body that registers the whole pipeline as a component, which an endpoint can be made of.

    Its parameters stay open; their defaults are its defaults. Raises as :func:`job_body` does, and IllegalName.
    """
    spec: Body = {
        "type": "pipeline",
        "name": checked_asset(name),
        "version": version,
        "display_name": placement.display_name or plan.graph.name,
        "inputs": {
            plan.parameter_keys[name]: _declared(found) | _default(plan.graph.parameter(name), found)
            for name, found in plan.parameters.items()
        },
        "outputs": {name: {"type": "uri_folder"} for name in plan.outputs},
        "jobs": {job.key: _node(plan, job, placement) for job in plan.jobs},
    }
    if plan.graph.doc:
        spec["description"] = plan.graph.doc
    checked(spec)
    return {"properties": {"isAnonymous": False, "isArchived": False, "tags": dict(placement.tags), "properties": {}, "componentSpec": spec}}  # fmt: skip


def _declared(of: InputType) -> Body:
    return {"type": of.type, **({"enum": list(of.enum)} if of.enum else {})}


def _default(parameter: Parameter, of: InputType) -> Body:
    default = parameter.default
    return {"default": text_of(default.value)} if isinstance(default, Literal) and of.kind == "value" else {}


def _job_inputs(plan: Plan, placement: Placement) -> Body:
    return {plan.parameter_keys[name]: _job_input(plan, name, placement) for name in plan.parameters}


def _job_input(plan: Plan, name: str, placement: Placement) -> Body:
    parameter = plan.graph.parameter(name)
    if plan.parameters[name].kind != "value":
        found = _placed(placement, name, f"the parameter {name!r}")
        return {"jobInputType": found.type, "uri": found.uri, "mode": "ReadOnlyMount"}
    if name in placement.values:
        return {"jobInputType": "literal", "value": text_of(placement.values[name])}
    if not isinstance(parameter.default, Literal):
        raise CompileError(f"the pipeline {plan.graph.name!r} needs a value for {name!r}, which has no default")
    return {"jobInputType": "literal", "value": text_of(parameter.default.value)}


def _node(plan: Plan, job: Job, placement: Placement) -> Body:
    node: Body = {
        "name": job.key,
        "type": "command",
        "componentId": placement.components[job.component.key],
        "inputs": {name: _node_input(plan, source, placement) for name, source in job.sources.items()},
        "outputs": {name: _node_output(job, name) for name in job.component.outputs},
    }
    return node | _node_settings(job, placement)


def _node_settings(job: Job, placement: Placement) -> Body:
    settings, found = job.settings, Body()
    sizes = {"instance_type": settings.instance_type, "shm_size": settings.shm_size}
    resources = {name: size for name, size in sizes.items() if size}
    if resources or settings.instance_count != 1:
        found["resources"] = {"instance_count": settings.instance_count, **resources}
    compute = placement.compute(job.compute)
    if compute:
        found["computeId"] = compute
    if job.seconds:
        found["limits"] = {"job_limits_type": "Command", "timeout": iso_duration(job.seconds)}
    environment = job_options(job.node).environment
    if environment and environment.variables:
        found["environment_variables"] = dict(environment.variables)
    if settings.identity:
        found["identity"] = {"identity_type": IDENTITIES[settings.identity][0]}
    if settings.job_tier:
        found["queue_settings"] = {"job_tier": settings.job_tier}
    if settings.tags:
        found["tags"] = dict(settings.tags)
    return found


def _node_input(plan: Plan, source: Binding, placement: Placement) -> Body:
    match source:
        case ParameterRef(name):
            return _literal(f"${{{{parent.inputs.{plan.parameter_keys[name]}}}}}")
        case OutputRef():
            return _literal(output_reference(plan, source))
        case Attached(key):
            return _asset(_placed(placement, key, f"the attached value {key!r}"))
        case Literal(value) if isinstance(value, PurePath | DataPath):
            return _asset(_placed(placement, path_key(value), f"the path {str(value)!r}"))
        case Literal(value):
            return _literal(text_of(value))
    raise CompileError(f"{source!r} is no input of a job")


def output_reference(plan: Plan, source: OutputRef) -> str:
    """Return how a node refers to an output of another one."""
    job = next(job for job in plan.jobs if job.node.id == source.node)
    names = dict(zip([output.name for output in job.node.outputs], job.component.outputs, strict=False))
    return f"${{{{parent.jobs.{job.key}.outputs.{names.get(source.name, source.name)}}}}}"


def _node_output(job: Job, name: str) -> Body:
    if name in job.bound:
        return {"type": "literal", "value": f"${{{{parent.outputs.{job.bound[name]}}}}}"}
    return {"job_output_type": "uri_folder"}


def _literal(value: str) -> Body:
    return {"job_input_type": "literal", "value": value}


def _asset(found: DataInput) -> Body:
    return {"job_input_type": found.type, "uri": found.uri, "mode": "ReadOnlyMount"}


def _placed(placement: Placement, key: str, what: str) -> DataInput:
    if key not in placement.data:
        raise CompileError(f"{what} must be uploaded to the workspace first, and nobody said where it is")
    return placement.data[key]
