"""Find files that a step reads and nobody declared."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from attrs import frozen

from .examined import Called, Examined, Scene, constant, shown
from .findings import Remark
from .naming import ABSENT, parameters_of
from .scoping import Parameter
from .tables import Names
from .tracing_paths import Kind, folded, lies_under, origin

_OPENING = Names(
    "builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "tarfile.open", "zipfile.ZipFile",
    "fsspec.open", "h5py.File", "xarray.open_dataset", "rasterio.open",
)  # fmt: skip
"""Take a path, and then a mode."""
_READING = Names(
    "pandas.read_*", "polars.read_*", "polars.scan_*", "numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "numpy.fromfile",
    "numpy.memmap", "joblib.load", "torch.load", "safetensors.torch.load_file", "pyarrow.parquet.read_table",
    "pyarrow.csv.read_csv", "pyarrow.feather.read_table", "pyarrow.dataset.dataset", "PIL.Image.open", "cv2.imread",
    "imageio.imread", "matplotlib.pyplot.imread", "matplotlib.image.imread", "scipy.io.loadmat", "scipy.io.wavfile.read",
    "scipy.sparse.load_npz", "soundfile.read", "librosa.load", "sqlite3.connect", "duckdb.connect", "shelve.open",
    "linecache.getline", "linecache.getlines", "fileinput.input", "os.open", "os.listdir", "os.scandir", "os.walk",
    "glob.glob", "glob.iglob", "sklearn.datasets.load_files", "sklearn.datasets.load_svmlight_file", "tomllib.load",
    "configparser.ConfigParser.read", "logging.config.fileConfig", "shutil.copy", "shutil.copyfile", "shutil.copy2",
    "shutil.copytree",
)  # fmt: skip
_NOT_FILES = Names(
    "pandas.read_sql*", "pandas.read_clipboard", "pandas.read_gbq", "polars.read_database*", "polars.read_clipboard"
)
_PATH_METHODS = Names(*(f"pathlib.{kind}.{name}" for kind in ("Path", "PosixPath", "WindowsPath")
                        for name in ("read_text", "read_bytes", "open", "iterdir", "glob", "rglob", "walk")))  # fmt: skip
_WRITERS = frozenset({"write_text", "write_bytes", "touch", "mkdir"})
_ADDRESS = "://"

NAMES = _OPENING | _READING | _PATH_METHODS | Names("pathlib.Path", "pathlib.PurePath")


@frozen(eq=False)
class Read:
    """A place that reads a file: what reads, and the expression that says which."""

    node: ast.AST
    path: ast.expr
    through: str = ""
    """The function that does read, where this place only passes the path on."""


def undeclared_file(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark files that are named in the code and declared nowhere."""
    for read in reads(code, scene):
        if origin(code, read.path).kind is not Kind.WRITTEN or _is_declared(code, scene, read.path):
            continue
        what = f"names a file for {read.through}() to read" if read.through else "reads a file"
        yield Remark(
            read.node,
            f"{shown(read.node)} {what} that is no input of the step: when the file changes, the step is still reused",
            'make it a parameter annotated Path, or declare @step(hash_paths=["..."])',
        )


def text_path(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark parameters of the step that are texts, and are used as paths."""
    if not scene.is_entry(code) or scene.subject.hash_paths:
        return
    for read in reads(code, scene):
        parameter = origin(code, read.path).parameter
        if parameter is not None and _is_text(code, parameter):
            yield Remark(
                read.node,
                f"{shown(read.node)} reads the file that the text {parameter.name!r} names: the text identifies the input, "
                "not what is in the file",
                f"annotate it as a path, {parameter.name}: Path, so that its content counts",
            )


def reads(code: Examined, scene: Scene, seen: frozenset[int] = frozenset()) -> Iterator[Read]:
    """Yield the places of a function that read a file, also by passing a path to a function that reads it."""
    written = _written(code)
    for called in code.calls:
        path = _path_read(called)
        if path is not None and ast.dump(path) not in written and not _is_special(code, path):
            yield Read(called.node, path)
        yield from _passed_on(called, scene, seen | {id(code)})


def _path_read(called: Called) -> ast.expr | None:
    """Return the expression for the path that a call reads; None if it reads none."""
    if called.name in _PATH_METHODS:
        writes = called.name.endswith(".open") and _writes(called.argument(0, "mode"))
        function = called.node.func
        return function.value if isinstance(function, ast.Attribute) and not writes else None
    if called.name in _OPENING:
        return None if _writes(called.argument(1, "mode")) else _first(called)
    if called.name in _READING and called.name not in _NOT_FILES:
        return _first(called)
    return None


def _first(called: Called) -> ast.expr | None:
    return called.argument(
        0, "file", "filename", "path", "filepath_or_buffer", "path_or_buf", "source", "io", "fp", "fname"
    )


def _writes(mode: ast.expr | None) -> bool:
    value = constant(mode)
    return isinstance(value, str) and bool(set("wax") & set(value)) and "+" not in value


def _is_special(code: Examined, path: ast.expr) -> bool:
    """Tell whether a path is no file on this machine: a device, or an address, which is another rule's."""
    found = code.known(path)
    value = constant(path) if found is None or found.value is ABSENT else found.value
    return isinstance(value, str) and (_ADDRESS in value or value in ("", os.devnull, ":memory:", "-"))


def _written(code: Examined) -> frozenset[str]:
    """Return the paths that a function writes itself, as trees: it may read those."""
    found = set()
    for node in code.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _WRITERS:
                found.add(ast.dump(node.func.value))
            elif node.args and node.func.attr.startswith(("to_", "save", "write_", "sink_", "dump")):
                found |= {ast.dump(argument) for argument in node.args[:2]}
    for called in code.calls:
        if called.name in _OPENING and _writes(called.argument(1, "mode")) and called.node.args:
            found.add(ast.dump(called.node.args[0]))
    return frozenset(found)


# -- paths that are passed on ---------------------------------------------------------------------------------------


def _passed_on(called: Called, scene: Scene, seen: frozenset[int]) -> Iterator[Read]:
    """Yield the arguments of a call of the project's own function that are paths which it reads."""
    code = getattr(called.what.live, "__code__", None)
    helper = scene.examined.get(code) if code is not None and not called.name else None
    if helper is None or id(helper) in seen or called.is_open:
        return
    bound = {**_default_paths(helper), **called.bound()}
    for name in _reading_parameters(helper, scene, seen):
        if name in bound:
            yield Read(called.node, bound[name], helper.name)


def _default_paths(code: Examined) -> dict[str, ast.expr]:
    """Return the defaults of a function that may be paths, as if they were written where it is called."""
    every = ((one.name, one.default) for one in parameters_of(code.function))
    return {name: ast.Constant(str(value)) for name, value in every if isinstance(value, str | PurePath)}


def _reading_parameters(code: Examined, scene: Scene, seen: frozenset[int]) -> tuple[str, ...]:
    """Return the parameters of a function that it takes for paths and reads; found once for a scene."""
    known = scene.reading.get(id(code))
    if known is None:
        found = (origin(code, read.path).parameter for read in reads(code, scene, seen))
        known = tuple(dict.fromkeys(parameter.name for parameter in found if parameter is not None))
        scene.reading[id(code)] = known
    return known


# -- what is declared ---------------------------------------------------------------------------------------------


def _is_declared(code: Examined, scene: Scene, path: ast.expr) -> bool:
    declared = scene.subject.hash_paths
    if not declared:
        return False
    found = folded(code, path)
    if found is None:
        return True  # something is declared, and this cannot be told to be something else
    above = (Path(path).parent for path in (code.definition.file.path, *declared))
    return lies_under(found, declared, (Path.cwd(), *above))


def _is_text(code: Examined, parameter: Parameter) -> bool:
    """Tell whether a parameter is annotated ``str``, or has a text as its default and no annotation."""
    annotation = parameter.annotation
    if annotation is not None:
        written = annotation.left if isinstance(annotation, ast.BinOp) else annotation
        return shown(written) in {"str", "'str'"}
    return any(one.name == parameter.name and isinstance(one.default, str) for one in parameters_of(code.function))
