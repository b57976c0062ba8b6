"""Say what must be installed where a step runs: an image, and a conda file with requirement lines for pip."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from ...graph import Environment
from .yaml import to_yaml

IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"
"""Microsoft's base image for Python jobs; see its documentation of environments."""

NEEDED = ("attrs>=23.2", "blake3>=1.0", "cloudpickle>=3.0", "dill>=0.3.8", "psutil>=5.9", "requests>=2.31")
"""What a worker needs besides what its step does; Penstock itself travels with the code."""


@frozen
class Lock:
    """What a step needs where it runs: requirement lines, and the version of Python, as ``3.11``.

    ``mark`` tells uploads of one fingerprint apart: the digest of declared files, or of everything where nothing else identifies it.
    """

    packages: tuple[str, ...] = ()
    python: str = f"{sys.version_info[0]}.{sys.version_info[1]}"
    mark: str = ""


@frozen
class Installed:
    """An environment of Azure: an image and, unless the image is complete in itself, a conda file."""

    image: str
    specification: Mapping[str, Any] | None

    @property
    def conda(self) -> str | None:
        """The conda file's text."""
        return None if self.specification is None else to_yaml(self.specification)

    @property
    def version(self) -> str:
        """The version under which Azure keeps it: equal contents have the same."""
        return hashlib.sha256(json.dumps([self.image, self.conda]).encode()).hexdigest()


def installed(environment: Environment | None, lock: Lock) -> Installed:
    """Return the environment of a step: what it names, else what its code reaches. An image alone is taken as it is."""
    packages: Sequence[str] = environment.packages if environment else ()
    image = environment.image if environment else None
    if image is not None and not packages:
        return Installed(image, None)
    asked = tuple(packages or lock.packages)
    named = set(map(_name, asked))
    lines = sorted({*asked, *(line for line in NEEDED if _name(line) not in named)})
    conda = {
        "name": "penstock",
        "channels": ["conda-forge"],
        "dependencies": [f"python={lock.python}", "pip", {"pip": lines}],
    }
    return Installed(image or IMAGE, conda)


def _name(requirement: str) -> str:
    """Return the distribution that a requirement line names, normalised."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else requirement
