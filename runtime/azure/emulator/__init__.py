"""Stand in for Azure Machine Learning on this machine, so that pipelines for it can be tried without it."""

from __future__ import annotations

from .emulator import Emulator
from .faults import Fault
from .specification import VARIABLE

__all__ = ["VARIABLE", "Emulator", "Fault"]
