"""Compare the artifact store with what it is made of: plain files, ``np.save`` and a memory map.

Run ``python benchmarks/store.py [FOLDER]``; the folder decides which disk is measured. Each figure is the best of a few
rounds. A ratio above one is the price of content addresses, verification and atomic writes.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from penstock.runtime.artifacts import Artifact
from penstock.runtime.store import LocalStore, decode, encode

MEBIBYTE = 1 << 20
_unique = itertools.count()


def best(action: Callable[[], Any], rounds: int, clean: Callable[[Any], object] = id) -> float:
    """Give the shortest time of some rounds, in seconds; ``clean`` gets each result, and is not measured."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = action()
        times.append(time.perf_counter() - start)
        clean(result)
    return min(times)


def report(what: str, ours: float, plain: float) -> None:
    """Print one line of the comparison."""
    print(f"{what:<28}{1e6 * ours:>12,.0f} us   plain {1e6 * plain:>12,.0f} us   ratio {ours / plain:>6.2f}")


def scalar(store: LocalStore, folder: Path) -> None:
    """Compare a float, which travels inline, with a file of its own."""
    path = folder / "scalar"
    artifact = encode(0.5, store)
    report("put a scalar", best(lambda: encode(0.5, store), 500), best(lambda: path.write_bytes(b"0.5"), 500))
    report("get a scalar", best(lambda: decode(artifact, store), 500), best(path.read_bytes, 500))


def text(store: LocalStore, folder: Path) -> None:
    """Compare 5 kB of text, the smallest that is stored, with a file that is written aside and renamed."""

    def put_plainly() -> None:
        path = folder / f"text-{next(_unique)}"
        path.with_suffix(".tmp").write_text("x" * 5000)
        path.with_suffix(".tmp").rename(path)

    report("put 5 kB of text", best(lambda: encode(f"{next(_unique):010}" * 500, store), 500), best(put_plainly, 500))
    artifact = encode("x" * 5000, store)
    (folder / "text-sample").write_text("x" * 5000)
    report(
        "get 5 kB of text", best(lambda: decode(artifact, store), 500), best((folder / "text-sample").read_text, 500)
    )


def array(store: LocalStore, folder: Path, size: int, rounds: int) -> None:
    """Compare an array with ``np.save`` and ``np.load(mmap_mode="r")``, summing what was got, so that pages are read."""
    value = np.random.default_rng(0).random(size // 8)

    # Each round writes a new file and removes it: new pages cost several times what overwriting cached ones does.
    def put() -> Artifact:
        value[0] = next(_unique)
        return encode(value, store)

    def put_plainly() -> Path:
        path = folder / f"array-{next(_unique)}.npy"
        np.save(path, value)
        return path

    name = f"{size // MEBIBYTE} MiB array"
    ours = best(put, rounds, lambda artifact: store.delete(artifact.digest))
    report(f"put a {name}", ours, best(put_plainly, rounds, Path.unlink))
    artifact, path = encode(value, store), put_plainly()
    report(
        f"get a {name}",
        best(lambda: decode(artifact, store), rounds),
        best(lambda: np.load(path, mmap_mode="r"), rounds),
    )
    ours = best(lambda: decode(artifact, store).sum(), rounds)  # type: ignore[attr-defined]
    report(f"get and sum a {name}", ours, best(lambda: np.load(path, mmap_mode="r").sum(), rounds))


def main() -> None:
    """Measure everything in a fresh folder, which is removed afterwards."""
    base = sys.argv[1] if len(sys.argv) > 1 else None
    folder = Path(tempfile.mkdtemp(prefix="store-benchmark-", dir=base))
    store = LocalStore(folder / "store")
    try:
        scalar(store, folder)
        text(store, folder)
        array(store, folder, MEBIBYTE, 50)
        array(store, folder, 256 * MEBIBYTE, 5)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
