"""Run the jobs of a plan one after the other, as Azure would: each in a copy of its code, with folders and text for inputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs

from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.graph import Attached, Literal, OutputRef, ParameterRef
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.targets.azureml import plan
from penstock.compilers.targets.azureml.texts import text_of
from penstock.runtime.packaging import Packaging
from penstock.runtime.store import LocalStore, encode
from penstock.runtime.store.portable import write_out


@attrs.define
class Here:
    """A pipeline's jobs in a folder; ``given`` are values and paths of its parameters."""

    plan: object
    folder: Path
    packages: dict
    attachments: dict
    given: dict
    root: Path

    @classmethod
    def of(cls, pipeline, folder, **given):
        compiled = compile_pipeline(pipeline).identified(Fingerprinter())
        packaging = Packaging(compiled.root, compiled.manifests)
        packages = {node.id: packaging.package(node) for node in compiled.graph}
        planned = plan(compiled.graph, {node: package.lock for node, package in packages.items()})
        return cls(planned, folder, packages, dict(compiled.graph.attachments), given, compiled.root)

    def run(self, **variables):
        """Run every job; stop at the first that fails. Returns the finished processes by step."""
        done = {}
        for job in self.plan.jobs:
            done[job.node.id] = self.one(job, **variables)
            if done[job.node.id].returncode:
                break
        return done

    def one(self, job, **variables):
        code = self.folder / "code" / job.component.code
        if not code.exists():
            self.packages[job.node.id].write(code)
        command = job.component.command.replace("python ", f"{sys.executable} ", 1)
        for name, source in job.sources.items():
            command = command.replace(f"${{{{inputs.{name}}}}}", self.text(name, source))
        for name in job.component.outputs:
            place = self.place(job.node.id, name)
            place.mkdir(parents=True)
            command = command.replace(f"${{{{outputs.{name}}}}}", str(place))
        environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        return subprocess.run(
            ["sh", "-c", command], cwd=code, env=environment | variables, capture_output=True, text=True, timeout=60
        )

    def place(self, node, output):
        return self.folder / "outputs" / node / output

    def text(self, name, source):
        match source:
            case OutputRef(node, output):
                return str(self.place(node, output))
            case Attached(key):
                return str(self.written(key, self.attachments[key]))
            case ParameterRef(parameter):
                found = self.given.get(parameter, default_of(self.plan.graph.parameter(parameter)))
                return str(self.root / found) if isinstance(found, Path) else text_of(found)
            case Literal(value):
                return str(self.root / value) if isinstance(value, Path) else text_of(value)

    def written(self, key, value):
        place, store = self.folder / "attached" / key.replace(":", "_"), LocalStore(self.folder / "store")
        if not place.exists():
            write_out(encode(value, store), store, place)
        return place


def default_of(parameter):
    return parameter.default.value if parameter.default else None
