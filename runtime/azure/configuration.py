"""Find out which workspace is meant: from what the code says, the environment, and v1's ``config.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from .addresses import Address
from .errors import NotConfigured

URL_VARIABLE = "PENSTOCK_AZURE_URL"
"""The environment variable with the address of the management plane, for a stand-in on this machine."""

FILES = (Path(".azureml/config.json"), Path("config.json"), Path("aml_config/config.json"))
"""Where v1 of Azure's own library looked, in each folder upward."""

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "subscription_id": ("AZURE_SUBSCRIPTION_ID", "AZUREML_ARM_SUBSCRIPTION"),
    "resource_group": ("AZURE_RESOURCE_GROUP", "AZUREML_ARM_RESOURCEGROUP"),
    "workspace_name": ("AZUREML_WORKSPACE_NAME", "AZUREML_ARM_WORKSPACE_NAME"),
}
"""The environment variables for each part of an address; Azure sets the second of each inside a job."""

_ACTION = "find the workspace"


def find_address(
    subscription_id: str | None = None,
    resource_group: str | None = None,
    workspace_name: str | None = None,
    path: str | os.PathLike[str] | None = None,
) -> Address:
    """Return the address of the workspace that is meant.

    What is given goes first, then environment variables, then the nearest ``config.json`` (:data:`FILES`) in ``path`` or
    above it, or the file ``path`` itself; without it in the working folder or above. Raises NotConfigured.
    """
    given = {"subscription_id": subscription_id, "resource_group": resource_group, "workspace_name": workspace_name}
    known = {name: value or ("" if path is not None else _from_environment(name)) for name, value in given.items()}
    origin = None
    if not all(known.values()):
        origin = find_file(path)
        written = read_file(origin) if origin else {}
        known = {name: value or written.get(name, "") for name, value in known.items()}
    missing = [name for name, value in known.items() if not value]
    if missing:
        raise NotConfigured(_ACTION, _not_said(missing, origin, path))
    return Address(**known)


def find_file(path: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the nearest configuration in a folder or above it, or the file that is named; None where there is none.

    Raises NotConfigured where ``path`` names nothing.
    """
    start = Path(path or ".").expanduser().absolute()
    if start.is_file():
        return start
    if path is not None and not start.is_dir():
        raise NotConfigured(_ACTION, f"there is no file and no folder {start}")
    candidates = (folder / file for folder in (start, *start.parents) for file in FILES)
    return next((file for file in candidates if file.is_file()), None)


def read_file(file: Path) -> Mapping[str, str]:
    """Return the parts of an address that a configuration holds. Raises NotConfigured for a file that is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise NotConfigured(_ACTION, f"{file} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict):
        raise NotConfigured(_ACTION, f"{file} holds a {type(found).__name__}, and not an object with {_names()}")
    if isinstance(found.get("Scope"), str):  # what the first versions of v1 wrote
        address = Address.from_id(found["Scope"])
        return {name: getattr(address, name) for name in _VARIABLES}
    return {name: value for name, value in found.items() if name in _VARIABLES and isinstance(value, str)}


def base_url(given: str | None, default: str) -> str:
    """Return the address of the management plane: what is given, else what the environment says, else Azure's."""
    return given or os.environ.get(URL_VARIABLE) or default


def _from_environment(name: str) -> str:
    return next((os.environ[variable] for variable in _VARIABLES[name] if os.environ.get(variable)), "")


def _not_said(missing: list[str], origin: Path | None, path: str | os.PathLike[str] | None) -> str:
    where = Path(path or ".").expanduser().absolute()
    looked = f"{origin} does not say it" if origin else f"no config.json was found in {where} or above it"
    variables = ", ".join(_VARIABLES[name][0] for name in missing)
    return (
        f"{' and '.join(missing)} not known: {looked}. Download config.json from the workspace's page in the Azure portal, "
        f"set {variables}, or pass {', '.join(f'{name}=' for name in missing)}"
    )


def _names() -> str:
    return ", ".join(_VARIABLES)
