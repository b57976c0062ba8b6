"""Resolve what a node refers to: the pipeline's inputs, the outputs of other nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from .messages import Refused

Body: TypeAlias = Mapping[str, Any]

_INPUT = re.compile(r"\$\{\{parent\.inputs\.([^.}]+)\}\}")
_JOB = re.compile(r"\$\{\{parent\.jobs\.([^.}]+)\.outputs\.([^.}]+)\}\}")
_OUTPUT = re.compile(r"\$\{\{parent\.outputs\.([^.}]+)\}\}")

NODE_KEYS = frozenset({
    "name", "type", "componentId", "computeId", "inputs", "outputs", "resources", "limits", "environment_variables",
    "identity", "queue_settings", "distribution", "display_name", "description", "tags", "properties", "comment", "services", "_source",
})  # fmt: skip
"""What a node of a pipeline may hold: Azure's specification does not say, and takes anything."""

_INPUT_TYPES = frozenset({"literal", "uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model"})  # fmt: skip


@frozen
class Data:
    """A place of data, and whether it is a file."""

    uri: str
    is_file: bool = False


Value: TypeAlias = "str | Data"


def check_nodes(pipeline: Body) -> None:
    """Raise Refused for nodes that hold or name what there is not, or wait for each other in a circle."""
    jobs = pipeline.get("jobs") or {}
    if not jobs:
        raise Refused(400, "UserError", "the pipeline has no jobs")
    for key, node in jobs.items():
        for problem in _problems(node, pipeline):
            raise Refused(400, "UserError", f"jobs.{key}: {problem}")
    done: set[str] = set()
    while len(done) < len(jobs):
        ready = {key for key, node in jobs.items() if key not in done and needed(node) <= done}
        if not ready:
            raise Refused(400, "UserError", f"jobs wait for each other: {', '.join(sorted(set(jobs) - done))}")
        done |= ready


def needed(node: Body) -> set[str]:
    """Return the nodes whose outputs a node takes."""
    texts = (str(given.get("value") or "") for given in (node.get("inputs") or {}).values())
    return {found[1] for text in texts for found in _JOB.finditer(text)}


def bound_output(node: Body, name: str) -> str | None:
    """Return the pipeline's output that a node's output is; None where it is only the node's."""
    given = (node.get("outputs") or {}).get(name) or {}
    found = _OUTPUT.fullmatch(str(given.get("value") or ""))
    return found[1] if found else None


def pipeline_value(given: Body) -> Value:
    """Return the value of a pipeline's input, in either spelling of its type."""
    kind = str(given.get("jobInputType") or given.get("job_input_type") or "literal")
    if kind.casefold() == "literal":
        value = given.get("value")
        return str(value) if not isinstance(value, bool) else str(value).lower()
    return Data(str(given["uri"]), is_file=kind.casefold().replace("_", "") == "urifile")


def node_value(given: Body, inputs: Mapping[str, Value], outputs: Mapping[tuple[str, str], Data]) -> Value:
    """Return the value of a node's input."""
    if given.get("job_input_type") != "literal":
        return pipeline_value(given)
    text = str(given.get("value"))
    parameter, output = _INPUT.fullmatch(text), _JOB.fullmatch(text)
    if parameter:
        return inputs[parameter[1]]
    if output:
        return outputs[output[1], output[2]]
    return text


def _problems(node: Body, pipeline: Body) -> Iterator[str]:
    for key in node:
        if key not in NODE_KEYS:
            yield f"a node has no {key!r}"
    if not isinstance(node.get("componentId"), str):
        yield "componentId must be the id of a component"
    for name, given in (node.get("inputs") or {}).items():
        if given.get("job_input_type") not in _INPUT_TYPES:
            yield f"the input {name!r} has no job_input_type"
        text = str(given.get("value") or "")
        for found in _INPUT.finditer(text):
            if found[1] not in (pipeline.get("inputs") or {}):
                yield f"the input {name!r} is bound to {found[0]}, and the pipeline has no such input"
        for found in _JOB.finditer(text):
            if found[1] not in pipeline["jobs"]:
                yield f"the input {name!r} is bound to {found[0]}, and there is no such job"
    for name in node.get("outputs") or {}:
        bound = bound_output(node, name)
        if bound is not None and bound not in (pipeline.get("outputs") or {}):
            yield f"the output {name!r} is bound to the pipeline's output {bound!r}, which it does not have"
