"""Carry out runs in processes of their own, which are kept for the next run of the same code."""

from __future__ import annotations

from .orders import Order, Report
from .pool import Hosts

__all__ = ["Hosts", "Order", "Report"]
