"""Let a running step report numbers, figures, texts and how far it is.

Outside a run the same calls print, so that a step's function works alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import Any, TypeVar

from .context import StepContext, current_step
from .reports import FileLogged, MetricLogged, Progressed

T = TypeVar("T")

_QUIET = 0.1
"""Seconds between two reports of progress."""


def log_metric(name: str, value: float, step: float | None = None) -> None:
    """Log a number under a name. ``step`` is its position along an axis of your own: an epoch, a batch.

    Raises TypeError for a value that is not a number.
    """
    if not _is_name(name):
        raise TypeError(f"log_metric takes a name and a number, and was given the name {name!r}")
    number = _number(value, f"log_metric({name!r}) takes a number, and was given a {type(value).__name__}: {value!r}")
    index = None if step is None else _number(step, f"log_metric({name!r}, step={step!r}): the step is no number")
    context = current_step()
    if not context.is_tracked:
        print(f"{name} = {number:g}" + (f" (step {index:g})" if index is not None else ""))
        return
    context.send(MetricLogged(context.step, time.time(), name, number, index))


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name != ""


def _number(value: object, problem: str) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # a wrong one is what is looked for
    except (TypeError, ValueError):
        raise TypeError(problem) from None


def log_text(name: str, text: str) -> None:
    """Keep a text with the run, as the file ``name`` (``.txt`` is added where there is no ending)."""
    context = current_step()
    if not context.is_tracked:
        print(f"{name}:\n{text}")
        return
    path = _place(context, name, ".txt")
    path.write_text(text, encoding="utf-8")
    _announce(context, name, path)


def log_figure(name: str, figure: Any) -> None:
    """Keep a figure with the run, as the file ``name`` (``.png`` is added where there is no ending).

    ``figure`` is anything with ``savefig`` (Matplotlib), ``write_image`` or ``save`` (Plotly, Pillow), or a path.
    """
    context = current_step()
    if not context.is_tracked:
        print(f"{name}: {figure!r}")
        return
    path = _place(context, name, ".png")
    _save(figure, path)
    _announce(context, name, path)


def progress(iterable: Iterable[T], *, total: int | None = None, label: str = "") -> Iterator[T]:
    """Go through an iterable and show how far it is, in the terminal and on the run's page."""
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    context, last = current_step(), 0.0
    for done, item in enumerate(iterable, start=1):
        yield item
        now = time.time()
        if now - last >= _QUIET or done == total:
            context.send(Progressed(context.step, now, done, total, label))
            last = now


def _place(context: StepContext, name: str, ending: str) -> Path:
    if not name or Path(name).name != name or name.startswith("."):
        raise ValueError(
            f"{name!r} is no name for a logged file: use letters, digits, '-', '_' and '.', without folders"
        )
    folder = _run_folder(context) / "files" / context.step
    folder.mkdir(parents=True, exist_ok=True)
    return folder / (name if Path(name).suffix else name + ending)


def _run_folder(context: StepContext) -> Path:
    return context.run_folder or context.folder


def _save(figure: Any, path: Path) -> None:
    if isinstance(figure, Path):
        path.write_bytes(figure.read_bytes())
        return
    for verb in ("savefig", "write_image", "save"):
        if hasattr(figure, verb):
            getattr(figure, verb)(path)
            return
    raise TypeError(
        f"log_figure takes a figure with savefig(), write_image() or save(), or a Path, and was given a {type(figure).__name__}"
    )


def _announce(context: StepContext, name: str, path: Path) -> None:
    relative = path.relative_to(_run_folder(context)).as_posix()
    context.send(FileLogged(context.step, time.time(), name, relative))
