"""Check the parts of a job's body that no specification and no client of Microsoft's checks.

The specification leaves the nodes of a pipeline untyped, and its client lets misspelt keys, references to nothing, and circles
through; Azure tells of them after minutes, or never.
"""

from __future__ import annotations

import difflib
import graphlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import CompileError

NODE_KEYS = frozenset(
    {
        "name", "type", "componentId", "computeId", "inputs", "outputs", "resources", "limits", "environment_variables",
        "identity", "queue_settings", "tags", "properties", "display_name", "comment",
    }
)  # fmt: skip
"""The keys that a command node may have, in REST's spelling."""

_REFERENCE = re.compile(r"\$\{\{(?P<body>[^}]*)\}\}")
_NODE_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_KEY = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class IllegalJob(CompileError):
    """The description of a job refers to something that it does not have, or has a key that no node has."""

    def __init__(self, node: str, problem: str) -> None:
        super().__init__(node, problem)
        self.node = node
        self.problem = problem

    def __str__(self) -> str:
        return f"the job's step {self.node!r} {self.problem}" if self.node else f"the job {self.problem}"


def checked(pipeline: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a pipeline job, or the specification of a pipeline component. Raises IllegalJob."""
    for name in (*pipeline["inputs"], *pipeline["outputs"]):
        if not _KEY.fullmatch(name):
            raise IllegalJob("", f"has an input or output {name!r}; expected letters, digits and '_', no digit first")
    for name, node in pipeline["jobs"].items():
        for problem in _faults(name, node, pipeline):
            raise IllegalJob(name, problem)
    _refuse_circles(pipeline["jobs"])
    return pipeline


def check_command(node: str, command: str, inputs: Mapping[str, object], outputs: Mapping[str, object]) -> None:
    """Check that a component's command names only its own inputs and outputs. Raises IllegalJob."""
    for kind, name in _references(command):
        if name not in {"inputs": inputs, "outputs": outputs}.get(kind, {}):
            raise IllegalJob(node, f"has a command that names {kind}.{name}, which it does not declare")


def _faults(name: str, node: Mapping[str, Any], pipeline: Mapping[str, Any]) -> Iterator[str]:
    if not _NODE_NAME.fullmatch(name):
        yield "has a name of other signs than a-z, 0-9 and '_', or one that begins with a digit"
    for key in node:
        if key not in NODE_KEYS:
            near = difflib.get_close_matches(key, NODE_KEYS, 1)
            yield f"has the key {key!r}" + (
                f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(NODE_KEYS))}"
            )
    for name_of, given in node["inputs"].items():
        yield from (f"binds its input {name_of!r} to {problem}" for problem in _missing(given, pipeline))
    for name_of, given in node["outputs"].items():
        for kind, found in _references(given.get("value", "")):
            if kind != "parent.outputs" or found not in pipeline["outputs"]:
                yield f"binds its output {name_of!r} to {kind}.{found}, which the pipeline does not have"


def _missing(given: Mapping[str, Any], pipeline: Mapping[str, Any]) -> Iterator[str]:
    for kind, name in _references(str(given.get("value", ""))):
        parts = kind.split(".")
        if kind == "parent.inputs":
            if name not in pipeline["inputs"]:
                yield f"the pipeline's input {name!r}, which it does not declare"
        elif parts[:2] != ["parent", "jobs"] or parts[3:] != ["outputs"]:
            yield f"{kind}.{name}, which means nothing here"
        elif parts[2] not in pipeline["jobs"]:
            yield f"the step {parts[2]!r}, which does not exist"
        elif name not in pipeline["jobs"][parts[2]]["outputs"]:
            yield f"the output {name!r} of {parts[2]!r}, which has {', '.join(pipeline['jobs'][parts[2]]['outputs']) or 'none'}"


def _refuse_circles(jobs: Mapping[str, Any]) -> None:
    needs = {name: {job for given in node["inputs"].values() for job in _needed(given)} for name, node in jobs.items()}
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        raise IllegalJob("", f"has steps that wait for each other in a circle: {' -> '.join(error.args[1])}") from None


def _needed(given: Mapping[str, Any]) -> Iterator[str]:
    for kind, _ in _references(str(given.get("value", ""))):
        parts = kind.split(".")
        if parts[:2] == ["parent", "jobs"] and len(parts) == 4:
            yield parts[2]


def _references(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a text refers to: ``parent.jobs.fit.outputs`` and ``model``, for instance."""
    for found in _REFERENCE.finditer(text):
        kind, _, name = found["body"].strip().rpartition(".")
        yield kind, name
