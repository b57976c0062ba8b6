"""Steps that come with Penstock, made as users make theirs: of the public names alone."""

from .copying import copy_step
from .programs import Program
from .scripts import command_step, script_step

__all__ = ["Program", "command_step", "copy_step", "script_step"]
