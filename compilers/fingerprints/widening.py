"""Recognise what cannot be resolved without running it, and say what counts instead.

Each dynamic use is turned into an *aspect*, something that the whole step then depends on:

``module``     everything in the module that the code stands in (``globals()``, ``eval``);
``loaded``     every loaded module of the project (``sys.modules[...]``, frames, ``__subclasses__``);
``sources``    every source file of the project (imports by computed names);
``classes``    every class in a loaded module of the project (pickles name classes);
``installed``  every installed distribution (entry points);
``doc``, ``annotations``, ``source``, ``names``, ``modules``  these parts of all code reached.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

from .forms import Use, constant_text
from .loading import load
from .nodes import Node

if TYPE_CHECKING:
    from .reach import Walker

_ASPECTS: dict[str, str] = {
    "builtins.eval": "module",
    "builtins.exec": "module",
    "builtins.globals": "module",
    "builtins.vars": "module",
    "builtins.locals": "",
    "builtins.dir": "module",
    "builtins.compile": "module",
    "builtins.__import__": "sources",
    "importlib.import_module": "sources",
    "importlib.__import__": "sources",
    "importlib.reload": "sources",
    "importlib.util": "sources",
    "importlib.machinery": "sources",
    "importlib.resources": "",
    "importlib.metadata": "installed",
    "importlib": "sources",
    "builtins": "sources",
    "sys.modules": "loaded",
    "sys._getframe": "loaded",
    "sys._current_frames": "loaded",
    "pkgutil": "sources",
    "runpy": "sources",
    "zipimport": "sources",
    "gc.get_objects": "loaded",
    "gc.get_referrers": "loaded",
    "inspect.currentframe": "loaded",
    "inspect.stack": "loaded",
    "inspect.getsource": "source",
    "inspect.getsourcelines": "source",
    "inspect.findsource": "source",
    "inspect.getcomments": "source",
    "inspect.getdoc": "doc",
    "inspect.signature": "annotations",
    "inspect.get_annotations": "annotations",
    "inspect.getfullargspec": "annotations",
    "typing.get_type_hints": "annotations",
    "annotationlib": "annotations",
    "linecache": "source",
    "dis": "source",
    "ast.parse": "",
    "pickle.load": "classes",
    "pickle.loads": "classes",
    "pickle.Unpickler": "classes",
    "joblib.load": "classes",
    "cloudpickle.load": "classes",
    "cloudpickle.loads": "classes",
    "dill.load": "classes",
    "dill.loads": "classes",
    "shelve.open": "classes",
    "torch.load": "classes",
}

_HOMES = frozenset({"_pickle", *(name.partition(".")[0] for name in _ASPECTS)})
_IMPORTERS = frozenset({"builtins.__import__", "importlib.import_module", "importlib.__import__"})
_ESCAPING_ONLY = frozenset({"importlib", "builtins"})


def dotted_name(value: object) -> str | None:
    """Return the name in the table above of a function that reached code under another name; None if it is not there."""
    if not isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
        return None
    if not may_depend(value):
        return None
    name = f"{value.__module__}.{value.__qualname__}"
    name = {
        "_pickle.load": "pickle.load",
        "_pickle.loads": "pickle.loads",
        "_pickle.Unpickler": "pickle.Unpickler",
    }.get(name, name)
    return name if _aspect(name) else None


def may_depend(value: object) -> bool:
    """Tell whether a function or class comes from where the table above may name it."""
    return str(getattr(value, "__module__", "")).partition(".")[0] in _HOMES


def depends(name: str) -> bool:
    """Tell whether a use of something by this dotted name may call for more than the thing itself."""
    return bool(_aspect(name))


def note(walker: Walker, node: Node, name: str, use: Use, namespace: dict[str, object]) -> bool:
    """Record on a node what a use of something by this dotted name calls for; tell whether it is settled by that."""
    aspect = _aspect(name)
    if not aspect or use.how == "import":
        return False
    if name in _ESCAPING_ONLY and use.attributes:
        return False
    if _settled(walker, node, name, use, namespace):
        return True
    if aspect == "module":
        _own_module(walker, node, namespace)
    else:
        node.watch(aspect, f"uses {name.removeprefix('builtins.')}{_manner(use)}")
    return False


def _aspect(name: str) -> str:
    """Return the aspect of the longest known beginning of a dotted name."""
    while name:
        if name in _ASPECTS:
            return "" if name in _ESCAPING_ONLY and name != name.partition(".")[0] else _ASPECTS[name]
        name = name.rpartition(".")[0]
        if name in _ESCAPING_ONLY:
            return ""
    return ""


def _manner(use: Use) -> str:
    return " with a name or text computed at run time" if use.how in {"call", "sub"} else ""


def _settled(walker: Walker, node: Node, name: str, use: Use, namespace: dict[str, object]) -> bool:
    """Follow a dynamic use whose text is written out, as if it were written plainly."""
    if use.how == "unknown":
        return False
    if name in _IMPORTERS and use.how == "call":
        return _literal_import(walker, node, name, use, namespace)
    if name.startswith("sys.modules") and use.how == "sub":
        return _module_entry(walker, node, use.detail, namespace)
    if name == "importlib.metadata.version" and constant_text(use.detail, 0):
        return _version(walker, node, constant_text(use.detail, 0) or "")
    if name in {"builtins.eval", "builtins.exec"} and use.how == "call":
        return _literal_code(walker, node, constant_text(use.detail, 0), namespace)
    return name in {"builtins.vars", "builtins.dir"} and use.how == "call" and bool(use.detail)


def _literal_import(walker: Walker, node: Node, name: str, use: Use, namespace: dict[str, object]) -> bool:
    if not use.detail:
        return False
    first = use.detail[0]
    package = str(namespace.get("__package__") or "")
    if first == ("n", "__name__"):
        return True
    written = first[1] if first[0] in "cp" else ""
    absolute = f"{package}{written}" if written.startswith(".") and not written.startswith("..") else written
    if first[0] == "c" and not absolute.startswith("."):
        loaded_name = absolute.partition(".")[0] if name.endswith("__import__") and len(use.detail) < 3 else absolute
        _whole_module(walker, node, absolute)
        _whole_module(walker, node, loaded_name)
        return True
    return first[0] == "p" and "." in absolute and _package(walker, node, absolute.rpartition(".")[0])


def _whole_module(walker: Walker, node: Node, name: str) -> None:
    from_functions = Use("import", "", ((name, 0, None),))
    walker.bindings.follow_import(node, from_functions)


def _package(walker: Walker, node: Node, name: str) -> bool:
    """Count all modules of a package, for an import by a computed name that begins with the package's."""
    loaded = load(walker, name)
    if not isinstance(loaded, types.ModuleType) or "__path__" not in loaded.__dict__:
        return False
    for place in sorted(map(str, loaded.__path__)):
        node.edges.append(walker.bindings.files(place))
    return True


def _module_entry(
    walker: Walker, node: Node, detail: tuple[tuple[str, ...], ...], namespace: dict[str, object]
) -> bool:
    name = constant_text(detail, 0) or (str(namespace.get("__name__")) if detail[0] == ("n", "__name__") else None)
    module = sys.modules.get(name or "")
    if module is None:
        return False
    node.edges.append(walker.node(module))
    return True


def _version(walker: Walker, node: Node, name: str) -> bool:
    node.edges.append(walker.bindings.distribution_named(name))
    return True


def _literal_code(walker: Walker, node: Node, code: str | None, namespace: dict[str, object]) -> bool:
    """Follow the names in code that is written out as a text."""
    if code is None:
        return False
    uses = walker.sources.uses_in(code)
    walker.names(namespace).follow(node, uses or ())
    return uses is not None


def _own_module(walker: Walker, node: Node, namespace: dict[str, object]) -> None:
    module = sys.modules.get(str(namespace.get("__name__")))
    if module is not None and module.__dict__ is namespace:
        node.edges.append(walker.node(module))
    else:
        node.watch("loaded", "reads its globals by name")
