"""Carry out runs in processes of their own, which are kept for the next run of the same code."""

from __future__ import annotations

from .orders import STOPPED, Order, Report
from .pool import Hosts
from .processes import Program

__all__ = ["STOPPED", "Hosts", "Order", "Program", "Report"]
