"""Run a pipeline job: its nodes as they become ready, each with its files, equal ones only once."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import final

from attrs import Factory, define, field

from ..durations import seconds_of
from .bindings import Data, Value, bound_output, needed, node_value, pipeline_value
from .commands import Command, command_line, run_command
from .messages import Refused
from .state import Document, State
from .storage import Storage

_AT_ONCE = 4

ENDED = ("Completed", "Failed", "Canceled")


@define(eq=False)
class StepRun:
    """One node's run, as the history shows it."""

    id: str
    node: str
    job: str
    status: str = "NotStarted"
    started: float | None = None
    ended: float | None = None
    problem: str = ""
    reused_from: str = ""
    outputs: dict[str, Data] = field(factory=dict)
    log: Path | None = None


@final
@define(eq=False)
class Runs:
    """Every run of a workspace, and what is kept of them for reuse. Files and logs are in ``folder``."""

    state: State
    storage: Storage
    folder: Path
    steps: dict[str, StepRun] = field(factory=dict, init=False)
    kept: dict[str, StepRun] = field(factory=dict, init=False)
    stops: dict[str, threading.Event] = field(factory=dict, init=False)
    threads: list[threading.Thread] = field(factory=list, init=False)
    lock: threading.Lock = field(default=Factory(threading.Lock), init=False, repr=False)

    def start(self, name: str) -> None:
        """Start the job that is kept under a name."""
        self.stops[name] = threading.Event()
        thread = threading.Thread(target=JobRun(self, name, self.stops[name]).run, name=f"job-{name}", daemon=True)
        self.threads.append(thread)
        thread.start()

    def stop(self, name: str) -> None:
        """Stop a job; one that has ended stays as it is."""
        self.stops.get(name, threading.Event()).set()

    def close(self) -> None:
        """Stop every job, and wait until all processes are gone."""
        for stop in self.stops.values():
            stop.set()
        for thread in self.threads:
            thread.join(20)

    def of_job(self, job: str) -> list[StepRun]:
        """Return the runs of a job's nodes, in the order they began."""
        with self.lock:
            return [step for step in self.steps.values() if step.job == job]


@final
@define(eq=False)
class JobRun:
    """One job on its way. Only its own thread changes what it holds."""

    runs: Runs
    name: str
    stopping: threading.Event
    outputs: dict[tuple[str, str], Data] = field(factory=dict, init=False)
    failed: set[str] = field(factory=set, init=False)

    def run(self) -> None:
        """Run the job to its end, and write down how it ended."""
        status = "Failed"
        try:
            self._set("Running")
            status = self._run_nodes()
        except Exception as error:  # whatever it is: the job has failed, and somebody waits for it
            self._properties["error"] = f"{type(error).__name__}: {error}"
        finally:
            self._set("Canceled" if self.stopping.is_set() and status != "Completed" else status)

    @property
    def _properties(self) -> Document:
        found = self.runs.state.peek(f"jobs/{self.name}")
        properties: Document = found["properties"] if found else {}
        return properties

    def _set(self, status: str) -> None:
        with self.runs.state.lock:
            self._properties["status"] = status

    def _run_nodes(self) -> str:
        jobs: Mapping[str, Document] = self._properties["jobs"]
        waiting, done = set(jobs), set[str]()
        running: dict[Future[bool], str] = {}
        goes_on = self._setting("continue_on_step_failure")
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=f"node-{self.name}") as pool:
            while True:
                may_start = not self.stopping.is_set() and (goes_on or not self.failed)
                for key in sorted(key for key in waiting if may_start and needed(jobs[key]) <= done):
                    waiting.discard(key)
                    running[pool.submit(self._run_node, key, jobs[key])] = key
                if not running:
                    break
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    (done if ended.result() else self.failed).add(running.pop(ended))
        return "Failed" if self.failed or waiting else "Completed"

    def _setting(self, name: str) -> bool:
        return str((self._properties.get("settings") or {}).get(name, False)).casefold() == "true"

    def _run_node(self, key: str, node: Document) -> bool:
        step = StepRun(str(uuid.uuid4()), key, self.name)
        with self.runs.lock:
            self.runs.steps[step.id] = step
        try:
            self._perform(step, node)
        except Exception as error:  # a fault of the stand-in, or of what it was given, is told like one of the step
            step.problem = error.message if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        step.ended = time.time()
        canceled = self.stopping.is_set() and step.problem
        step.status = "Canceled" if canceled else "Failed" if step.problem else "Completed"
        self.outputs.update({(key, name): data for name, data in step.outputs.items()})
        return not step.problem

    def _perform(self, step: StepRun, node: Document) -> None:
        component = self.runs.state.by_id(node["componentId"])
        if component is None:
            raise Refused(400, "UserError", f"there is no component {node['componentId']}")
        spec = component["properties"]["componentSpec"]
        values = self._values(node, spec)
        identity = json.dumps([component["id"], {name: str(value) for name, value in sorted(values.items())}])
        deterministic = str(spec.get("is_deterministic", True)).casefold() != "false"
        earlier = self.runs.kept.get(identity) if deterministic and not self._setting("force_rerun") else None
        step.started = time.time()
        if earlier is not None:
            step.reused_from, step.outputs, step.log = earlier.id, dict(earlier.outputs), earlier.log
            return
        step.status = "Running"
        step.outputs = {name: self._place(step, node, name, declared) for name, declared in spec.get("outputs", {}).items()}  # fmt: skip
        self._execute(step, node, spec, values)
        if not step.problem and deterministic:
            self.runs.kept[identity] = step

    def _values(self, node: Document, spec: Document) -> dict[str, Value]:
        given = {name: pipeline_value(one) for name, one in (self._properties.get("inputs") or {}).items()}
        found = {name: node_value(one, given, self.outputs) for name, one in (node.get("inputs") or {}).items()}
        for name, declared in (spec.get("inputs") or {}).items():
            if name not in found and "default" in declared:
                found[name] = str(declared["default"])
            elif name not in found and not declared.get("optional"):
                raise Refused(400, "UserError", f"the input {name!r} is required, and not given")
        return found

    def _place(self, step: StepRun, node: Document, name: str, declared: Document) -> Data:
        bound = bound_output(node, name)
        given = (self._properties.get("outputs") or {}).get(bound) if bound else (node.get("outputs") or {}).get(name)
        uri = str((given or {}).get("uri") or self.runs.storage.uri(f"azureml/{step.id}/{name}"))
        return Data(uri.replace("${{name}}", self.name), is_file=declared.get("type") == "uri_file")

    def _execute(self, step: StepRun, node: Document, spec: Document, values: Mapping[str, Value]) -> None:
        storage = self.runs.storage
        folder = Path(tempfile.mkdtemp(prefix="node-", dir=self.runs.folder))
        step.log = self.runs.folder / f"{step.id}.log"
        try:
            code = self._code(spec, folder)
            inputs = {name: self._input(value, folder / "inputs" / name) for name, value in values.items()}
            outputs = {name: folder / "outputs" / name for name in step.outputs}
            for place in outputs.values():
                place.mkdir(parents=True)
            files = {name: str(place / name if step.outputs[name].is_file else place) for name, place in outputs.items()}  # fmt: skip
            line = command_line(spec["command"], inputs, files)
            timeout = seconds_of((node.get("limits") or {}).get("timeout"))
            step.problem = run_command(
                Command(line, code, step.log, self._variables(step, node), timeout), self.stopping
            )
            if not step.problem:
                for name, place in outputs.items():
                    storage.upload(place, step.outputs[name].uri)
        finally:
            _remove(folder)

    def _code(self, spec: Document, folder: Path) -> Path:
        target = folder / "code"
        target.mkdir()
        if not spec.get("code"):
            return target
        code = self.runs.state.by_id(spec["code"])
        if code is None:
            raise Refused(400, "UserError", f"there is no code {spec['code']}")
        return self.runs.storage.download(f"{code['properties']['codeUri'].rstrip('/')}/", target)

    def _input(self, value: Value, target: Path) -> str:
        if isinstance(value, str):
            return value
        uri = f"{value.uri.rstrip('/')}/" if not value.is_file else value.uri
        return str(self.runs.storage.download(uri, target))

    def _variables(self, step: StepRun, node: Document) -> dict[str, str]:
        address = self.runs.state.address
        return {
            "AZUREML_RUN_ID": step.id,
            "AZUREML_ROOT_RUN_ID": self.name,
            "AZUREML_EXPERIMENT_NAME": str(self._properties.get("experimentName") or "Default"),
            "AZUREML_ARM_SUBSCRIPTION": address.subscription_id,
            "AZUREML_ARM_RESOURCEGROUP": address.resource_group,
            "AZUREML_ARM_WORKSPACE_NAME": address.workspace_name,
            **{name: str(value) for name, value in (node.get("environment_variables") or {}).items()},
        }


def _remove(folder: Path) -> None:
    """Remove a node's files, read-only folders too."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
