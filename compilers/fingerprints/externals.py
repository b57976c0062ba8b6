"""Name what lies beyond the project: distributions, the standard library, builtins and Penstock itself."""

from __future__ import annotations

import builtins
import re
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING

from .distributions import Distribution
from .encoding import scalar, seal, text
from .nodes import Node
from .ownership import Owner

if TYPE_CHECKING:
    from .reach import Walker

_VOLATILE = frozenset(
    {
        "sys",
        "os",
        "posix",
        "nt",
        "time",
        "platform",
        "socket",
        "tempfile",
        "threading",
        "signal",
        "errno",
        "site",
        "sysconfig",
    }
)
"""Modules of the standard library whose constants describe the machine or the moment."""


_NEVER_WRAPPING = frozenset({types.FunctionType, type, types.ModuleType, types.BuiltinFunctionType})


def unwrapped(value: object) -> object:
    """Return the function that a Penstock object (a step, a pipeline) wraps, or the value itself."""
    if type(value) in _NEVER_WRAPPING:
        return value
    for _ in range(100):
        inner = getattr(value, "__dict__", {}).get("__wrapped__") if is_penstock_type(type(value)) else None
        if inner is None:
            return value
        value = inner
    return value


def is_penstock_type(kind: type) -> bool:
    """Tell whether a class is defined in Penstock."""
    return getattr(kind, "__module__", None) is not None and str(kind.__module__).partition(".")[0] == "penstock"


def external(walker: Walker, owner: Owner, name: str, *, detail: bytes = b"") -> Node:
    """Return the node of something in an installed distribution or the standard library, by its dotted name."""
    content = seal("external", text(owner.kind), text(name), detail)
    if owner.kind == "standard library":
        kind = "builtin" if name.startswith("builtins.") else "standard library"
        return walker.leaf(kind, name, content)
    if owner.kind == "project":
        return walker.leaf("external", name, content)
    whose = penstock(walker) if owner.distribution is None else distribution(walker, owner.distribution)
    return walker.leaf("external", name, content, (whose,))


def distribution(walker: Walker, found: Distribution) -> Node:
    """Return the node of a distribution, which reaches those it requires."""
    known = walker.bindings.distributions.get(found.folder)
    if known is not None:
        return known
    content = walker.ownership.distributions.identity(found)
    node = Node("distribution", found.name, content, version=found.version)
    walker.bindings.distributions[found.folder] = node
    required = [walker.ownership.distributions.by_name(name) for name in found.requires]
    node.edges = [distribution(walker, other) for other in required if other is not None]
    return node


def penstock(walker: Walker) -> Node:
    """Return the node of Penstock itself: its name and its version."""
    found = walker.ownership.distributions.by_name("penstock")
    version = found.version if found is not None else _checkout_version()
    return walker.leaf("distribution", "penstock", seal("distribution", b"penstock", text(version)), version=version)


def _checkout_version() -> str:
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    found = re.search(r'^version = "(.*)"$', project.read_text(), re.MULTILINE) if project.is_file() else None
    return found[1] if found else "0"


def module_attribute(walker: Walker, module: types.ModuleType, attributes: tuple[str, ...], value: object) -> Node:
    """Return the node of an attribute of a module beyond the project; what the project put there is the project's."""
    if isinstance(value, (types.FunctionType, type)) or _is_projects(walker, value):
        return walker.node(value)
    name = ".".join((module.__name__, *attributes))
    return external(walker, walker.ownership.of_module(module), name, detail=_constant(module, attributes, value))


def _constant(module: types.ModuleType, attributes: tuple[str, ...], value: object) -> bytes:
    """Include a number, which the project may have set; not what tells the machine or the moment."""
    dunder = attributes[-1].startswith("__")
    if dunder or module.__name__.partition(".")[0] in _VOLATILE or type(value) not in (int, float, bool, complex):
        return b""
    return scalar(value) or b""


def _is_projects(walker: Walker, value: object) -> bool:
    """Tell whether a value's class, or the receiver it is bound to, comes from the project."""
    if found_name(walker, value) is not None:
        return False
    receiver = getattr(value, "__func__", value) if isinstance(value, types.MethodType) else value
    if isinstance(receiver, types.FunctionType):
        return is_project_function(walker, receiver)
    inner = _asked(value, "__wrapped__") or _asked(value, "func")
    if isinstance(inner, types.FunctionType) and not isinstance(value, types.ModuleType):
        return is_project_function(walker, inner)
    return walker.owner_of_module_name(str(getattr(type(value), "__module__", "builtins"))).kind == "project"


def _asked(value: object, name: str) -> object:
    """Return an attribute, None where there is none or where asking for it raises whatever a foreign object likes to raise."""
    try:
        return getattr(value, name, None)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # pytest.mark, for one, ends the test
        return None


def found_name(walker: Walker, value: object) -> str | None:
    """Return the dotted name under which an object that knows it is found beyond the project; None if it is not there."""
    module, name = _asked(value, "__module__"), _asked(value, "__qualname__")
    if (
        not isinstance(module, str)
        or not isinstance(name, str)
        or walker.owner_of_module_name(module).kind == "project"
    ):
        return None
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return f"{module}.{name}" if found is value and value is not None else None


def is_project_function(walker: Walker, function: types.FunctionType) -> bool:
    """Tell whether a function's code lies in the project."""
    return function_owner(walker, function).kind == "project"


def function_owner(walker: Walker, function: types.FunctionType) -> Owner:
    """Return who owns the code of a function: by its file, or by its globals where code was made from text."""
    file = function.__code__.co_filename
    if not file.startswith("<"):
        return walker.ownership.of_file(file)
    if file.startswith("<frozen "):
        return walker.ownership.of_missing_file("sys")
    name = str(function.__globals__.get("__name__", ""))
    module = sys.modules.get(name)
    if module is not None and module.__dict__ is function.__globals__:
        return walker.ownership.of_module(module)
    claimed = sys.modules.get(str(function.__module__))  # what generates code for a class says so here
    made = claimed is None or claimed is builtins
    return walker.ownership.of_missing_file("") if made or claimed is None else walker.ownership.of_module(claimed)


def is_original_builtin(name: str, value: object) -> bool:
    """Tell whether the value of a builtin name is what Python itself puts there."""
    if not isinstance(value, (types.BuiltinFunctionType, type)):
        return name in {
            "copyright",
            "credits",
            "exit",
            "license",
            "quit",
            "__debug__",
            "True",
            "False",
            "None",
            "Ellipsis",
            "NotImplemented",
        }
    renamed = {"IOError": "OSError", "EnvironmentError": "OSError", "WindowsError": "OSError", "open": "open"}
    home = getattr(value, "__module__", None) in {"builtins", "io", "_io"}
    return home and getattr(value, "__name__", None) == renamed.get(name, name)


def builtin(walker: Walker, name: str) -> Node:
    """Return the node of an original builtin."""
    return walker.leaf("builtin", f"builtins.{name}", seal("builtin", text(name)))


def builtins_of(namespace: dict[str, object]) -> dict[str, object]:
    """Return the builtins that code with these globals sees."""
    found = namespace.get("__builtins__", builtins)
    return found.__dict__ if isinstance(found, types.ModuleType) else found  # type: ignore[return-value]  # a dict otherwise
