"""Find the pipeline that somebody names: ``FILE.py:NAME``, ``package.module:NAME``, or the file alone."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, cast

from ...compilers.errors import PenstockError
from ...compilers.lowering.parameters import kind_of
from ..tracebacks import user_frames
from .errors import TargetNotFound, UserCodeFailed, WrongDefinition

_FORM = "expected FILE.py:NAME or package.module:NAME"


def load(target: str) -> Callable[..., object]:
    """Return the pipeline, step or function that ``target`` names.

    Raises TargetNotFound, which lists what there is; WrongDefinition; UserCodeFailed with the user's own traceback.
    """
    place, name = split(target)
    module = import_file(Path(place)) if _is_file(place) else _import_dotted(place)
    return _named(module, name, place) if name else _only(module, place)


def split(target: str) -> tuple[str, str]:
    """Return where to look and the name to look for, which is empty where it was left out."""
    place, colon, name = target.rpartition(":")
    if not colon or "/" in name or "\\" in name:  # also C:\\work\\taxi.py
        return target, ""
    if not place:
        raise TargetNotFound(f"{target!r} names no file: {_FORM}")
    return place, name


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place or Path(place).exists()


def import_file(path: Path) -> ModuleType:
    """Import a file under a name that other processes can import it by, as long as they have this one's ``sys.path``.

    Its folder, or the one above its outermost package, goes first on ``sys.path``.
    """
    file = _checked(path)
    parts = [file.stem]
    folder = file.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
    known = sys.modules.get(name)
    if known is not None and not _is_from(known, file):
        raise WrongDefinition(
            f"{path} would be imported as {name!r}, and a module of that name is loaded already "
            f"({getattr(known, '__file__', None) or 'built in'}); rename the file"
        )
    if str(folder) not in sys.path[:1]:
        sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return _import(name, str(path))


def _checked(path: Path) -> Path:
    """Return the absolute path of a Python file, or say what is wrong with it."""
    file = path.expanduser().absolute()
    if file.is_dir():
        found = sorted(inner.name for inner in file.glob("*.py"))
        hint = f"name a file in it: {', '.join(found[:8])}" if found else "it holds no Python file"
        raise TargetNotFound(f"{path} is a folder; {hint}")
    if not file.exists():
        near = get_close_matches(file.name, [inner.name for inner in file.parent.glob("*.py")], 1)
        hint = f"; did you mean {path.parent / near[0]}?" if near else f" (looked in {file.parent})"
        raise TargetNotFound(f"there is no file {path}{hint}")
    if file.suffix != ".py":
        raise WrongDefinition(f"{path} is no Python file: {_FORM}")
    if "." in file.stem:
        raise WrongDefinition(
            f"{path} cannot be imported, because its name has a dot in it; rename it to {file.stem.replace('.', '_')}.py"
        )
    return file


def _is_from(module: ModuleType, file: Path) -> bool:
    known = getattr(module, "__file__", None)
    return known is not None and Path(known).resolve() == file.resolve()


def _import_dotted(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise TargetNotFound(f"{name!r} is neither a file nor a module: {_FORM}")
    if "" not in sys.path[:1]:
        sys.path.insert(0, str(Path.cwd()))
    if not _exists(name):
        file = Path(*name.split(".")).with_suffix(".py")
        hint = f"; did you mean {file}?" if file.exists() else _hint_for(name)
        raise TargetNotFound(f"there is no module {name!r}{hint}")
    return _import(name, name)


def _hint_for(name: str) -> str:
    return (
        f"; start in the folder that holds {name.partition('.')[0]}"
        if "." in name
        else f"; a file is named with its ending, as in {name}.py:NAME"
    )


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # one of its packages is not there
        return False
    except Exception:  # one of its packages fails: importing it tells more
        return True


def _import(name: str, shown: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except PenstockError:
        raise
    except (Exception, SystemExit) as error:
        error.__traceback__ = _own_part(error.__traceback__)
        what = f"{shown} cannot be imported: {type(error).__name__} in the code below"
        raise UserCodeFailed(what, user_frames(error)) from error


def _own_part(found: TracebackType | None) -> TracebackType | None:
    """Skip the frames of this module and of Python's import system at the top of a traceback."""
    while found is not None and (
        found.tb_frame.f_globals.get("__name__") == __name__ or "importlib" in found.tb_frame.f_code.co_filename
    ):
        found = found.tb_next
    return found


def _named(module: ModuleType, name: str, place: str) -> Callable[..., object]:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        near = get_close_matches(name, compositions(module), 1)
        hint = f"did you mean {place}:{near[0]}? " if near else ""
        raise TargetNotFound(f"{place} has no {name!r}; {hint}{_listed(module)}")
    if not callable(found) or isinstance(found, type):
        raise WrongDefinition(
            f"{place}:{name} is a {type(found).__name__}, and a pipeline was expected; {_listed(module)}"
        )
    return cast("Callable[..., object]", found)


def _only(module: ModuleType, place: str) -> Callable[..., object]:
    pipelines = [name for name, kind in compositions(module).items() if kind == "pipeline"]
    if len(pipelines) == 1:
        return cast("Callable[..., object]", getattr(module, pipelines[0]))
    if pipelines:
        raise TargetNotFound(
            f"{place} has {len(pipelines)} pipelines: say which, as in {place}:{pipelines[0]}; {_listed(module)}"
        )
    raise TargetNotFound(f"{place} has no pipeline, which is a function decorated with @pipeline; {_listed(module)}")


def compositions(module: ModuleType) -> Mapping[str, str]:
    """Return the kinds of the pipelines and steps that a module defines, by name; those it imported only if it has no own."""
    found = {name: kind for name, value in vars(module).items() if (kind := kind_of(value)) is not None}
    own = {
        name: kind for name, kind in found.items() if getattr(vars(module)[name], "__module__", None) == module.__name__
    }
    return own or found


def _listed(module: ModuleType) -> str:
    found = compositions(module)
    if not found:
        return "it defines no pipeline and no step"
    return "it has " + ", ".join(f"{kind} {name}" for name, kind in sorted(found.items(), key=lambda item: item[::-1]))
