"""Send the metrics of a step to a tracking server of MLflow, which Azure Machine Learning has for each job."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeAlias, final

from .events import MetricLogged

Send: TypeAlias = Callable[[str, dict[str, Any], dict[str, str]], None]
"""Posts a JSON document to a URL, with these headers. Raises whatever goes wrong."""

_MOST = 500
"""Metrics in one request; MLflow takes a thousand."""

_OFTEN = 2.0
"""Seconds between two requests while a step goes on."""

_PATIENCE = 10.0
"""Seconds that one request may take."""


@final
class MetricSender:
    """Collects metrics and sends them now and then. What goes wrong is told once, and stops no step."""

    def __init__(self, url: str, run: str, token: str | None = None, send: Send | None = None) -> None:
        self._url = f"{url.rstrip('/')}/api/2.0/mlflow/runs/log-batch"
        self._run = run
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._send = send or _post
        self._waiting: list[dict[str, Any]] = []
        self._last = time.monotonic()
        self._broken = False

    @classmethod
    def from_environment(cls) -> MetricSender | None:
        """Return a sender for the run that the environment names, as Azure and MLflow set it; None where it names none."""
        url = os.environ.get("MLFLOW_TRACKING_URI", "")
        run = os.environ.get("MLFLOW_RUN_ID") or os.environ.get("AZUREML_RUN_ID")
        if url.startswith("azureml:"):
            url = "https:" + url.removeprefix("azureml:").partition("?")[0]
        if not run or not url.startswith(("https://", "http://")):
            return None
        return cls(url, run, os.environ.get("MLFLOW_TRACKING_TOKEN"))

    def take(self, metric: MetricLogged) -> None:
        """Take a metric in."""
        step = 0 if metric.index is None else int(metric.index)
        moment = int(metric.time * 1000)
        self._waiting.append({"key": metric.name, "value": metric.value, "timestamp": moment, "step": step})
        if len(self._waiting) >= _MOST or time.monotonic() - self._last > _OFTEN:
            self.flush()

    def flush(self) -> None:
        """Send what was taken in since the last time."""
        waiting, self._waiting = self._waiting, []
        self._last = time.monotonic()
        if not waiting or self._broken:
            return
        try:
            self._send(self._url, {"run_id": self._run, "metrics": waiting}, self._headers)
        except Exception as error:
            self._broken = True
            warnings.warn(
                f"metrics cannot be sent to MLflow, and are kept with the outputs only: {error}", stacklevel=2
            )


def _post(url: str, document: dict[str, Any], headers: dict[str, str]) -> None:
    import requests

    requests.post(url, json=document, headers=headers, timeout=_PATIENCE).raise_for_status()
