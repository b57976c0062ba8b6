"""Measure the local runtime beside joblib, bare Python and other tools, in one command.

    python benchmarks/runtime.py                        # measures everything but 100,000 steps, and prints tables
    python benchmarks/runtime.py --write                # writes RESULTS.md and results/ beside this file, too
    python benchmarks/runtime.py --quick                # the short cases, three rounds
    python benchmarks/runtime.py --only chain array     # some cases
    python benchmarks/runtime.py --large                # with 100,000 steps

Other tools take part when they are there: see peers.py. ``--write --only`` replaces what is known of those cases and keeps the rest,
each with its date and machine. Exits with 1 when Penstock, joblib or a floor did not do its work.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import plots
import tables
from cases import TINY, Case, Sizes, cases, without_peers
from figures import Figures
from measuring import measure

HERE = Path(__file__).parent
KNOWN = "measurements.json"


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"cases: {', '.join(cases(Sizes()))}")
    parser.add_argument("--quick", action="store_true", help="three rounds, and short cases only")
    parser.add_argument("--large", action="store_true", help="with the case of 100,000 steps")
    parser.add_argument(
        "--tiny", action="store_true", help="one round of next to nothing, to see that everything works"
    )
    parser.add_argument("--rounds", type=int, help="how many rounds; 5 by default")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that one process may take; 120 by default")
    parser.add_argument("--no-peers", action="store_true", help="leave out the tools with environments of their own")
    parser.add_argument("--folder", type=Path, help="where to work: decides which disk is measured")
    parser.add_argument(
        "--write", action="store_true", help="write RESULTS.md, and results/ with pictures and all samples"
    )
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER", help="where to write it; by default here")
    options = parser.parse_args(given)
    if unknown := set(options.only or ()) - set(cases(Sizes())):
        parser.error(f"no case is called {', '.join(sorted(unknown))}; there are {', '.join(cases(Sizes()))}")
    if options.tiny and options.write and options.to == HERE:
        parser.error("--tiny measures nothing worth keeping here; say where to write it with --to")
    return options


def chosen(options: argparse.Namespace) -> dict[str, Case]:
    """Return the cases that are asked for."""
    every = cases(TINY if options.tiny else Sizes())
    kinds = {"short"} | (set() if options.quick else {"long"}) | ({"huge"} if options.large or options.tiny else set())
    names = options.only or [name for name, case in every.items() if case.kind in kinds]
    return {name: without_peers(every[name]) if options.no_peers else every[name] for name in names}


def machine() -> str:
    """Describe the machine and what is measured, without its name or paths."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}"
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} processors, "
        f"{memory:.0f} GiB, {system}, Python {platform.python_version()}, Penstock {_penstock()}"
    )


def _processor() -> str:
    """Return the processor's name where the system says it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")


def _penstock() -> str:
    """Return Penstock's version and commit."""
    version = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    command = ["git", "describe", "--always", "--dirty=, changed", "--exclude=*"]
    try:
        commit = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return str(version)
    return f"{version} ({commit})"


def others() -> float | None:
    """Return the share of the processors' time that is used while this does nothing; None where nobody says."""
    before = _ticks()
    time.sleep(0.5)
    after = _ticks()
    if before is None or after is None or after[1] <= before[1]:
        return None
    return 1 - (after[0] - before[0]) / (after[1] - before[1])


def _ticks() -> tuple[int, int] | None:
    """Return the idle and the whole time of all processors."""
    file = Path("/proc/stat")
    if not file.exists():
        return None
    fields = [int(text) for text in file.read_text().splitlines()[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def measured(case: Case, options: argparse.Namespace, where: str, place: Path) -> dict[str, Any]:
    """Measure a case on a machine that is described, and return its record."""
    rounds = options.rounds or (1 if options.tiny else 3 if options.quick else 5)
    busy = None if options.tiny else others()
    rows = measure(case, rounds, options.limit, tell, place)
    return {
        "measured": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": where + (", tiny sizes, which say nothing about speed" if options.tiny else ""),
        "rounds": rounds,
        "others": busy,
        "rows": {name: row.record() for name, row in rows.items()},
    }


def tell(what: str) -> None:
    """Say on a terminal what is being done."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def broken(figures: Figures) -> list[str]:
    """Return what did not work and should have: everything but peers."""
    return [
        f"{case}, {name}: {row['problem']}"
        for case, record in figures.items()
        for name, row in record["rows"].items()
        if row["problem"] and name not in ("doit", "Luigi", "Kedro", "Hamilton")
    ]


def read(file: Path) -> Figures:
    """Return what was measured before. Exits where the file is broken."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}
    except ValueError as error:
        sys.exit(f"{file} is broken ({error}): remove it, or take it from git")


def write(figures: Figures, folder: Path, sizes: Sizes) -> Path:
    """Put figures beside those that are known, draw everything, and return the page."""
    place = folder / "results"
    place.mkdir(parents=True, exist_ok=True)
    file = place / KNOWN
    known = read(file)
    every = cases(sizes)
    merged = {name: {**known, **figures}[name] for name in every if name in known or name in figures}
    pictures = {case: plots.dots(every[case], merged) for case in merged}
    for name, drawn in {**pictures, "scaling": plots.scaling(merged, sizes)}.items():
        if drawn is not None:
            (place / f"{name}.svg").write_text(drawn, encoding="utf-8")
    page = folder / "RESULTS.md"
    page.write_text(tables.report(every, merged), encoding="utf-8")
    _write_whole(file, json.dumps(merged, indent=1) + "\n")
    return page


def _write_whole(file: Path, text: str) -> None:
    """Replace a file, whole or not at all."""
    aside = file.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(file)


def main() -> int:
    """Measure, print and write."""
    options = arguments()
    if options.write:
        read(options.to / "results" / KNOWN)  # before the work, not after it
    figures: Figures = {}
    where = machine()
    with tempfile.TemporaryDirectory(
        prefix="penstock-benchmarks-", dir=options.folder, ignore_cleanup_errors=True
    ) as place:
        for name, case in chosen(options).items():
            figures[name] = measured(case, options, where, Path(place))
            tell("")
            print(f"{case.title}\n\n{tables.rows(case, figures)}", flush=True)
    if not options.tiny:
        print(tables.aims(figures))
    if options.write:
        print(f"written to {write(figures, options.to, TINY if options.tiny else Sizes())}")
    problems = broken(figures)
    print("\n".join(f"did not work: {problem}" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
