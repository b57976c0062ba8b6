"""Make a step of a script or of a command, which are run as they are."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from ..errors import DefinitionError
from ..locations import caller
from ..options import Options
from ..steps import OptionChanges, Step
from .programs import Program
from .templates import by_name, references

_STARTERS = {
    ".py": (sys.executable,),
    ".sh": ("sh",),
    ".bash": ("bash",),
    ".R": ("Rscript",),
    ".r": ("Rscript",),
    ".jl": ("julia",),
}
"""What runs a script, by the end of its name; any other file must be executable itself."""


def script_step(
    script: str | Path,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    arguments: Sequence[str] | None = None,
    **options: Unpack[OptionChanges],
) -> Step[..., Any]:
    """Make a step of a script that is run as it is, in a process of its own: ``script_step("train.py", ...)``.

    ``script`` is relative to the calling file. ``inputs`` gives the type of each input, or its default; ``outputs`` gives
    ``Path`` for each output, or what its file is called (``"model.pkl"``; a folder that is made before, ``"plots/"``). In
    ``arguments`` ``"{name}"`` stands for an input's value or an output's path; without them each input and output is passed as ``--name VALUE``. The
    script runs in its own folder. The step returns the path of the output, a NamedTuple of several, or None.

    Its code counts for reuse with the modules of the project that it imports. Raises DefinitionError for arguments that name
    nothing, and when it is used for a script that is not there; running it raises ProgramFailed.
    """
    file = Path(caller().file)
    folder = file.parent if file.exists() else Path.cwd()
    path = folder / script
    given = by_name([*(inputs or {}), *(outputs or {})]) if arguments is None else _listed(arguments)
    starter = _STARTERS.get(path.suffix, ())
    return _step(options, path.stem, folder, inputs, outputs, arguments=given, script=path.resolve(), starter=starter)


def command_step(
    command: str | Sequence[str],
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    **options: Unpack[OptionChanges],
) -> Step[..., Any]:
    """Make a step of a command: ``command_step("sort {rows} > {sorted}", inputs={"rows": Path}, outputs={"sorted": Path})``.

    A text is run by the shell, with every value quoted; a list of arguments without one. ``inputs``, ``outputs`` and what
    comes back are as with :func:`script_step`. The command's words count for reuse, the programs that they name do not: say
    ``version=`` or ``hash_paths=`` where those change.
    """
    folder = Path(caller().file).parent
    words = command if isinstance(command, str) else _listed(command)
    name = (words.split() if isinstance(words, str) else list(words) or [""])[:1]
    if not name or not name[0]:
        raise DefinitionError("command_step(): the command is empty", caller())
    plain = "".join(letter if letter.isalnum() else "_" for letter in Path(name[0]).name).lstrip("0123456789")
    return _step(options, plain or "command", folder, inputs, outputs, arguments=words)


def _listed(arguments: object) -> tuple[str, ...]:
    if (
        isinstance(arguments, str)
        or not isinstance(arguments, Sequence)
        or not all(isinstance(one, str) for one in arguments)
    ):
        raise DefinitionError(
            f"arguments={arguments!r} is wrong; expected a list of texts such as ['--in', '{{data}}']", caller()
        )
    return tuple(arguments)


def _step(
    options: Mapping[str, Any],
    name: str,
    folder: Path,
    inputs: Mapping[str, Any] | None,
    outputs: Mapping[str, Any] | None,
    **program: Any,
) -> Step[..., Any]:
    named = str(options.get("name") or name)
    files = {key: _filename(key, value) for key, value in (outputs or {}).items()}
    _check_names(named, [*(inputs or {})], [*files], program["arguments"])
    signature = inspect.Signature(_parameters(inputs or {}), return_annotation=_returned(named, [*files]))
    made = Program(named, signature, files, module=_calling_module(), made=caller(), **program)
    return Step(made, Options().changed({"name": named, **options}).resolved(folder))


def _filename(name: str, output: object) -> str:
    if output is Path:
        return name
    if (
        isinstance(output, str)
        and output.strip("/")
        and ".." not in Path(output).parts
        and not Path(output).is_absolute()
    ):
        return output
    raise DefinitionError(
        f"the output {name!r} is {output!r}; expected Path, or what its file is called: 'model.pkl', or 'plots/' for a folder",
        caller(),
    )


def _check_names(name: str, inputs: Iterable[str], outputs: Sequence[str], arguments: str | tuple[str, ...]) -> None:
    named = set(references(arguments if isinstance(arguments, str) else " ".join(arguments)))
    known = [*inputs, *outputs]
    wrong = next((key for key in known if not key.isidentifier()), None)
    problem = ""
    if wrong is not None:
        problem = f"{wrong!r} is no name for an input or output; expected letters, digits and '_'"
    elif len(set(known)) < len(known):
        problem = f"an input and an output are both called {next(key for key in outputs if key in set(inputs))!r}"
    elif named - set(known):
        problem = f"the arguments name {min(named - set(known))!r}, which is neither an input nor an output; those are {', '.join(known) or 'none'}"
    elif set(known) - named:
        problem = f"no argument names {min(set(known) - named)!r}, so the program cannot know of it; write {{{min(set(known) - named)}}} where it belongs"
    if problem:
        raise DefinitionError(f"{name}: {problem}", caller())


def _parameters(inputs: Mapping[str, Any]) -> list[inspect.Parameter]:
    """Return a parameter for each input: of the given type, or with the given default and its type."""
    typed = {
        name: isinstance(given, type) or typing.get_origin(given) is not None or given is Any
        for name, given in inputs.items()
    }
    in_order = sorted(typed.values(), reverse=True) == list(typed.values())
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if in_order else inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, kind, annotation=given)
        if typed[name]
        else inspect.Parameter(name, kind, default=given, annotation=Any if given is None else type(given))
        for name, given in inputs.items()
    ]


def _returned(name: str, outputs: Sequence[str]) -> Any:
    if len(outputs) < 2:
        return Path if outputs else None
    title = "".join(part.capitalize() for part in name.replace("-", "_").split("_"))
    return typing.NamedTuple(f"{title}Outputs", [(output, Path) for output in outputs])


def _calling_module() -> str:
    """Return the module of the user's code that is making a step."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "penstock":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))
