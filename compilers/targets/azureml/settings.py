"""Read what only Azure knows from the tags of a step: ``tags={"azureml.instance_type": "Standard_NC24ads_A100_v4"}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import field, frozen

from ...errors import UnsupportedByTarget
from ...graph import Node
from .parts import ALTERNATIVES, TARGET, job_options

PREFIX = "azureml."
IDENTITIES: Mapping[str, tuple[str, str]] = {
    "user": ("UserIdentity", "user_identity"),
    "managed": ("Managed", "managed"),
    "aml_token": ("AMLToken", "aml_token"),
}
"""Whose rights a job has: our word, the REST word and the YAML word."""

_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "instance_type": (re.compile(r"[A-Za-z][A-Za-z0-9_]*"), "the name of a size of machines, as in Standard_DS3_v2"),
    "shm_size": (re.compile(r"\d+[bkmg]"), "a number and b, k, m or g, as in 8g"),
    "identity": (re.compile("|".join(IDENTITIES)), f"one of {', '.join(IDENTITIES)}"),
    "job_tier": (re.compile("Standard|Spot"), "Standard or Spot"),
}


@frozen
class NodeSettings:
    """What a job asks of Azure besides a compute target. ``tags`` are the step's own ones."""

    instance_count: int = 1
    instance_type: str | None = None
    shm_size: str | None = None
    identity: str | None = None
    job_tier: str | None = None
    tags: Mapping[str, str] = field(factory=dict)


def node_settings(node: Node) -> NodeSettings:
    """Return the settings of a node. Raises UnsupportedByTarget for a tag that begins with ``azureml.`` and is none."""
    options = job_options(node)
    own = {name: text for name, text in options.tags.items() if not name.startswith(PREFIX)}
    settings = {name.removeprefix(PREFIX): text for name, text in options.tags.items() if name.startswith(PREFIX)}
    for name, text in settings.items():
        form, expected = _FORMS.get(name, (re.compile(r"(?!)"), f"none of that name; there are {', '.join(_FORMS)}"))
        if not form.fullmatch(text):
            feature = f"the tag {PREFIX}{name}={text!r} (expected {expected})"
            raise UnsupportedByTarget(node.id, feature, TARGET, ALTERNATIVES)
    return NodeSettings(options.resources.nodes, tags=own, **settings)
