"""Say where runs may be carried out."""

from __future__ import annotations

from typing import Literal, TypedDict, cast

from ...endpoints import LOCAL
from ..actions import Action, Call
from ..callers import Scope
from ..computes import kind_of


class ComputeDocument(TypedDict):
    """A place where runs may be carried out. ``default``: where neither the request nor the endpoint says otherwise."""

    name: str
    kind: Literal["local", "ray", "azureml"]
    default: bool


class ComputeList(TypedDict):
    """What ``compute`` of a run, an endpoint or a schedule may name."""

    computes: list[ComputeDocument]


def _list(call: Call) -> ComputeList:
    found = [
        {"name": name, "kind": kind_of(compute), "default": name == LOCAL}
        for name, compute in call.service.computes.items()
    ]
    return {"computes": cast("list[ComputeDocument]", found)}


ACTIONS = (
    Action("GET", "/api/v1/computes", _list, Scope.READ, "List where runs may be carried out.", lists=True, answers=ComputeList),
)  # fmt: skip
