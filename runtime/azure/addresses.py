"""Name a workspace of Azure Machine Learning, and what is in it, as Azure does."""

from __future__ import annotations

import re

from attrs import field, frozen

from .errors import NotConfigured

_SUBSCRIPTION = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_WORKSPACE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}")
_ID = re.compile(r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/[^/]+/workspaces/([^/]+)", re.IGNORECASE)

_PARTS = (
    ("subscription_id", _SUBSCRIPTION, "an id like 00000000-0000-0000-0000-000000000000"),
    ("resource_group", _GROUP, "1 to 90 letters, digits, and . _ - ( ), no dot at the end"),
    ("workspace_name", _WORKSPACE, "3 to 33 letters, digits, - and _, a letter or digit first"),
)
"""The parts of an address: their names in v1's config.json, their form by Azure's specification, and that in words."""


@frozen
class Address:
    """A workspace's subscription, resource group and name. Raises NotConfigured for what cannot be one."""

    subscription_id: str = field()
    resource_group: str = field()
    workspace_name: str = field()

    def __attrs_post_init__(self) -> None:
        for name, form, words in _PARTS:
            value = getattr(self, name)
            if not isinstance(value, str) or not form.fullmatch(value):
                raise NotConfigured("find the workspace", f"{name}={value!r} cannot be one; expected {words}")

    @classmethod
    def from_id(cls, resource_id: str) -> Address:
        """Read the address from the id of the workspace, or of anything in it. Raises NotConfigured."""
        found = _ID.match(resource_id)
        if found is None:
            raise NotConfigured("find the workspace", f"{resource_id!r} is no id of a workspace")
        return cls(*found.groups())

    @property
    def id(self) -> str:
        """The id of the workspace, which is its path on the management plane too."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace_name}"
        )

    def __str__(self) -> str:
        return f"{self.workspace_name} (resource group {self.resource_group}, subscription {self.subscription_id})"
