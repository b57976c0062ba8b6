"""Name what can go wrong while a graph runs, is stored or is looked up.

::

    RunError
      RunFailed                      a run ended with failed steps; ``.run``, ``.failures``
      StepFailed                     one step failed; ``__cause__`` is the user's exception
        StepTimedOut (TimeoutError)  an attempt took longer than its time-out
        WorkerDied                   the process of a step ended before the step did
        ClusterUnfit                 no node of a cluster can perform a step, or the one that it came to cannot
      OperationFailed                two values of the run cannot be compared, or something is no truth value
      RunCancelled                   somebody asked the run to stop
      StepNotFound (KeyError)        a run or pipeline has no step of that name
      MissingInput (ValueError)      a parameter or an attached value was not given
    StoreError
      ArtifactNotFound (KeyError)    the store does not hold that digest
      CorruptArtifact                the stored bytes are not the ones that were put there
      NoCodec (TypeError)            nothing can store that value
    HistoryError
      HistoryBusy                    it cannot be used just now: locked, disk full, server away
      RunNotFound (KeyError)         no run of that id or prefix
    WorkspaceError
      WorkspaceNotFound              no configuration upward of a folder
    DatastoreError                   a datastore is set up wrongly, or refuses what was asked of it
      DatastoreNotFound (KeyError)   no datastore of that name
      DataNotFound (FileNotFoundError)  nothing is there under that path
      DataExists (FileExistsError)   something else is there, and overwriting was not asked for
      TransferFailed (ConnectionError)  the connection broke, or the data did not arrive whole
    EndpointError                    what is published cannot be used as was asked
      VersionError                   what is wrong with an endpoint or one version of it; ``.name``, ``.version``
        EndpointNotFound (KeyError)  no endpoint, version or schedule of that name
        EndpointExists               there is one of that name
        EndpointDisabled             it was disabled, and calls are refused
      ParametersUnfit                the values given for an endpoint's parameters do not fit
      BundleError                    an archive is no bundle, is damaged, or is hostile
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..compilers.errors import PenstockError

if TYPE_CHECKING:
    from .failures import Failure

_LISTED = 12
"""How many names a message lists."""


class RunError(PenstockError):
    """A run could not be started or did not end well."""


class RunFailed(RunError):
    """A run ended with failed steps. ``failures`` maps a step's id to what went wrong; ``run`` is the run itself."""

    def __init__(self, run_id: str, failures: dict[str, Failure], run: object | None = None) -> None:
        super().__init__(run_id, failures)
        self.run_id = run_id
        self.failures = failures
        self.run = run

    def __str__(self) -> str:
        heads = [f"  {failure.headline}" for failure in self.failures.values()]
        return "\n".join([f"run {self.run_id} failed:", *heads, f"see `penstock show {self.run_id}`"])


class StepFailed(RunError):
    """One step failed. The user's exception is ``__cause__``, or None where it could not be carried over."""

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(step, problem)
        self.step = step
        self.problem = problem

    def __str__(self) -> str:
        return f"step {self.step!r} failed: {self.problem}"


class StepTimedOut(StepFailed, TimeoutError):
    """An attempt took longer than the step's time-out; its process was stopped."""


class WorkerDied(StepFailed):
    """The process of a step ended before the step did: killed, out of memory, a segfault or ``os._exit``."""


class ClusterUnfit(StepFailed):
    """No node of a cluster has what a step asks for, or the node that it came to lacks something that every node needs."""


class OperationFailed(RunError):
    """Two values of a run cannot be compared, or something is no truth value. ``kind`` is the error's class name."""

    def __init__(self, told: str, kind: str, problem: str) -> None:
        super().__init__(told, kind, problem)
        self.told = told
        self.kind = kind
        self.problem = problem

    def __str__(self) -> str:
        return f"`{self.told}` cannot be computed: {self.problem}"


class RunCancelled(RunError):
    """Somebody asked the run to stop before it ended."""

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id

    def __str__(self) -> str:
        return f"run {self.run_id} was cancelled"


class StepNotFound(RunError, KeyError):
    """A run or a pipeline has no step of that name. ``known`` are the names that it has."""

    def __init__(self, step: str, where: str, known: tuple[str, ...]) -> None:
        super().__init__(step, where, known)
        self.step = step
        self.where = where
        self.known = known

    def __str__(self) -> str:
        import difflib  # only a mistyped name needs it

        near = difflib.get_close_matches(self.step, self.known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        listed = ", ".join(self.known[:_LISTED]) or "none"
        more = f" and {len(self.known) - _LISTED} more" if len(self.known) > _LISTED else ""
        return f"{self.where} has no step {self.step!r}; {hint}it has {listed}{more}"


class MissingInput(RunError, ValueError):
    """A graph was run without a value that it needs."""


class StoreError(PenstockError):
    """The artifact store could not keep or give back a value."""


class ArtifactNotFound(StoreError, KeyError):
    """The store does not hold an artifact of that digest."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest

    def __str__(self) -> str:
        return f"the store holds no artifact {self.digest[:12]}; it was deleted, or stored in another workspace"


class CorruptArtifact(StoreError):
    """The stored bytes are not the ones that were put there: truncated, changed or half deleted."""

    def __init__(self, digest: str, problem: str) -> None:
        super().__init__(digest, problem)
        self.digest = digest
        self.problem = problem

    def __str__(self) -> str:
        return f"artifact {self.digest[:12]} is corrupt: {self.problem}; run the step that makes it again"


class NoCodec(StoreError, TypeError):
    """No codec can store a value. ``type_name`` is the value's type, ``place`` where it is passed, if it is an input."""

    def __init__(self, type_name: str, problem: str, place: str = "") -> None:
        super().__init__(type_name, problem, place)
        self.type_name = type_name
        self.problem = problem
        self.place = place

    def __str__(self) -> str:
        passed, act = (f", which is passed as {self.place},", "Pass") if self.place else ("", "Return")
        return (
            f"a {self.type_name}{passed} cannot be stored: {self.problem}. {act} plain data (numbers, text, arrays, tables, "
            "files as Path), or register a codec with penstock.register_codec"
        )


class HistoryError(PenstockError):
    """The history of runs could not be read or written."""


class HistoryBusy(HistoryError):
    """The history cannot be used just now: locked by another process, disk full, server away. Try again."""


class RunNotFound(HistoryError, KeyError):
    """No run, or more than one, has that id or prefix of an id."""

    def __init__(self, reference: str, problem: str = "no run has that id") -> None:
        super().__init__(reference, problem)
        self.reference = reference
        self.problem = problem

    def __str__(self) -> str:
        return f"run {self.reference!r}: {self.problem}; `penstock runs` lists what there is"


class WorkspaceError(PenstockError):
    """A workspace's configuration is missing or wrong."""


class WorkspaceNotFound(WorkspaceError):
    """No ``penstock.toml`` and no ``[tool.penstock]`` was found in a folder or above it."""

    def __init__(self, start: str) -> None:
        super().__init__(start)
        self.start = start

    def __str__(self) -> str:
        return (
            f"no penstock.toml and no [tool.penstock] in pyproject.toml was found in {self.start} or above it; "
            "`penstock init` writes one, and Workspace.open() works without"
        )


class DatastoreError(PenstockError):
    """A datastore is set up wrongly, cannot be used here, or refuses what was asked of it."""


class DatastoreNotFound(DatastoreError, KeyError):
    """No datastore has that name; ``known`` are the ones there are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known

    def __str__(self) -> str:
        return (
            f"there is no datastore {self.name!r}; there are: {', '.join(self.known)}. Register one with "
            f"workspace.register_datastore({self.name!r}, URL), or set it in penstock.toml as [datastores.{self.name}]"
        )


class DataNotFound(DatastoreError, FileNotFoundError):
    """Neither a file nor a folder is there. ``place`` says where it was looked for."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place

    def __str__(self) -> str:
        return f"there is no file and no folder {self.place}; `penstock data list` shows what is there"


class DataExists(DatastoreError, FileExistsError):
    """Files with other contents are in the way, and overwriting was not asked for. Nothing was written."""

    def __init__(self, places: tuple[str, ...]) -> None:
        super().__init__(places)
        self.places = places

    def __str__(self) -> str:
        shown = ", ".join(self.places[:5]) + (f" and {len(self.places) - 5} more" if len(self.places) > 5 else "")
        return (
            f"other contents are there already: {shown}. Nothing was written; say overwrite=True (--overwrite) to replace "
            "them, or choose another target"
        )


class TransferFailed(DatastoreError, ConnectionError):
    """A store could not be reached, broke off, or gave other bytes than it announced. Trying again may help."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place)
        self.args = (place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class EndpointError(PenstockError):
    """What is published, or belongs to it, cannot be used as was asked."""


class VersionError(EndpointError):
    """What is wrong with an endpoint, or with one ``version`` of it; the name may be a schedule's, too."""

    def __init__(self, name: str, version: str | None = None) -> None:
        super().__init__(name, version)
        self.name = name
        self.version = version


class EndpointNotFound(VersionError, KeyError):
    """There is no endpoint, version or schedule of that name."""

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name!r} has no version {self.version!r}; `penstock endpoints show {self.name}` lists what there is"
        return f"nothing is published as {self.name!r}, or it has no enabled version; `penstock endpoints` lists what there is"


class EndpointExists(VersionError):
    """There is an endpoint, a version or a schedule of that name, which is not changed by making another."""

    def __str__(self) -> str:
        if self.version is not None:
            return (
                f"{self.name!r} has a version {self.version!r} of other content, and versions never change; "
                "publish under another version, or without one and it is numbered"
            )
        return f"there is one of the name {self.name!r}; choose another name, or delete it first"


class EndpointDisabled(VersionError):
    """An endpoint or a version was disabled: it is hidden, and calls are refused."""

    def __str__(self) -> str:
        what = f"version {self.version} of {self.name}" if self.version else self.name
        return f"{what} is disabled; enable it with `penstock endpoints enable`, or call another"


class ParametersUnfit(EndpointError):
    """The values given for an endpoint's parameters do not fit; ``fields`` says what is wrong with which."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(fields)
        self.fields = fields

    def __str__(self) -> str:
        return f"the parameters do not fit: {'; '.join(f'{name}: {problem}' for name, problem in self.fields.items())}"


class BundleError(EndpointError):
    """An archive is no bundle, is damaged, or holds what no bundle may hold. ``bundle`` names it."""

    def __init__(self, bundle: str, problem: str) -> None:
        super().__init__(bundle, problem)
        self.bundle = bundle
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.bundle} cannot be used as a bundle: {self.problem}"
