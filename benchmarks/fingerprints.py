"""Measure fingerprinting: a project of 300 modules and 50 steps, cold, with a warm memo in a new process, and again."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODULES = 300
FUNCTIONS = 6
STEPS = 50
ROUNDS = 5

FUNCTION = '''
def f{number}(values: list[float], factor: float = {number}.5) -> list[float]:
    """Scale values, then hand them on."""
    kept = [value * factor for value in values if value > LIMIT]
    for index, value in enumerate(kept):
        if index % {modulus} == 0:
            kept[index] = math.sqrt(abs(value)) + OFFSETS.get("{number}", 0.0)
        else:
            kept[index] = round(value, {number})
    return {following}
'''


def write_project(folder: Path) -> None:
    """Write modules that each call the next one, and steps that start at different ones."""
    for number in range(MODULES):
        following = number + 1 if (number + 1) % 12 and number + 1 < MODULES else None
        head = f"from m{following:03} import f0 as onward\n" if following is not None else "onward = list\n"
        body = [
            FUNCTION.format(
                number=index,
                modulus=index + 2,
                following=f"f{index + 1}(kept)" if index + 1 < FUNCTIONS else "onward(kept)",
            )
            for index in range(FUNCTIONS)
        ]
        text = (
            f'"""Module {number}."""\n\nimport math\n\n{head}\nLIMIT = {number}\nOFFSETS = {{"1": 0.5, "2": 1.5}}\n'
            + "".join(body)
        )
        (folder / f"m{number:03}.py").write_text(text)
    steps = "".join(f"\n@step\ndef step{n}(rows):\n    return {calls(n)}\n" for n in range(STEPS))
    imports = "".join(f"import m{number:03}\n" for number in range(MODULES))
    (folder / "steps.py").write_text(f"from penstock import step\n{imports}{steps}")


def calls(step: int) -> str:
    """Call the first functions of the modules that a step starts from."""
    return " + ".join(f"m{number:03}.f0(rows)" for number in range(step % 25 * 12, step % 25 * 12 + 1))


MEASURED = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import steps
started = time.perf_counter()
from penstock.compilers.fingerprints import FileMemo, Fingerprinter
found = Fingerprinter(memo=FileMemo(sys.argv[2]))
functions = [getattr(steps, f"step{number}") for number in range(int(sys.argv[3]))]
prints = [found.function(function) for function in functions]
first = time.perf_counter() - started
started = time.perf_counter()
for _ in range(10_000 // len(functions)):
    for function in functions:
        found.function(function)
again = time.perf_counter() - started
print(json.dumps([first, again, len(prints[0].manifest.definitions)]))
"""


def measured(project: Path, memo: Path) -> list[float]:
    """Fingerprint all steps in a new process: seconds for that, and for ten thousand calls more."""
    command = [sys.executable, "-c", MEASURED, str(project), str(memo), str(STEPS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: list[float] = json.loads(done.stdout)
    return result


def main() -> None:
    """Print the medians."""
    with tempfile.TemporaryDirectory() as place:
        project = Path(place) / "project"
        project.mkdir()
        write_project(project)
        started = time.perf_counter()
        measured(project, Path(place) / "first")  # writes the byte code, too
        cold = [measured(project, Path(place) / f"memo{number}") for number in range(ROUNDS)]
        warm = [measured(project, Path(place) / "first") for _ in range(ROUNDS)]
        print(f"{MODULES} modules of {FUNCTIONS} functions, {STEPS} steps; medians of {ROUNDS} processes")
        rows = [
            ("nothing remembered", statistics.median(row[0] for row in cold)),
            ("files remembered from another process", statistics.median(row[0] for row in warm)),
            ("10,000 calls of the same functions", statistics.median(row[1] for row in warm)),
        ]
        for label, seconds in rows:
            print(f"  {label:<40}{seconds * 1000:10.1f} ms")
        print(f"  {'(the whole benchmark)':<40}{time.perf_counter() - started:10.1f} s")


if __name__ == "__main__":
    main()
