"""Make command-line options of a pipeline's parameters, and a pipeline's arguments of what was typed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

import click
from attrs import frozen

from ...compilers.compatibility import coerce, fits
from ...compilers.graph import Literal, Parameter
from ...compilers.lowering import Compiled, compile_pipeline
from ...compilers.lowering.parameters import parameters_of, types_of
from ..bundles import SUFFIX, Bundle, open_file
from ..workspace import Workspace
from .hints import hint_of
from .targets import load
from .values import Unreadable, bare, choices_of, optional_inner, read, read_all, repeated

RESERVED = frozenset({
    "help", "traceback", "param", "jobs", "executor", "experiment", "tag", "continue-on-failure", "json", "quiet",
    "workspace", "target", "output", "mermaid", "width", "display", "picture", "regenerate", "regenerate-all", "until", "only",
    "as", "compute", "describe", "on", "to", "whole-project", "from", "audit", "select", "ignore",
})  # fmt: skip
"""The commands' own options. A parameter of such a name is given as ``--param-NAME``, with every command."""

_PREFIX = "parameter_"


@frozen
class Target:
    """A pipeline that was named on the command line, and what it asks for."""

    shown: str
    composition: Callable[..., object]
    parameters: tuple[Parameter, ...]
    types: Mapping[str, Any]
    bundle: Bundle | None = None

    @classmethod
    def find(cls, shown: str) -> Target:
        """Load a pipeline or open a bundle. Raises what :func:`.targets.load` raises, DefinitionError and BundleError."""
        if shown.endswith(SUFFIX):
            return cls._of_bundle(shown, open_file(Path(shown), Workspace.open().folder / "bundles"))
        composition = load(shown)
        return cls(shown, composition, parameters_of(composition), types_of(composition))

    @classmethod
    def _of_bundle(cls, shown: str, bundle: Bundle) -> Target:
        parameters = tuple(parameter for parameter in bundle.signature.parameters if not parameter.static)
        return cls(shown, bundle.compiled, parameters, {one.name: hint_of(one.schema) for one in parameters}, bundle)

    @property
    def name(self) -> str:
        """The pipeline's own name."""
        if self.bundle is not None:
            return self.bundle.contents.name
        return str(getattr(self.composition, "__name__", "pipeline"))

    @property
    def doc(self) -> str:
        """What the pipeline is for, in its own words."""
        return self.bundle.signature.doc if self.bundle is not None else inspect.getdoc(self.composition) or ""

    def options(self) -> list[click.Option]:
        """Return an option for each parameter."""
        taken: set[str] = set(RESERVED)
        return [_option(parameter, self.types[parameter.name], taken) for parameter in self.parameters]

    def values(self, typed: Mapping[str, object], named: Sequence[str]) -> dict[str, object]:
        """Return the values by parameter: from the options, and from ``NAME=VALUE`` texts, which go first."""
        given = {name: self._read(name, text) for name, text in typed.items() if text is not None and text != ()}
        for text in named:
            name, equals, value = text.partition("=")
            if not equals or name not in self.types:
                known = ", ".join(self.types) or "it has none"
                raise click.BadParameter(
                    f"{text!r}: expected NAME=VALUE with a parameter of {self.name}: {known}", param_hint="--param"
                )
            given[name] = self._read(name, value)
        return given

    def compile(self, values: Mapping[str, object], *, whole: bool) -> Compiled:
        """Compile the pipeline. ``whole`` asks for every parameter, else only those that shape the graph are needed.

        Raises click.UsageError for missing values, and what compiling raises.
        """
        missing = [
            _declared(parameter, self.types[parameter.name])
            for parameter in self.parameters
            if parameter.default is None and parameter.name not in values and (whole or parameter.static)
        ]
        if missing:
            raise click.UsageError(
                f"{self.name} needs {'a value' if len(missing) == 1 else 'values'} for: {', '.join(missing)}"
            )
        if self.bundle is not None:
            return self.bundle.compiled(values)
        bound = inspect.BoundArguments(inspect.signature(self.composition), dict(values))
        return compile_pipeline(self.composition, bound.args, bound.kwargs)

    def _read(self, name: str, typed: object) -> object:
        hint = self.types[name]
        try:
            value = _value(typed, hint)
        except Unreadable as error:
            raise click.BadParameter(str(error), param_hint=option_name(name)) from None
        value = coerce(value, hint)
        if not fits(value, hint):
            expected = next(parameter.type for parameter in self.parameters if parameter.name == name)
            raise click.BadParameter(
                f"expected {expected}, and {typed!r} gives a {type(value).__name__}: {value!r}",
                param_hint=option_name(name),
            )
        return value


def _value(typed: object, hint: Any) -> object:
    if isinstance(typed, bool):
        return typed
    if isinstance(typed, tuple):
        return read_all(typed, hint)
    return read_all((str(typed),), hint) if repeated(hint) and str(typed).startswith("[") else _one(str(typed), hint)


def _one(text: str, hint: Any) -> object:
    found = repeated(hint)
    return found[0]([read(text, found[1])]) if found else read(text, hint)


def option_name(name: str) -> str:
    """Return the option of a parameter: ``test_size`` is ``--test-size``; one that a command has is ``--param-NAME``."""
    dashed = name.strip("_").replace("_", "-") or name
    return f"--param-{dashed}" if dashed in RESERVED else f"--{dashed}"


def parameter_name(destination: str) -> str | None:
    """Return the parameter whose option has this destination; None for an option of the command itself."""
    return destination.removeprefix(_PREFIX) if destination.startswith(_PREFIX) else None


def _option(parameter: Parameter, hint: Any, taken: set[str]) -> click.Option:
    declared = option_name(parameter.name)
    spelled = [declared] if optional_inner(bare(hint)) is not bool else [declared, f"--no-{declared[2:]}"]
    while taken & {name[2:] for name in spelled}:  # also where one parameter is called no_x beside x
        spelled = [f"--param-{name[2:]}" for name in spelled]
    taken.update(name[2:] for name in spelled)
    many, flag = repeated(hint) is not None, len(spelled) == 2
    return click.Option(
        ["/".join(spelled), f"{_PREFIX}{parameter.name}"],
        default=None,
        help=_described(parameter, repeated=many),
        metavar=None if flag else _metavar(hint),
        multiple=many,
        is_flag=flag or None,
    )


def _declared(parameter: Parameter, hint: Any) -> str:
    name = option_name(parameter.name)
    return f"{name}/--no-{name[2:]}" if optional_inner(bare(hint)) is bool else f"{name} {_metavar(hint)}"


def _described(parameter: Parameter, *, repeated: bool) -> str:
    notes = [parameter.type]
    if isinstance(parameter.default, Literal):
        value = parameter.default.value
        notes.append(
            f"default: {value.name if isinstance(value, Enum) else value if isinstance(value, PurePath) else repr(value)}"
        )
    elif parameter.default is None:
        notes.append("required")
    if repeated:
        notes.append("may be repeated")
    if parameter.static:
        notes.append("shapes the graph")
    return "; ".join(notes)


def _metavar(hint: Any) -> str:
    found = repeated(hint)
    inner = optional_inner(bare(found[1] if found else hint))
    choices = choices_of(inner)
    if choices:
        return f"[{'|'.join(choices)}]"
    name = getattr(inner, "__name__", "")
    return _METAVARS.get(name, "JSON")


_METAVARS = {
    "str": "TEXT", "int": "INTEGER", "float": "NUMBER", "Path": "PATH", "PurePath": "PATH", "PosixPath": "PATH",
    "date": "DATE", "datetime": "TIME", "timedelta": "SECONDS", "Decimal": "NUMBER", "bytes": "TEXT", "Any": "VALUE",
}  # fmt: skip


class PipelineCommand(click.Command):
    """A command whose first argument is a pipeline, and whose options include that pipeline's parameters.

    The callback is given ``target`` and ``values`` in place of what was typed. ``is_target`` says which first arguments
    name a pipeline; another one is passed on as the text ``reference``.
    """

    def __init__(self, *args: Any, is_target: Callable[[str], bool] = bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_target = is_target

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Load the pipeline first, for its parameters are options too."""
        text = self._first_argument(ctx, args)
        if text is not None and self._is_target(text):
            ctx.meta[_TARGET] = Target.find(text)
        left = super().parse_args(ctx, args)
        self._gather(ctx)
        return left

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters and those of the pipeline."""
        if _TARGET not in ctx.meta:
            return super().get_params(ctx)
        if _OPTIONS not in ctx.meta:
            ctx.meta[_OPTIONS] = ctx.meta[_TARGET].options()
        return [*ctx.meta[_OPTIONS], *super().get_params(ctx)]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does, or what the pipeline is for."""
        target: Target | None = ctx.meta.get(_TARGET)
        if target is None:
            super().format_help_text(ctx, formatter)
            return
        formatter.write_paragraph()
        with formatter.indentation():
            described = target.doc
            formatter.write_text(f"{self.get_short_help_str(200)} This one is {target.name}:")
            formatter.write_paragraph()
            formatter.write_text(described.replace("\n\n", "\n\n\b\n") or "(it has no docstring)")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the pipeline's parameters, then the command's own options."""
        theirs = list(_records(ctx.meta.get(_OPTIONS, ()), ctx))
        if theirs:
            with formatter.section(f"Parameters of {ctx.meta[_TARGET].name}"):
                formatter.write_dl(theirs)
        with formatter.section("Options"):
            formatter.write_dl(list(_records(super().get_params(ctx), ctx)))

    def _first_argument(self, ctx: click.Context, args: Sequence[str]) -> str | None:
        """Return the first word that is neither an option of the command nor an option's value."""
        takes_value = {
            name: isinstance(option, click.Option) and not option.is_flag and not option.count
            for option in super().get_params(ctx)
            for name in option.opts
        }
        words = iter(args)
        for word in words:
            if not word.startswith("-") or word == "-":
                return word
            name = word.partition("=")[0]
            if name not in takes_value and name not in ctx.help_option_names:
                raise click.UsageError(
                    f"{word} comes too early: name the pipeline first, as in {ctx.command_path} FILE.py:NAME {word}",
                    ctx,
                )
            if takes_value.get(name) and "=" not in word:
                next(words, None)
        return None

    def _gather(self, ctx: click.Context) -> None:
        """Put the pipeline and its values in place of what was typed for them."""
        named = ctx.params.pop("param", ())
        typed = {name: ctx.params.pop(key) for key in list(ctx.params) if (name := parameter_name(key)) is not None}
        target: Target | None = ctx.meta.get(_TARGET)
        ctx.params["target"] = target
        ctx.params["values"] = {} if target is None or ctx.resilient_parsing else target.values(typed, named)


_TARGET = f"{__name__}.target"
_OPTIONS = f"{__name__}.options"


def _records(parameters: Sequence[click.Parameter], ctx: click.Context) -> Iterator[tuple[str, str]]:
    options = (parameter for parameter in parameters if isinstance(parameter, click.Option))
    return (record for option in options if (record := option.get_help_record(ctx)) is not None)


def parameter_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--param NAME=VALUE``, which gives any parameter, whatever it is called."""
    return click.option(
        "--param", multiple=True, metavar="NAME=VALUE", help="A parameter of the pipeline, by its exact name."
    )(command)
