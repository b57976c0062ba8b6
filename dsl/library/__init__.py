"""Steps that come with Penstock, made as users make theirs: of the public names alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .copying import copy_step
    from .programs import Program
    from .scripts import command_step, script_step

__all__ = ["Program", "command_step", "copy_step", "script_step"]

_HOMES = {"Program": "programs", "command_step": "scripts", "copy_step": "copying", "script_step": "scripts"}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
