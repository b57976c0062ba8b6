"""Open the one bundle that a host process holds."""

from __future__ import annotations

from typing import final

from ...bundles import Bundle, open_bundle
from ...endpoints import Registry
from ...workspace import Workspace
from ..errors import ServerError


@final
class Opening:
    """Opens bundles of a workspace. A process holds the modules of one only."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._opened: tuple[str, Bundle] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a bundle already."""
        return self._opened is not None

    def open(self, digest: str) -> Bundle:
        """Return a bundle whose modules can be imported from now on, by workers too. Raises ServerError for a second one."""
        if self._opened is None:
            data = Registry(self._workspace.database).bundle(digest)
            self._workspace.prepare()
            bundle = open_bundle(data, self._workspace.folder / "bundles", f"bundle {digest[:12]}")
            bundle.compiled({})
            self._opened = digest, bundle
        elif self._opened[0] != digest:
            raise ServerError(f"this process holds the bundle {self._opened[0]} already")
        return self._opened[1]
