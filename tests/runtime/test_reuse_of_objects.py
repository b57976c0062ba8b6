"""Reuse where a step is given objects: editing a class reruns who receives its instances."""

import json
import subprocess
import sys

import pytest

FLOW = """
import enum
from dataclasses import dataclass
from typing import NamedTuple
from penstock import pipeline, step

@dataclass
class Model:
    weight: float
    def predict(self, x):
        return self.weight * x  # method of Model

class Pair(NamedTuple):
    left: int
    right: int
    def total(self):
        return self.left + self.right  # method of Pair

class Kind(enum.Enum):
    LINEAR = 1  # member of Kind

@step
def make(weight: float = 2.0) -> Model:
    return Model(weight)

@step
def pair() -> Pair:
    return Pair(1, 2)

@step
def use(model: Model, pair: Pair, kind: Kind) -> float:
    return model.predict(1) + pair.total() + kind.value

@pipeline
def flow():
    return use(make(), pair(), Kind.LINEAR)
"""

RUN = (
    "import json; from flow import flow; from penstock import Local; "
    "print(json.dumps(Local(display='none', executor='inline').run(flow).result()))"
)

EDITS = {
    "dataclass": ("self.weight * x  # method of Model", "self.weight * x + 10", 16.0),
    "named tuple": ("self.left + self.right  # method of Pair", "self.left + self.right + 10", 16.0),
    "enumeration": ("LINEAR = 1  # member of Kind", "LINEAR = 11", 16.0),
    "nothing": ("# method of Model", "# a method", 6.0),
}


@pytest.mark.parametrize("edit", EDITS)
def test_editing_a_class_reruns_who_receives_an_instance(tmp_path, edit):
    old, new, value = EDITS[edit]
    assert run(tmp_path, FLOW) == 6.0
    assert run(tmp_path, FLOW.replace(old, new)) == value


def run(folder, text):
    """Run the flow in a new process and return its result."""
    (folder / "flow.py").write_text(text)
    done = subprocess.run([sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
