"""Write a graph for Azure Machine Learning: as the YAML of a pipeline job, or as the bodies of REST requests."""

from __future__ import annotations

from .bodies import DataInput, Placement, component_body, job_body, path_key, pipeline_component_body
from .documents import data_uri, folder_name, write
from .environments import Lock
from .plans import Component, Job, Plan, code_name, plan

__all__ = [
    "Component",
    "DataInput",
    "Job",
    "Lock",
    "Placement",
    "Plan",
    "code_name",
    "component_body",
    "data_uri",
    "folder_name",
    "job_body",
    "path_key",
    "pipeline_component_body",
    "plan",
    "write",
]
