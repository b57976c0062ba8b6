"""Measure fingerprinting: a project of 300 modules and 50 steps, cold, after an edit, with a warm memo in a new process, again."""

from __future__ import annotations

import json
import os
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
        if index % {modulus} == {module}:
            kept[index] = math.sqrt(abs(value)) + OFFSETS.get("{number}", {module}.0)
        else:
            kept[index] = round(value, {number})
    return {following}
'''


def write_project(folder: Path) -> None:
    """Write modules that each call the next one, and steps that start at different ones."""
    for number in range(MODULES):
        (folder / f"m{number:03}.py").write_text(module(number))
    steps = "".join(f"\n@step\ndef step{n}(rows):\n    return m{n % 25 * 12:03}.f0(rows)\n" for n in range(STEPS))
    imports = "".join(f"import m{number:03}\n" for number in range(MODULES))
    (folder / "steps.py").write_text(f"from penstock import step\n{imports}{steps}")


def module(number: int) -> str:
    """Write a module, of which each twelfth ends a chain."""
    following = number + 1 if (number + 1) % 12 and number + 1 < MODULES else None
    head = f"from m{following:03} import f0 as onward\n" if following is not None else "onward = list\n"
    body = [
        FUNCTION.format(
            module=number,
            number=index,
            modulus=index + 2,
            following=f"f{index + 1}(kept)" if index + 1 < FUNCTIONS else "onward(kept)",
        )
        for index in range(FUNCTIONS)
    ]
    constants = f'LIMIT = {number}\nOFFSETS = {{"1": 0.5, "2": 1.5}}\n'
    return f'"""Module {number}."""\n\nimport math\n\n{head}\n{constants}' + "".join(body)


MEASURED = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import steps
started, used = time.perf_counter(), time.process_time()
from penstock.compilers.fingerprints import FileMemo, Fingerprinter
found = Fingerprinter(memo=FileMemo(sys.argv[2]))
functions = [getattr(steps, f"step{number}") for number in range(int(sys.argv[3]))]
prints = [found.function(function) for function in functions]
first, cpu = time.perf_counter() - started, time.process_time() - used
started = time.perf_counter()
for _ in range(10_000 // len(functions)):
    for function in functions:
        found.function(function)
again = time.perf_counter() - started
print(json.dumps([first, cpu, again]))
"""


def measured(project: Path, memo: Path, steps: int = STEPS) -> list[float]:
    """Fingerprint steps in a new process: seconds for that, by the wall and of the processor, and for 10,000 calls more."""
    command = [sys.executable, "-c", MEASURED, str(project), str(memo), str(steps)]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(project.parent / "byte code")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or each import is compiled
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    result: list[float] = json.loads(done.stdout)
    return result


def edited(project: Path, memo: Path, value: int) -> list[float]:
    """Edit one module, and fingerprint all steps."""
    file = project / "m100.py"
    file.write_text(module(100).replace("LIMIT", f"LIMIT = {value}\nLIMIT", 1))
    return measured(project, memo)


def main() -> None:
    """Print the medians."""
    with tempfile.TemporaryDirectory() as place:
        project, memo = Path(place) / "project", Path(place) / "first"
        project.mkdir()
        write_project(project)
        started = time.perf_counter()
        measured(project, memo)  # writes the byte code, too
        rows = {
            "nothing remembered": [measured(project, Path(place) / f"memo{number}") for number in range(ROUNDS)],
            "one file edited": [edited(project, memo, number) for number in range(ROUNDS)],
            "everything remembered from another process": [measured(project, memo) for _ in range(ROUNDS)],
            "the same, of a single step": [measured(project, memo, 1) for _ in range(ROUNDS)],
        }
        print(f"{MODULES} modules of {FUNCTIONS} functions, {STEPS} steps; medians of {ROUNDS} new processes")
        print(f"  {'':<44}{'wall':>10}{'CPU':>13}")
        for label, times in rows.items():
            wall, cpu = (statistics.median(row[column] for row in times) * 1000 for column in (0, 1))
            print(f"  {label:<44}{wall:10.1f}{cpu:10.1f} ms")
        again = statistics.median(row[2] for row in rows["everything remembered from another process"])
        print(f"  {'10,000 calls of the same functions':<44}{again * 1000:10.1f}{'':10} ms")
        print(f"  {'(the whole benchmark)':<44}{time.perf_counter() - started:10.1f}{'':10} s")


if __name__ == "__main__":
    main()
